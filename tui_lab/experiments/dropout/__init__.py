"""Dropout on Fashion-MNIST: hidden units that may not rely on each other."""

from __future__ import annotations

from tui_lab.declarations import clothes, divergence
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Bars, Curve, Experiment, Heatmap, Metric
from tui_lab.experiments.dropout.presets import PRESETS
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Vector
from tui_lab.together import Together

LARGEST_LR = 10.0
"""Above it nothing but `scratch` makes sense, which divides by the batch once more."""


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if error := clothes.unwritten_optimizer(hp):
        return error
    if hp.implementation != "scratch" and hp.lr > LARGEST_LR:
        usual = "0.5" if hp.implementation == "concise" else "0.1"
        message = (
            f"lr must be at most {LARGEST_LR:g} with implementation={hp.implementation}, not "
            f"{hp.lr:g}: lr 100 is for scratch, whose sgd divides by the batch size once more; "
            f"take lr={usual}."
        )
        return HyperparameterError("lr", message)
    return _bad_layers(hp)


def _bad_layers(hp: Hyperparameters) -> HyperparameterError | None:
    if len(hp.hidden) != 2:
        message = (
            f"hidden must be two numbers, such as 256,256, not {len(hp.hidden)}: p₁ follows the "
            "first hidden layer and p₂ the second."
        )
        return HyperparameterError("hidden", message)
    return None


EXPERIMENT = Experiment(
    name="dropout",
    title="Dropout",
    chapter="Regularization",
    summary="Drop hidden outputs at random while training: 784-256-256-10 on Fashion-MNIST.",
    constraint=_makes_sense,
    companions={
        ("implementation", "concise"): {"lr": 0.5},
        ("implementation", "dropconnect"): {"lr": 0.1},
    },
    program="tui_lab.experiments.dropout.program:Dropout",
    presets=PRESETS,
    study=clothes.IN_STUDIES,
    together=Together(differ=("lr", "p1", "p2"), apart=("p1", "p2")),
    hyperparameters=(
        Choice(
            "implementation",
            ("scratch", "concise", "dropconnect"),
            help="Dropout and sgd by hand, divided by the batch size twice (lr 100); nn.Dropout "
            "and torch.optim (lr 0.5); or weights dropped instead of outputs (lr 0.1).",
        ),
        Float(
            "p1",
            aliases=("p", "dropout"),
            symbol="p₁",
            default=0.2,
            low=0.0,
            high=1.0,
            step=0.1,
            live=True,
            help="Probability of dropping an output of the first hidden layer (dropconnect: a "
            "weight that leads out of it).",
        ),
        Float(
            "p2",
            aliases=("p", "dropout"),
            symbol="p₂",
            default=0.5,
            low=0.0,
            high=1.0,
            step=0.1,
            live=True,
            help="The same for the second hidden layer.",
        ),
        Float(
            "lr",
            default=100.0,
            low=1e-6,
            high=1000.0,
            log=True,
            live=True,
            help="Learning rate; from scratch the mean gradient is divided by the batch size once "
            "more, so that 100 acts like 0.39 in the others.",
        ),
        Vector(
            "hidden",
            default=(256, 256),
            low=1,
            high=65_536,
            longest=2,
            whole=True,
            help="Units of the two hidden layers.",
        ),
        clothes.activation("What follows each hidden layer, before dropout."),
        clothes.init(
            "The start. normal: N(0, 0.01²), biases too, but from scratch biases 0; default: "
            "nn.Linear's uniform up to 1/√inputs; xavier, he: biases 0; constant: weights 0.01."
        ),
        clothes.BATCH_SIZE,
        clothes.EPOCHS,
        clothes.optimizer(
            "sgd, or without scratch any of torch.optim's, at its own defaults; momentum and "
            "nesterov are SGD with momentum 0.9."
        ),
        clothes.EXAMPLES,
        clothes.VALIDATION_EXAMPLES,
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean cross-entropy with dropout on, per step over its batch; per epoch the mean over "
            "all its images, each as its batch came by, while the weights were changing.",
            "minimize",
        ),
        Metric(
            "train/accuracy",
            "Share of training images told right with dropout on, as their batches came by, while "
            "the weights were changing.",
            "maximize",
        ),
        Metric(
            "test/loss",
            "Mean cross-entropy over all test images after each epoch, dropout off.",
            "minimize",
        ),
        clothes.VAL_LOSS,
        Metric(
            "test/accuracy",
            "Share of test images told right after each epoch, dropout off.",
            "maximize",
        ),
        clothes.VAL_ACCURACY,
        Metric(
            "train/accuracy_undropped",
            "Share of the first 10,000 training images told right after each epoch, dropout off.",
            "maximize",
        ),
        Metric(
            "gap/accuracy",
            "train/accuracy_undropped − test/accuracy: how much better known images are told.",
        ),
        clothes.DATA_EXAMPLES,
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Curve(
            "loss",
            ("train/loss", "test/loss"),
            help="Cross-entropy, train with dropout on; beneath it that of each mini-batch.",
        ),
        Curve(
            "gap",
            ("gap/accuracy",),
            help="Accuracy on 10,000 training images less that on the test images, dropout off.",
        ),
        Curve(
            "accuracy",
            ("train/accuracy", "test/accuracy", "train/accuracy_undropped"),
            help="Share told right: train with dropout on while training, beneath it that of each "
            "mini-batch; the others after each epoch, off.",
        ),
        Heatmap(
            "dropout of 0 … 15",
            help="The dropout function on 0 to 15 in two rows, for p = 0, p₁, p₂ and 1: zero, or "
            "divided by 1 − p.",
        ),
        clothes.TEST_IMAGES,
        clothes.CONFUSION,
        clothes.FIRST_LAYER,
        Bars(
            "gradient flow",
            log=True,
            help="Length of the gradient of each layer's weights, over 256 training images, "
            "dropout off.",
        ),
        clothes.DATA,
    ),
)
