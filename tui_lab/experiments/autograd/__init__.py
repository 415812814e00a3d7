"""The laboratory of requires_grad: small pieces of code, really run, and all there is to see."""

from __future__ import annotations

from tui_lab.experiment import Experiment, KeyFigures, Metric, Preset, Question, Table
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
    "freeze_before",
    "freeze_in_no_grad",
    "freeze_late",
    "freeze_none",
    "freeze_zeroed",
    "freeze_zeroed_decay",
    "freeze_zeroed_momentum",
    "unfreeze",
    "no_grad_layer",
)
"""In the order of the lesson: switches, graphs, freezing."""
UNDER = ("nothing", "no_grad", "enable_grad", "inference_mode")


def _case(title: str, case: str, question: Question | None = None, **values: str) -> Preset:
    """The preset that shows one case and is named after it."""
    return Preset(case.replace("_", "-"), title, {"case": case, **values}, question)


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
            help="How often backward is called in accumulate and zero_grad, p.times.",
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
        Table("code", help="The source that was run, with what it raised under the line at fault."),
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
    presets=(
        _case(
            "No switch: w asks for a gradient, so does all that comes from it",
            "expression",
            Question(
                "w and b require a gradient, x does not. How many of x, w, b, ŷ and the loss do?",
                ("2", "4", "5"),
                "{tensors/requiring_grad} of {tensors/shown}: one input that asks is enough. "
                "w.grad became {grad/w}.",
                right="4",
                picture="tensors",
            ),
        ),
        _case(
            "no_grad: the notes' sum of three tensors",
            "no_grad",
            Question(
                "After the no_grad block x + y + z is computed again, as v. "
                "How many of x, w and v require a gradient?",
                ("1", "2", "3"),
                "{tensors/requiring_grad} of {tensors/shown}: x and v; w stays without one.",
                right="2",
                picture="tensors",
            ),
        ),
        _case("Backward from what no_grad computed", "no_grad_backward"),
        _case("enable_grad where it is on anyway", "enable_grad"),
        _case(
            "enable_grad inside no_grad",
            "nested_enable_grad",
            Question(
                "A loss is computed under enable_grad inside no_grad. Does w get a gradient?",
                ("no, no_grad is around it", "yes, the innermost switch counts"),
                "w.grad is {grad/w}: the innermost switch counts.",
                right="yes, the innermost switch counts",
                picture="tensors",
            ),
        ),
        _case("inference_mode: its tensors stay outside", "inference_mode"),
        _case("detach cuts one of two paths", "detach"),
        _case("Without detach both paths count", "not_detached"),
        _case(
            "Not everything under no_grad is without requires_grad",
            "factories",
            Question(
                "Under no_grad: w·x, torch.ones(3, requires_grad=True), nn.Parameter(…) and "
                "torch.ones(3).requires_grad_(). How many require a gradient?",
                ("0", "1", "3"),
                "{tensors/requiring_grad} of {tensors/shown}: only what is computed goes without.",
                right="3",
                picture="tensors",
            ),
        ),
        _case("Whole numbers can't require a gradient", "whole_numbers"),
        _case(
            "backward adds to .grad",
            "accumulate",
            Question(
                "One backward gives w.grad = 4. What is it after three, nothing zeroed?",
                ("4", "12", "64"),
                "{grad/w}: each backward adds.",
                right="12",
                picture="tensors",
            ),
        ),
        _case("Zeroed in between", "zero_grad"),
        _case(
            "Updating a leaf in place, outside no_grad",
            "leaf_in_place",
            Question(
                "w -= lr · w.grad, outside no_grad. What happens?",
                ("it becomes part of the graph", "RuntimeError", "nothing special"),
                "Exceptions raised: {exceptions/raised}. The code shows its text.",
                right="RuntimeError",
                picture="code",
            ),
        ),
        _case("The same update under no_grad", "leaf_under_no_grad"),
        _case("w = w − …: another tensor", "reassigned"),
        _case("backward twice", "backward_twice"),
        _case("backward twice with retain_graph", "retain_graph"),
        _case("Changing what was saved for backward", "saved_and_changed"),
        _case("backward from a vector", "not_a_scalar"),
        _case("Who keeps a gradient", "retain_grad"),
        _case("The graph of a small network", "network"),
        _case("Frozen before forward", "freeze_before"),
        _case("Frozen before forward, with no_grad around it", "freeze_in_no_grad"),
        _case(
            "Frozen between backward and step",
            "freeze_late",
            Question(
                "loss = w², w = 1, lr 0.1. After backward, w.requires_grad = False; then step(). "
                "What is w?",
                ("1", "0.8"),
                "{value/w}: an optimizer looks at .grad, not at requires_grad.",
                right="0.8",
                picture="tensors",
            ),
        ),
        _case("Frozen with .grad None", "freeze_none"),
        _case("Frozen with .grad zeroed", "freeze_zeroed"),
        _case(
            "Frozen with .grad zeroed, and weight decay",
            "freeze_zeroed_decay",
            Question(
                "w is frozen and its .grad is 0; the optimizer has weight_decay 0.5. Does w move?",
                ("no", "yes"),
                "It moved by {moved/w}.",
                right="yes",
                picture="tensors",
            ),
        ),
        _case("Frozen with .grad zeroed, and momentum", "freeze_zeroed_momentum"),
        _case("Frozen and set free again", "unfreeze"),
        _case("A layer whose forward runs under no_grad", "no_grad_layer"),
        Preset(
            "all-under-no-grad",
            "The first case, all of it under no_grad",
            {"case": "expression", "under": "no_grad"},
        ),
        Preset(
            "all-under-inference-mode",
            "enable_grad inside inference_mode changes nothing",
            {"case": "nested_enable_grad", "under": "inference_mode"},
        ),
    ),
)
