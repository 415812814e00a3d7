"""What to try with dropout."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question
from tui_lab.hyperparameters import Value

_FEW: dict[str, Value] = {
    "implementation": "concise",
    "examples": 1000,
    "batch_size": 32,
    "epochs": 100,
    "init": "he",
    "lr": 0.02,
}
"""Few enough images to be learned by heart."""

PRESETS = (
    Preset(
        "notes",
        "As in the notes: from scratch, lr 100, p 0.2 and 0.5",
        {},
        Question(
            "With dropout on, how will train accuracy stand to test accuracy in the first epoch?",
            ("above it", "about equal", "below it"),
            "Both ended at {train/accuracy} and {test/accuracy}; look at the start of the curves. "
            "Train accuracy is taken with dropout on, while the network was still learning.",
            right="below it",
            picture="accuracy",
        ),
    ),
    Preset(
        "concise",
        "The concise version: nn.Dropout, lr 0.5",
        {"implementation": "concise", "lr": 0.5},
    ),
    Preset(
        "dropconnect",
        "DropConnect: weights dropped instead of outputs, lr 0.1",
        {"implementation": "dropconnect", "lr": 0.1},
    ),
    Preset(
        "no-dropout",
        "No dropout: p 0 and 0",
        {"p1": 0.0, "p2": 0.0},
        Question(
            "Five epochs on 60,000 images without dropout: test accuracy will be…",
            ("clearly lower", "about the same", "clearly higher"),
            "It ended at {test/accuracy}, with a gap of {gap/accuracy}. In five epochs there is "
            "little overfitting to prevent.",
            right="about the same",
            picture="accuracy",
        ),
    ),
    Preset(
        "all-dropped",
        "p₂ = 1: everything is dropped",
        {"p2": 1.0, "epochs": 1},
        Question(
            "With p₂ = 1 the whole second hidden layer is zero. What is learned?",
            ("nothing at all", "only the last biases", "an error stops the run"),
            "Only the last biases, which learn how frequent each class is: train loss "
            "{train/loss}, about log 10 = 2.303, test accuracy {test/accuracy}.",
            right="only the last biases",
            picture="accuracy",
        ),
    ),
    Preset(
        "few-images-0",
        "1000 images, no dropout",
        {**_FEW, "p1": 0.0, "p2": 0.0},
        Question(
            "1000 images, 100 epochs, no dropout: how much better will it tell these images than "
            "new ones?",
            ("hardly", "by some 5 points", "by some 20 points"),
            "By {gap/accuracy}: test accuracy is {test/accuracy}. The test loss, {test/loss}, is "
            "for few-images and few-images-strong to compare with.",
            right="by some 20 points",
            picture="gap",
        ),
    ),
    Preset(
        "few-images",
        "1000 images, dropout 0.2 and 0.5",
        dict(_FEW),
        Question(
            "1000 images, 100 epochs: does dropout close the gap between train and test?",
            ("yes, to nearly nothing", "in part", "no, it grows"),
            "The gap ended at {gap/accuracy} (test accuracy {test/accuracy}). Lay this run over "
            "few-images-0 to compare.",
            right="in part",
            picture="gap",
        ),
    ),
    Preset(
        "few-images-strong",
        "1000 images, dropout 0.5 and 0.7",
        {**_FEW, "p1": 0.5, "p2": 0.7},
        Question(
            "More dropout still, 0.5 and 0.7. What will be clearly better than in few-images-0?",
            ("test accuracy", "test loss", "both", "neither"),
            "Test loss {test/loss}, accuracy {test/accuracy}, gap {gap/accuracy}. Dropout makes "
            "the network less sure of what it gets wrong rather than righter.",
            right="test loss",
            picture="loss",
        ),
    ),
)
