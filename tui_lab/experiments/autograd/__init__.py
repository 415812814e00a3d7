"""The laboratory of requires_grad: small pieces of code, really run, and all there is to see."""

from __future__ import annotations

from tui_lab.experiment import Experiment, KeyFigures, Metric, Table
from tui_lab.experiments.autograd.presets import PRESETS
from tui_lab.hyperparameters import Choice, Float, Int

NAMES = (
    "expression",
    "no_grad",
    "no_grad_backward",
    "enable_grad",
    "nested_enable_grad",
    "inference_mode",
    "detach",
    "not_detached",
    "factories",
    "whole_numbers",
    "with_statement",
    "with_exception",
    "with_generator",
    "with_by_hand",
    "accumulate",
    "zero_grad",
    "leaf_in_place",
    "leaf_under_no_grad",
    "reassigned",
    "backward_twice",
    "retain_graph",
    "saved_and_changed",
    "not_a_scalar",
    "retain_grad",
    "network",
    "second_derivative",
    "no_create_graph",
    "higher_derivatives",
    "derivative_of_a_line",
    "gradient_penalty",
    "numpy_refused",
    "numpy_under_no_grad",
    "detach_numpy",
    "detach_clone_numpy",
    "numpy_behind_autograd",
    "freeze_before",
    "freeze_in_no_grad",
    "freeze_late",
    "freeze_none",
    "freeze_zeroed",
    "freeze_zeroed_decay",
    "freeze_zeroed_momentum",
    "unfreeze",
    "no_grad_layer",
    "freeze_by_name",
    "freeze_by_prefix",
)
"""In the order of the lesson: switches, with, graphs, higher derivatives, NumPy, freezing."""
UNDER = ("nothing", "no_grad", "enable_grad", "inference_mode")


EXPERIMENT = Experiment(
    name="autograd",
    title="Automatic differentiation",
    chapter="Automatic differentiation",
    summary="Small pieces of code, really run: what requires a gradient, what is recorded, what "
    "moves and what raises.",
    demonstration=True,
    program="tui_lab.experiments.autograd.program:Autograd",
    hyperparameters=(
        Choice("case", NAMES, help="The piece of code to run."),
        Choice(
            "under",
            UNDER,
            help="A switch around all of the case: nothing, torch.no_grad(), torch.enable_grad() "
            "or torch.inference_mode().",
        ),
        Float("x", default=2.0, low=-10.0, high=10.0, step=0.5, help="The input, p.x in the code."),
        Float("w", default=1.0, low=-10.0, high=10.0, step=0.5, help="The weight before, p.w."),
        Float(
            "lr",
            default=0.1,
            low=0.0,
            high=10.0,
            log=True,
            help="Learning rate of the cases that take a step, p.lr.",
        ),
        Int(
            "times",
            default=3,
            low=1,
            high=20,
            step=1,
            help="How often backward is called in accumulate and zero_grad, and which derivative "
            "higher_derivatives goes up to, p.times.",
        ),
    ),
    metrics=(
        Metric("value/w", "The tensor w as it was last shown (the sum of its entries)."),
        Metric("grad/w", "w.grad as it was last shown (the sum); NaN where there is none."),
        Metric("moved/w", "w as last shown minus w as first shown."),
        Metric("moved/b", "The same for b; NaN in a case without b."),
        Metric("value/loss", "The loss as it was last shown; NaN in a case without one."),
        Metric("exceptions/raised", "Whether the code raised an exception, 1 or 0."),
        Metric("tensors/shown", "How many tensors the case shows, by name."),
        Metric("tensors/requiring_grad", "How many of them require a gradient in the end."),
        Metric("tensors/leaves", "How many of them are leaves in the end."),
        Metric("graph/nodes", "Nodes of the graph behind the loss; 0 where none was recorded."),
        Metric("graph/leaves", "Nodes among them that fill the .grad of a leaf."),
        Metric("saved/bytes", "Bytes the case kept for backward; under no_grad there are none."),
    ),
    pictures=(
        Table(
            "code",
            help="The source that was run, with what it raised under the line at fault; above it, "
            "after >, what it printed.",
        ),
        Table(
            "tensors",
            help="Every tensor at every moment the case shows it; 'not kept' is the .grad of a "
            "tensor that is no leaf.",
        ),
        Table(
            "graph of the loss",
            help="From the loss's grad_fn down to the leaves, through next_functions.",
        ),
        KeyFigures(),
        Table("all cases", help="Every case with these values and under this switch, in a row."),
    ),
    presets=PRESETS,
)
