"""A perceptron that tells the clothes of Fashion-MNIST apart."""

from __future__ import annotations

from collections.abc import Mapping

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Heatmap, Images, Metric, Table
from tui_lab.hyperparameters import Choice, Hyperparameters, Int, Value

_ACTIVATIONS = ("relu", "sigmoid", "tanh", "leaky-relu", "elu", "gelu", "silu", "softplus")
_STARTS = ("normal", "default", "xavier", "he", "constant")
_OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad")

BATCH_SIZE = Int(
    "batch_size",
    default=256,
    low=1,
    high=60_000,
    log=True,
    help="Images in a mini-batch; the last batch of an epoch may hold fewer.",
)
EPOCHS = Int(
    "epochs",
    default=5,
    low=1,
    high=10_000,
    log=True,
    help="How many times training goes through all its images.",
)
EXAMPLES = Int(
    "examples",
    default=60_000,
    low=1,
    high=1_000_000,
    log=True,
    help="Training images, the first of a random order; or all, when there are fewer.",
)
VALIDATION_EXAMPLES = Int(
    "validation_examples",
    default=0,
    low=0,
    high=1_000_000,
    log=True,
    help="The last of the training images, put aside to choose by; at most half of them.",
)
VAL_LOSS = Metric(
    "val/loss", "The same over the validation images, where any are put aside.", "minimize"
)
VAL_ACCURACY = Metric(
    "val/accuracy", "Share of validation images told right, where any are put aside.", "maximize"
)
IN_STUDIES: Mapping[str, Value] = {"validation_examples": 10_000}
"""What a study chooses by, so that the test images are left for its end."""
DATA_EXAMPLES = Metric("data/examples", "How many training images there were to train on.")

TEST_IMAGES = Images(
    "test images",
    help="The first test images and the class they are taken for; where that is wrong, "
    "≠ and the true one. Wrong ones come first.",
    caption="predicted≠label",
)
CONFUSION = Heatmap(
    "confusion",
    help="Test images by true class (row) and predicted class (column).",
    rows="true class",
    columns="predicted",
)
FIRST_LAYER = Images(
    "first layer",
    help="The weights of the first hidden units as images: white for, black against.",
)
DATA = Table("data", help="Where the images are from, and how many there are.")


def activation(meaning: str) -> Choice:
    """What follows a hidden layer."""
    return Choice("activation", _ACTIVATIONS, help=meaning)


def init(meaning: str) -> Choice:
    """Where the weights start."""
    return Choice("init", _STARTS, help=meaning)


def optimizer(meaning: str) -> Choice:
    """One of torch.optim's; from scratch there is sgd alone."""
    return Choice("optimizer", _OPTIMIZERS, help=meaning)


def unwritten_optimizer(hp: Hyperparameters) -> HyperparameterError | None:
    """Why an optimizer can't be had from scratch."""
    if hp.implementation != "scratch" or hp.optimizer == "sgd":
        return None
    message = (
        f"optimizer must be sgd with implementation=scratch, not {hp.optimizer!r}: from "
        "scratch only sgd is written out; take implementation=concise for the others."
    )
    return HyperparameterError("optimizer", message)
