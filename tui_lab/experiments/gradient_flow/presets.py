"""Settings of gradient flow worth trying, each with the point it makes."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question

PRESETS = (
    Preset(
        "sigmoid",
        "Twenty layers of sigmoids, Xavier",
        {},
        Question(
            "20 hidden layers of sigmoids, Xavier weights. How large is the gradient of the "
            "first layer, compared with that of the last?",
            ("a hundredth", "a millionth", "less than a billionth"),
            "{grad/ratio_start} at the start, {grad/ratio} at the end. "
            "The loss ended at {train/loss}; guessing gives 2.303.",
            right="less than a billionth",
            picture="gradient by layer",
        ),
    ),
    Preset("tanh", "tanh instead of sigmoid, same weights", {"activation": "tanh"}),
    Preset(
        "relu-he",
        "ReLU with He's weights",
        {"activation": "relu", "init": "he"},
        Question(
            "ReLU with He's weights: what is the ratio of the two gradients at the start?",
            ("about 1", "about 0.01", "about 1e-10"),
            "{grad/ratio_start}; and the test accuracy ended at {test/accuracy}.",
            right="about 1",
            picture="gradient by layer",
        ),
    ),
    Preset(
        "relu-xavier",
        "ReLU with Xavier's: a factor of √2 too small in every layer",
        {"activation": "relu"},
    ),
    Preset(
        "relu-default",
        "ReLU with nn.Linear's default weights",
        {"activation": "relu", "init": "default"},
    ),
    Preset(
        "normal",
        "ReLU with N(0, 0.01²), as the notes start theirs",
        {"activation": "relu", "init": "normal"},
        Question(
            "Weights and biases from N(0, 0.01²), 20 layers of 64 ReLUs, float32. "
            "What reaches the first layer?",
            ("about 1e-5", "about 1e-25", "0 exactly"),
            "‖∇W‖ is {grad/first} there and {grad/last} in the last layer; what the last "
            "hidden layer puts out has a standard deviation of {signal/last}.",
            right="about 1e-25",
            picture="gradient by layer",
        ),
    ),
    Preset(
        "exploding",
        "ReLU with N(0, 0.5²): too large",
        {"activation": "relu", "init": "normal", "init_scale": 0.5},
    ),
    Preset(
        "constant",
        "All weights alike, 0.1",
        {
            "activation": "tanh",
            "init": "constant",
            "init_scale": 0.1,
            "depth": 2,
            "epochs": 50,
        },
        Question(
            "All weights start at 0.1. After 50 epochs, how far apart are the units of a "
            "hidden layer?",
            ("as far as in any network", "not at all, but for rounding"),
            "The spread is {symmetry/spread}; the test accuracy {test/accuracy}.",
            right="not at all, but for rounding",
            picture="symmetry",
        ),
    ),
    Preset(
        "not-constant",
        "The same network with random weights",
        {"activation": "tanh", "depth": 2, "epochs": 50},
    ),
    Preset(
        "shallow",
        "Two layers of sigmoids",
        {"depth": 2},
    ),
    Preset(
        "power-of-5",
        "5 to the 30 instead of 0.2 to the 30",
        {"factor": 5.0, "epochs": 1},
        Question(
            "A chain of 30 layers multiplies by 5 in each. How large is its derivative?",
            ("150", "about 1e9", "about 9e20"),
            "{chain/power}. With 0.2 it would be its reciprocal.",
            right="about 9e20",
            picture="chains",
        ),
    ),
    Preset(
        "matrices",
        "A hundred Gaussian 4×4 matrices, 200 times",
        {"repeats": 200, "epochs": 1},
        Question(
            "100 random 4×4 matrices, entries N(0, 1), are multiplied. "
            "How large does the product get?",
            ("about 1", "about 1e10", "more than 1e20"),
            "{product/largest}; log growth per matrix {growth/measured}, in theory "
            "{growth/theory}.",
            right="more than 1e20",
            picture="matrix product",
        ),
    ),
    Preset(
        "matrices-balanced",
        "σ chosen so that the product neither grows nor shrinks",
        {"sigma": 0.57236, "repeats": 200, "epochs": 1},
    ),
)
