"""What to try with overfitting: no remedy, then each of the others."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question

PRESETS = (
    Preset(
        "none",
        "No remedy",
        {},
        Question(
            "Two in five labels are drawn by lot. Over 60 epochs, test accuracy will…",
            ("rise to the end", "rise, then fall", "stay near 0.1"),
            "It was {test/accuracy_best} after epoch {epoch/best}, where validation loss was "
            "lowest, and {test/accuracy} at the end: by then {train/memorized} of the wrong labels "
            "were known by heart.",
            right="rise, then fall",
            picture="accuracy",
        ),
    ),
    Preset(
        "clean",
        "No remedy, and no wrong labels",
        {"label_noise": 0.0},
        Question(
            "All labels right: what will be left of the fall in test accuracy?",
            ("all of it", "next to nothing", "half of it"),
            "Best epoch {test/accuracy_best}, last {test/accuracy}: what is learned by heart is "
            "right here.",
            right="next to nothing",
            picture="accuracy",
        ),
    ),
    Preset(
        "early-stopping",
        "Early stopping",
        {"remedy": "early-stopping"},
        Question(
            "Validation labels are as noisy as the training labels. Can they tell when to stop?",
            ("yes", "no, 40 % of them are wrong", "only with clean labels"),
            "Yes: the run keeps the weights of epoch {epoch/best}, with test accuracy "
            "{test/accuracy}. Wrong labels raise every epoch's validation loss, but who learned "
            "other wrong labels by heart pays more.",
            right="yes",
            picture="best epoch",
        ),
    ),
    Preset(
        "weight-decay",
        "Weight decay",
        {"remedy": "weight-decay"},
        Question(
            "Weights are pulled to zero. How much of the wrong labels is still learned?",
            ("all", "less", "nothing"),
            "{train/memorized} of them; test accuracy ended at {test/accuracy}, after "
            "{test/accuracy_best} at the best epoch.",
            right="less",
            picture="memorized",
        ),
    ),
    Preset(
        "decay-first-layer",
        "Weight decay on the first layer alone",
        {"remedy": "weight-decay", "decayed": "first-layer"},
    ),
    Preset(
        "decay-last-layer",
        "Weight decay on the last layer alone",
        {"remedy": "weight-decay", "decayed": "last-layer"},
        Question(
            "With weight decay on both layers, 5 % of the wrong labels are learned by heart. How "
            "much with the same λ on the last one alone, 1,280 of 101,632 weights?",
            ("as much as without weight decay", "a fifth or so", "5 % again"),
            "{train/memorized} of them. Decay on every layer is a habit that works, not a law.",
            right="a fifth or so",
            picture="memorized",
        ),
    ),
    Preset(
        "decay-biases",
        "Weight decay on every layer, and on the biases",
        {"remedy": "weight-decay", "decayed": "every-layer-and-biases"},
    ),
    Preset(
        "dropout",
        "Dropout",
        {"remedy": "dropout"},
        Question(
            "Half of the hidden units are missing in each step. Test accuracy at the end will be…",
            ("as without a remedy", "better", "worse"),
            "{test/accuracy}, with {train/memorized} of the wrong labels learned. Lay this run "
            "over the one without a remedy.",
            right="better",
            picture="accuracy",
        ),
    ),
    Preset("dropconnect", "DropConnect", {"remedy": "dropconnect"}),
    Preset(
        "augmentation",
        "Augmentation: shift, flip, noise",
        {"remedy": "augmentation"},
        Question(
            "No image comes by twice. How much of the wrong labels is learned in 60 epochs?",
            ("most", "little", "nothing"),
            "{train/memorized} of them, and test accuracy ends at {test/accuracy}.",
            right="little",
            picture="memorized",
        ),
    ),
    Preset(
        "bagging",
        "Bagging: five models on draws with replacement",
        {"remedy": "bagging"},
        Question(
            "Each of five models sees fewer different images than the single one. The ensemble…",
            ("beats it", "equals it", "loses to it"),
            "Ensemble {test/accuracy}, single {test/accuracy_single}, its own models on average "
            "{test/accuracy_members}. Squared error {test/brier} = {test/brier_members} − "
            "{test/brier_spread}: what they disagree on is taken off.",
            right="beats it",
            picture="ensemble",
        ),
    ),
    Preset(
        "boosting",
        "Boosting: five models, each after the mistakes of those before",
        {"remedy": "boosting"},
        Question(
            "36 % of the training labels are wrong. Each model looks harder at what those before "
            "it got wrong. How much of the last model's weight is on wrong labels?",
            ("less than 36 %", "36 %", "more than half"),
            "{train/weight_of_wrong}: what a good model gets wrong here is mostly labels drawn by "
            "lot. Test accuracy {test/accuracy}, no better than its first model's.",
            right="more than half",
            picture="votes",
        ),
    ),
    Preset(
        "boosting-weak",
        "Boosting weak models: four hidden units, right labels",
        {"remedy": "boosting", "hidden": (4,), "label_noise": 0.0},
        Question(
            "Four hidden units, 12 epochs, no wrong labels: the first model has a test accuracy "
            "of 0.5. Five of them together…",
            ("stay at 0.5", "come to 0.7", "come to 0.9"),
            "{test/accuracy}: with right labels, boosting goes after what a weak model can't do.",
            right="come to 0.7",
            picture="accuracy",
        ),
    ),
    Preset(
        "stacking",
        "Stacking: validation labels say whom to listen to",
        {"remedy": "stacking"},
        Question(
            "Five models, from no weight decay to λ = 0.03. Their votes are learned from images "
            "that none was trained on. Who gets most?",
            ("all alike", "the one without weight decay", "the one with the most"),
            "The one with the most, see votes. Test accuracy {test/accuracy}; without a remedy it "
            "was {test/accuracy_single}.",
            right="the one with the most",
            picture="votes",
        ),
    ),
)
