"""Vanishing and exploding gradients: in a deep network, in a chain, in a product of matrices."""

from __future__ import annotations

from tui_lab.conditions import among
from tui_lab.declarations import divergence
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import (
    Bars,
    Curve,
    Experiment,
    KeyFigures,
    Metric,
    Scatter,
    Table,
)
from tui_lab.experiments.gradient_flow.presets import PRESETS
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Int
from tui_lab.together import Together

MOST_WEIGHTS = 5_000_000
"""Weights of all hidden layers together: 20 MB in float32, and a step in well under a second."""


def _fits(hp: Hyperparameters) -> HyperparameterError | None:
    most = MOST_WEIGHTS // hp.width**2
    if hp.depth <= max(1, most):
        return None
    return HyperparameterError(
        "depth", f"depth must be at most {most} with layers of {hp.width}, not {hp.depth}."
    )


EXPERIMENT = Experiment(
    name="gradient-flow",
    title="Vanishing and exploding gradients",
    chapter="Multilayer perceptrons",
    summary="Twenty layers deep, a gradient shrinks or grows by a factor at each layer: what "
    "activation and starting weights make of it.",
    constraint=_fits,
    program="tui_lab.experiments.gradient_flow.program:GradientFlow",
    headings={
        "depth": "network",
        "lr": "training",
        "chain": "chains",
        "matrices": "random matrices",
    },
    together=Together(
        never="Its products of matrices hang on the last digits; such runs train one by one."
    ),
    hyperparameters=(
        Int("depth", default=20, low=1, high=100, step=1, help="Hidden layers of the network."),
        Int("width", default=64, low=1, high=1024, log=True, help="Units in each hidden layer."),
        Choice(
            "activation",
            ("sigmoid", "tanh", "relu", "leaky-relu", "elu", "gelu", "silu", "softplus"),
            help="What each hidden unit does to its sum.",
        ),
        Choice(
            "init",
            ("xavier", "he", "default", "normal", "constant"),
            help="Starting weights: Xavier (uniform), He (normal), nn.Linear's default, "
            "N(0, init_scale²) for weights and biases, or all weights equal to init_scale.",
        ),
        Float(
            "init_scale",
            default=0.01,
            low=0.0,
            high=10.0,
            log=True,
            help="The standard deviation of init normal, and the weight of init constant; the "
            "others choose their own scale.",
            only_if=among("init", "normal", "constant"),
        ),
        Choice(
            "dtype",
            ("float32", "float64"),
            help="Floating-point type of the network; in float32 a gradient below 1e-45 is 0.",
        ),
        Float(
            "lr",
            default=0.1,
            low=1e-6,
            high=100.0,
            log=True,
            live=True,
            help="Learning rate of torch.optim.SGD.",
        ),
        Int(
            "epochs",
            default=20,
            low=1,
            high=1_000_000,
            log=True,
            help="How many times training goes through the examples.",
        ),
        Int(
            "batch_size",
            default=50,
            low=1,
            high=10_000,
            log=True,
            help="Examples in a mini-batch.",
        ),
        Int(
            "examples",
            default=1000,
            low=10,
            high=100_000,
            log=True,
            help="Examples to train on; as many others are for testing, and as many to choose by.",
        ),
        Int(
            "chain",
            default=30,
            low=1,
            high=100,
            step=5,
            help="Layers of the two chains of single numbers, σ(σ(…)) and w·(w·(…)).",
        ),
        Float(
            "factor",
            symbol="w",
            default=0.2,
            low=0.0,
            high=10.0,
            step=0.1,
            help="The weight in every layer of the chain w·(w·(…)).",
        ),
        Int(
            "matrices",
            default=100,
            low=1,
            high=300,
            log=True,
            help="How many random matrices are multiplied.",
        ),
        Int("size", default=4, low=1, high=10, step=1, help="Rows and columns of each of them."),
        Float(
            "sigma",
            symbol="σ",
            default=1.0,
            low=0.01,
            high=10.0,
            log=True,
            help="Standard deviation of their entries.",
        ),
        Int(
            "repeats",
            default=100,
            low=1,
            high=200,
            log=True,
            help="How many such products are made, to see how they spread.",
        ),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean cross-entropy, per step over its batch and per epoch over all training "
            "examples; log 10 = 2.303 is guessing.",
            "minimize",
        ),
        Metric("val/loss", "The same over the validation examples, after each epoch.", "minimize"),
        Metric("test/loss", "The same over the test examples, after each epoch.", "minimize"),
        Metric("train/accuracy", "Share of the training examples classified rightly.", "maximize"),
        Metric("val/accuracy", "Share of the validation examples classified rightly.", "maximize"),
        Metric("test/accuracy", "Share of the test examples classified rightly.", "maximize"),
        Metric("grad/first", "‖∇W‖ of the first layer, on a fixed batch, after each epoch."),
        Metric("grad/last", "‖∇W‖ of the last layer, on the same batch."),
        Metric(
            "grad/ratio", "The first of these over the second: what the layers in between leave."
        ),
        Metric(
            "grad/ratio_start",
            "The same before the first step: what activation and starting weights decide.",
        ),
        Metric(
            "signal/last",
            "Standard deviation, over the fixed batch, of what the last hidden layer puts out.",
        ),
        Metric(
            "symmetry/spread",
            "Largest difference of a weight from its mean over the units of its hidden layer; 0 "
            "as long as all units of each layer are alike.",
        ),
        Metric("chain/value", "σ(σ(…σ(1)…)) after all layers of the chain."),
        Metric("chain/derivative", "Its derivative with respect to the 1, by autograd in float64."),
        Metric(
            "chain/error",
            "Relative difference of that derivative from the product of all σ′.",
            "minimize",
        ),
        Metric("chain/power", "The derivative of w·(w·(…x)), by autograd in float64: w to the n."),
        Metric(
            "growth/measured",
            "Mean over the products of log ‖P e₁‖ per matrix, e₁ the first unit vector.",
        ),
        Metric(
            "growth/theory",
            "What it is on average: (log 2σ² + ψ(d/2)) / 2, ψ the digamma function.",
        ),
        Metric("growth/sd", "Standard deviation of that growth from product to product."),
        Metric("product/largest", "Largest |entry| of the first product, in float64."),
        Metric(
            "product/norm_float32",
            "Norm of the first product as float32 has it: the squares overflow long before the "
            "entries do.",
        ),
        Metric(
            "overflow/norm_float32",
            "Share of the products whose norm is not finite in float32.",
        ),
        Metric(
            "overflow/entries_float32",
            "Share of the products with an entry that is not finite in float32.",
        ),
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Curve(
            "gradients",
            ("grad/first", "grad/last"),
            log=True,
            help="‖∇W‖ of the first and the last layer on a fixed batch after each epoch.",
        ),
        Curve(
            "loss",
            ("train/loss", "test/loss"),
            help="Cross-entropy after each epoch; beneath it that of each mini-batch.",
        ),
        Curve(
            "accuracy",
            ("train/accuracy", "test/accuracy"),
            help="Share classified rightly after each epoch, beneath it that of each mini-batch; "
            "a tenth is guessing.",
        ),
        Curve(
            "symmetry",
            ("symmetry/spread",),
            log=True,
            help="How far the units of the hidden layers are from being all alike.",
        ),
        Bars(
            "gradient by layer",
            log=True,
            help="‖∇W‖ of each layer, the first at the left, on a fixed batch; the mark is where "
            "it stood before the first step. A gradient of 0 has no bar.",
        ),
        Bars(
            "signal by layer",
            log=True,
            help="Standard deviation over the fixed batch of what each hidden layer puts out.",
        ),
        Scatter(
            "chains",
            x="layers",
            y="derivative",
            log_y=True,
            help="Derivatives of the two chains after each layer: autograd as a line, the product "
            "of the layers' own derivatives as points.",
        ),
        Scatter(
            "matrix product",
            x="matrices",
            y="largest |entry|",
            log_y=True,
            help="The first product, matrix by matrix: its largest |entry| in float64, its norm "
            "in float32, and the growth that theory gives.",
        ),
        Table("products", help="The random matrix products in figures."),
        KeyFigures(),
    ),
    presets=PRESETS,
)
