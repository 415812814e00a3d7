"""Linear regression on synthetic data: what a training loop is made of."""

from __future__ import annotations

from tui_lab.conditions import remainder
from tui_lab.declarations import divergence, linear_law
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import (
    Bars,
    Contour,
    Curve,
    Experiment,
    Metric,
    Preset,
    Question,
    Scatter,
    Table,
)
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameters, Int, Vector
from tui_lab.together import Together


def _fits_in_memory(hp: Hyperparameters) -> HyperparameterError | None:
    inputs = len(hp.true_w)
    if hp.examples * inputs <= linear_law.MOST_NUMBERS:
        return None
    most = linear_law.MOST_NUMBERS // inputs
    message = f"examples must be at most {most:,} with {inputs} inputs, not {hp.examples:,}."
    return HyperparameterError("examples", message)


EXPERIMENT = Experiment(
    name="linear-regression",
    title="Linear regression",
    chapter="Linear networks",
    summary="Recover w and b of y = Xw + b + noise by mini-batch stochastic gradient descent.",
    constraint=_fits_in_memory,
    program="tui_lab.experiments.linear_regression.program:LinearRegression",
    together=Together(differ=("lr", "noise", "true_b", "init_sd")),
    hyperparameters=(
        Choice(
            "implementation",
            ("scratch", "concise"),
            help="Tensors and sgd written out, with half the squared error as loss; or nn.Linear, "
            "nn.MSELoss and torch.optim.SGD, whose loss and gradient are twice as large.",
        ),
        Float(
            "lr",
            default=0.03,
            low=1e-6,
            high=100.0,
            log=True,
            live=True,
            help="Learning rate: how far a step goes against the mean gradient of its batch.",
        ),
        Int(
            "epochs",
            default=3,
            low=1,
            high=1_000_000,
            log=True,
            help="How many times training goes through all the examples.",
        ),
        Int(
            "batch_size",
            default=10,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples in a mini-batch; the last batch of an epoch may hold fewer.",
        ),
        Int(
            "examples",
            default=1000,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples to draw, all for training.",
        ),
        linear_law.noise(0.01),
        Vector(
            "true_w",
            default=(2.0, -3.4),
            low=-1000.0,
            high=1000.0,
            help="The weights the labels are made with; their number is the number of features.",
        ),
        Float(
            "true_b",
            default=4.2,
            low=-1000.0,
            high=1000.0,
            step=0.1,
            help="The bias the labels are made with.",
        ),
        Float(
            "init_sd",
            default=0.01,
            low=0.0,
            high=100.0,
            log=True,
            help="Standard deviation of the starting weights; the bias starts at 0.",
        ),
        Flag(
            "zero_grad",
            default=True,
            help="Zero the gradients after each update; off, every step adds to all before it.",
        ),
        Choice(
            "divide_by",
            ("nominal", "actual"),
            help="What the summed gradient is divided by: batch_size, as the notes do, or the "
            "number of examples really in the batch; they differ in a short last batch.",
            only_if=remainder("examples", "batch_size"),
        ),
        Flag(
            "shuffle",
            default=True,
            help="Draw a new order of the examples for every epoch; off, every epoch has the same "
            "batches in the same order.",
        ),
        Choice(
            "dtype",
            ("float32", "float64"),
            help="Floating-point type of data, parameters and gradients.",
        ),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean loss, per step over its batch and per epoch over all examples: half the squared "
            "error (ŷ − y)²/2 from scratch, the squared error (ŷ − y)² in the concise version.",
            "minimize",
        ),
        Metric("norm/w", "‖w‖, the Euclidean length of the learned weights."),
        Metric("error/w", "Largest |true − learned| among the weights.", "minimize"),
        Metric("error/b", "True − learned bias, with its sign."),
        Metric("weight/1", "The first weight after each step."),
        Metric("weight/2", "The second weight after each step, where there is one."),
        Metric("bias", "The bias after each step."),
        Metric("weight/largest", "Largest |weight| after each step, with more than two weights."),
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
        Metric(
            "step/first_nonfinite_parameter",
            "The first step after which a recorded parameter was not a finite number.",
        ),
    ),
    pictures=(
        Curve(
            "loss",
            ("train/loss",),
            log=True,
            help="Loss over all examples after each epoch; beneath it that of each mini-batch, "
            "before the step it leads to.",
        ),
        Curve("‖w‖", ("norm/w",), help="Length of the weights after each epoch."),
        Scatter(
            "fit",
            x="feature",
            y="label",
            help="One feature against the label, and the fitted line with all other features at "
            "their means.",
        ),
        Contour(
            "path of (w₁, w₂)",
            path=("weight/1", "weight/2"),
            x="w₁",
            y="w₂",
            help="The way of the first two weights over the loss, everything else at its true "
            "value; it needs two weights.",
        ),
        Contour(
            "path of (w₁, b)",
            path=("weight/1", "bias"),
            x="w₁",
            y="b",
            help="The way of the first weight and the bias over the loss, everything else at its "
            "true value.",
        ),
        Bars("errors", help="True − learned, weight by weight, the bias last."),
        Table("true and learned", help="Every parameter: true, learned, true − learned."),
        Table("first batch", help="The first mini-batch, as the first step will see it."),
        Table(
            "mini-batches",
            help="The batch iterator, a generator, call by call over the first two epochs: the "
            "size of each mini-batch, its examples by number, and how many are left.",
        ),
    ),
    presets=(
        Preset("notes", "As in the notes: lr 0.03, 3 epochs"),
        Preset("small-lr-3", "Too small a learning rate", {"lr": 0.001}),
        Preset(
            "small-lr-10",
            "Too small a learning rate, more epochs",
            {"lr": 0.001, "epochs": 10},
        ),
        Preset(
            "large-lr",
            "Too large a learning rate",
            {"lr": 10.0, "epochs": 10},
            Question(
                "lr 10 instead of 0.03: after how many steps is the loss no number any more?",
                ("never: it only swings", "about 40", "about 400"),
                "The batch loss was infinite from step {step/first_inf} on and not a number from "
                "step {step/first_nan} on: each step multiplies the error by about −9.",
                right="about 40",
                picture="loss",
            ),
        ),
        Preset(
            "large-lr-float64",
            "Too large, in float64",
            {"lr": 10.0, "epochs": 10, "dtype": "float64"},
        ),
        Preset(
            "not-zeroed",
            "Gradients never zeroed",
            {"zero_grad": False},
            Question(
                "Each gradient is added to those of all steps before it. The loss will…",
                ("fall as before, slower", "fall and rise again and again", "grow without bound"),
                "Train loss was {train/loss} at the end, with 0.00005 where gradients are zeroed: "
                "the old gradients are a momentum that never decays.",
                right="fall and rise again and again",
                picture="loss",
            ),
        ),
        Preset("concise", "The concise version: nn.Linear, MSELoss", {"implementation": "concise"}),
        Preset(
            "short-batch",
            "1000 examples in batches of 64, the last 40 divided by 64",
            {"batch_size": 64},
        ),
        Preset(
            "short-batch-actual",
            "The same, the last 40 divided by 40",
            {"batch_size": 64, "divide_by": "actual"},
        ),
        Preset(
            "three-batches",
            "23 examples in batches of 10: the iterator call by call",
            {"examples": 23, "epochs": 2},
            Question(
                "23 examples in batches of 10. How many steps does an epoch take?",
                ("2, and 3 examples are left out", "3, the last with 3 examples", "2.3"),
                "3: the table of mini-batches has 10, 10 and 3. Two epochs took six steps, and the "
                "loss came to {train/loss}.",
                right="3, the last with 3 examples",
                picture="mini-batches",
            ),
        ),
        Preset(
            "in-order",
            "The same without shuffling",
            {"examples": 23, "epochs": 2, "shuffle": False},
        ),
    ),
)
