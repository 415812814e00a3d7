"""Dropout on Fashion-MNIST: hidden units that may not rely on each other."""

from __future__ import annotations

from itertools import pairwise

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import (
    Bars,
    Curve,
    Experiment,
    Heatmap,
    Images,
    Metric,
    Table,
)
from tui_lab.experiments.dropout.presets import PRESETS
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Int, Vector

MOST_WEIGHTS = 50_000_000
"""Of all layers together: 200 MB in float32, and as much again for the gradients."""
LARGEST_LR = 10.0
"""Above it nothing but `scratch` makes sense, which divides by the batch once more."""


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if hp.implementation == "scratch" and hp.optimizer != "sgd":
        message = (
            f"optimizer must be sgd with implementation=scratch, not {hp.optimizer!r}: from "
            "scratch only sgd is written out; take implementation=concise for the others."
        )
        return HyperparameterError("optimizer", message)
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
    weights = sum(m * n for m, n in pairwise((784, *hp.hidden, 10)))
    if weights > MOST_WEIGHTS:
        message = f"hidden must make at most {MOST_WEIGHTS:,} weights, not {weights:,}."
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
    hyperparameters=(
        Choice(
            "implementation",
            ("scratch", "concise", "dropconnect"),
            help="Dropout and sgd by hand, divided by the batch size twice (lr 100); nn.Dropout "
            "and torch.optim (lr 0.5); or weights dropped instead of outputs (lr 0.1).",
        ),
        Float(
            "p1",
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
            high=4096,
            longest=2,
            whole=True,
            help="Units of the two hidden layers.",
        ),
        Choice(
            "activation",
            ("relu", "sigmoid", "tanh", "leaky-relu", "elu", "gelu", "silu", "softplus"),
            help="What follows each hidden layer, before dropout.",
        ),
        Choice(
            "init",
            ("normal", "default", "xavier", "he", "constant"),
            help="The start. normal: N(0, 0.01²), biases too, but from scratch biases 0; default: "
            "nn.Linear's uniform up to 1/√inputs; xavier, he: biases 0; constant: weights 0.01.",
        ),
        Int(
            "batch_size",
            default=256,
            low=1,
            high=60_000,
            log=True,
            help="Images in a mini-batch; the last batch of an epoch may hold fewer.",
        ),
        Int(
            "epochs",
            default=5,
            low=1,
            high=10_000,
            log=True,
            help="How many times training goes through all its images.",
        ),
        Choice(
            "optimizer",
            ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad"),
            help="sgd, or without scratch any of torch.optim's, at its own defaults; momentum and "
            "nesterov are SGD with momentum 0.9.",
        ),
        Int(
            "examples",
            default=60_000,
            low=1,
            high=1_000_000,
            log=True,
            help="Training images, the first of a random order; or all, when there are fewer.",
        ),
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
        Metric(
            "test/accuracy",
            "Share of test images told right after each epoch, dropout off.",
            "maximize",
        ),
        Metric(
            "train/accuracy_undropped",
            "Share of the first 10,000 training images told right after each epoch, dropout off.",
            "maximize",
        ),
        Metric(
            "gap/accuracy",
            "train/accuracy_undropped − test/accuracy: how much better known images are told.",
        ),
        Metric("data/examples", "How many training images there were to train on."),
        Metric("step/first_inf", "The first step whose batch loss was infinite."),
        Metric("step/first_nan", "The first step whose batch loss was not a number."),
    ),
    pictures=(
        Curve("loss", ("train/loss", "test/loss"), help="Cross-entropy, train with dropout on."),
        Curve(
            "accuracy",
            ("train/accuracy", "test/accuracy", "train/accuracy_undropped"),
            help="Share told right: train with dropout on while training; the others after each "
            "epoch, off.",
        ),
        Curve(
            "gap",
            ("gap/accuracy",),
            help="Accuracy on 10,000 training images less that on the test images, dropout off.",
        ),
        Curve(
            "loss per step",
            ("train/loss",),
            every="step",
            help="Cross-entropy of each mini-batch, before the step it leads to.",
        ),
        Heatmap(
            "dropout of 0 … 15",
            help="The dropout function on 0 to 15 in two rows, for p = 0, p₁, p₂ and 1: zero, or "
            "divided by 1 − p.",
        ),
        Images(
            "test images",
            help="The first test images and the class they are taken for; where that is wrong, "
            "≠ and the true one. Wrong ones come first.",
        ),
        Heatmap(
            "confusion",
            help="Test images by true class (row) and predicted class (column).",
        ),
        Images(
            "first layer",
            help="The weights of the first hidden units as images: white for, black against.",
        ),
        Bars(
            "gradient flow",
            log=True,
            help="Length of the gradient of each layer's weights, over 256 training images, "
            "dropout off.",
        ),
        Table("data", help="Where the images are from, and how many there are."),
    ),
)
