"""Examples of a linear law, y = Xw + b + noise, and a start for the weights that should find it."""

from __future__ import annotations

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Metric
from tui_lab.hyperparameters import Float, Hyperparameters, Int

MOST_NUMBERS = 20_000_000
"""Features of all examples together: 80 MB, far below what a laptop holds."""

TEST_EXAMPLES = Int(
    "test_examples",
    default=100,
    low=1,
    high=1_000_000,
    log=True,
    help="Examples to test on, from the same law.",
)
VALIDATION_EXAMPLES = Int(
    "validation_examples",
    default=100,
    low=1,
    high=1_000_000,
    log=True,
    help="Examples to choose λ by, from the same law; nothing else depends on them.",
)
INIT_SD = Float(
    "init_sd",
    default=1.0,
    low=0.0,
    high=100.0,
    log=True,
    help="Standard deviation of the starting weights; 0 starts from w = 0.",
)
EPOCHS = Int(
    "epochs",
    default=100,
    low=1,
    high=1_000_000,
    log=True,
    help="How many times training goes through the training examples.",
)
VAL_LOSS = Metric(
    "val/loss", "The same over the validation examples, after each epoch.", "minimize"
)
TEST_LOSS = Metric("test/loss", "The same over the test examples, after each epoch.", "minimize")


def noise(default: float) -> Float:
    """What the law adds to every label."""
    return Float(
        "noise",
        symbol="σ",
        default=default,
        low=0.0,
        high=100.0,
        log=True,
        help="Standard deviation of the noise added to every label.",
    )


def too_many_numbers(hp: Hyperparameters) -> HyperparameterError | None:
    """Why the training, the validation or the test examples don't fit in memory."""
    for name in ("train_examples", "validation_examples", "test_examples"):
        most = MOST_NUMBERS // hp.inputs
        if hp.get(name, 0) > most:
            message = (
                f"{name} must be at most {most:,} with {hp.inputs:,} inputs, not {hp[name]:,}."
            )
            return HyperparameterError(name, message)
    return None
