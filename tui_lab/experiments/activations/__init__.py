"""Activation functions and their gradients, by autograd and by closed form."""

from __future__ import annotations

import math

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment, KeyFigures, Metric, Preset, Question, Scatter, Table
from tui_lab.hyperparameters import Choice, Float, Hyperparameters

NAMES = (
    "relu",
    "sigmoid",
    "tanh",
    "leaky-relu",
    "elu",
    "gelu",
    "gelu-tanh",
    "silu",
    "softplus",
)
MOST_POINTS = 20_000


def _has_points(hp: Hyperparameters) -> HyperparameterError | None:
    if hp.low >= hp.high:
        return HyperparameterError("low", f"low must be less than high ({hp.high:g}).")
    points = math.ceil((hp.high - hp.low) / hp.step)
    if points > MOST_POINTS:
        least = (hp.high - hp.low) / MOST_POINTS
        message = f"step must be at least {least:.3g} for a range of {hp.high - hp.low:g}."
        return HyperparameterError("step", message)
    return None


EXPERIMENT = Experiment(
    name="activations",
    title="Activation functions",
    chapter="Multilayer perceptrons",
    summary="Nine activation functions, their gradients by autograd, and how far both are from "
    "the closed form.",
    demonstration=True,
    constraint=_has_points,
    program="tui_lab.experiments.activations.program:Activations",
    hyperparameters=(
        Choice("activation", NAMES, help="The function to look at."),
        Float(
            "low",
            default=-8.0,
            low=-1000.0,
            high=1000.0,
            step=1.0,
            help="The first x.",
        ),
        Float(
            "high",
            default=8.0,
            low=-1000.0,
            high=1000.0,
            step=1.0,
            help="Where the range ends; this x itself is not in it, as in torch.arange.",
        ),
        Float(
            "step",
            default=0.1,
            low=1e-4,
            high=100.0,
            log=True,
            help="Distance from one x to the next.",
        ),
        Float(
            "slope",
            default=0.01,
            low=0.0,
            high=2.0,
            log=True,
            help="Slope of the leaky ReLU below 0; the other functions have none to choose.",
        ),
        Float(
            "alpha",
            symbol="α",
            default=1.0,
            low=0.0,
            high=10.0,
            step=0.1,
            help="What ELU approaches far below 0, with its sign turned: −α.",
        ),
        Choice(
            "dtype",
            ("float32", "float64"),
            help="Floating-point type of x, of the function and of its gradient.",
        ),
    ),
    metrics=(
        Metric(
            "error/function",
            "Largest |torch's function − closed form in float64| over the range.",
            "minimize",
        ),
        Metric(
            "error/gradient",
            "Largest |gradient by autograd − derivative by closed form in float64| over the range.",
            "minimize",
        ),
        Metric("value/0", "The function at exactly 0."),
        Metric("grad/0", "The gradient that autograd gives at exactly 0."),
        Metric("grad/largest", "The largest |gradient| over the range."),
        Metric("grad/first", "The gradient at the first x of the range."),
        Metric("grad/last", "The gradient at the last x of the range."),
        Metric("share/saturated", "Share of the range where |gradient| is below 0.01."),
        Metric("points/all", "How many x the range has."),
        Metric("points/nonzero", "At how many of them the gradient is not 0."),
        Metric("points/nearest_0", "The x of the range that is closest to 0."),
    ),
    pictures=(
        Scatter(
            "f and f′",
            y="y",
            help="The function, and its gradient by y.sum().backward().",
        ),
        KeyFigures(),
        Table(
            "all activations",
            help="Each function over the same range: smallest and largest value, gradient at 0, "
            "largest gradient, share of the range with |gradient| below 0.01, how far it gets from "
            "GELU, derivative.",
        ),
        Scatter(
            "autograd − closed form",
            y="difference",
            help="What rounding leaves between the gradient by autograd and the derivative worked "
            "out by hand and computed in float64.",
        ),
        Table(
            "around 0",
            help="The x of the range next to 0, with function and gradient, and the exact 0.",
        ),
    ),
    presets=(
        Preset(
            "relu",
            "ReLU as in the notes: arange(-8, 8, 0.1)",
            {},
            Question(
                "arange(-8, 8, 0.1) has 160 points, 79 of them clearly above 0. "
                "At how many is the gradient of ReLU 1?",
                ("79", "80", "81"),
                "{points/nonzero}: the x that should be 0 is {points/nearest_0}, a hair above 0. "
                "At exactly 0 autograd gives {grad/0}.",
                right="80",
                picture="around 0",
            ),
        ),
        Preset(
            "sigmoid",
            "Sigmoid: how large its gradient gets",
            {"activation": "sigmoid"},
            Question(
                "How large does the gradient of the sigmoid get?",
                ("1", "1/2", "1/4"),
                "{grad/largest}, at 0; and on {share/saturated} of the range it is below 0.01.",
                right="1/4",
                picture="f and f′",
            ),
        ),
        Preset("tanh", "tanh: a sigmoid stretched to (−1, 1)", {"activation": "tanh"}),
        Preset(
            "leaky-relu",
            "Leaky ReLU, slope 0.1",
            {"activation": "leaky-relu", "slope": 0.1},
            Question(
                "With slope 0.1, at how many of the 160 points is the gradient not 0?",
                ("80", "159", "160"),
                "{points/nonzero} of {points/all}; at exactly 0 it is {grad/0}.",
                right="160",
                picture="key figures",
            ),
        ),
        Preset("elu", "ELU: smooth where α = 1", {"activation": "elu"}),
        Preset(
            "elu-kink",
            "ELU with α = 2: a kink at 0",
            {"activation": "elu", "alpha": 2.0, "low": -4.0, "high": 4.0},
        ),
        Preset(
            "gelu",
            "GELU: x·Φ(x)",
            {"activation": "gelu"},
            Question(
                "The gradient of ReLU is never above 1. And that of GELU?",
                ("never above 1 either", "up to about 1.13", "up to about 1.5"),
                "It gets as large as {grad/largest}.",
                right="up to about 1.13",
                picture="f and f′",
            ),
        ),
        Preset("gelu-tanh", "GELU by its tanh formula", {"activation": "gelu-tanh"}),
        Preset("silu", "SiLU (swish): x · σ(x)", {"activation": "silu"}),
        Preset(
            "softplus-threshold",
            "Softplus in float64, up to x = 40",
            {"activation": "softplus", "dtype": "float64", "high": 40.0},
            Question(
                "How far is torch's gradient of softplus from σ(x), in float64, up to x = 40?",
                ("about 1e-16", "about 2e-9", "about 1e-4"),
                "{error/gradient}: beyond x = 20 torch returns x itself, whose gradient is 1.",
                right="about 2e-9",
                picture="autograd − closed form",
            ),
        ),
        Preset(
            "sigmoid-float64",
            "Sigmoid in float64: rounding a billion times smaller",
            {"activation": "sigmoid", "dtype": "float64"},
        ),
    ),
)
