"""A multilayer perceptron on Fashion-MNIST: hidden units, activations, starting points."""

from __future__ import annotations

from tui_lab.declarations import clothes, divergence
from tui_lab.experiment import Bars, Curve, Experiment, Metric, Preset, Question
from tui_lab.hyperparameters import Choice, Float, Vector
from tui_lab.together import Together

EXPERIMENT = Experiment(
    name="mlp",
    title="Multilayer perceptron",
    chapter="Multilayer perceptrons",
    summary="Tell clothes apart in Fashion-MNIST with a hidden layer: 784-256-10.",
    constraint=clothes.unwritten_optimizer,
    program="tui_lab.experiments.mlp.program:MLP",
    study=clothes.IN_STUDIES,
    together=Together(differ=("lr",)),
    hyperparameters=(
        Choice(
            "implementation",
            ("scratch", "concise"),
            help="Matrices, softmax and sgd written out; or nn.Sequential, nn.CrossEntropyLoss and "
            "torch.optim. With sgd they take the same steps but for rounding.",
        ),
        Vector(
            "hidden",
            default=(256,),
            low=1,
            high=65_536,
            longest=12,
            whole=True,
            help="Units of each hidden layer, first to last.",
        ),
        clothes.activation(
            "What follows each hidden layer; without it all layers together are one."
        ),
        clothes.init(
            "The start. normal: N(0, 0.01²) for weights and biases; default: nn.Linear's "
            "uniform up to 1/√inputs; xavier, he: biases 0; constant: weights 0.01, biases 0."
        ),
        Float(
            "lr",
            default=0.5,
            low=1e-6,
            high=100.0,
            log=True,
            live=True,
            help="Learning rate; 0.5 suits sgd, while adam, adamw and rmsprop want about 0.001.",
        ),
        clothes.BATCH_SIZE,
        clothes.EPOCHS,
        clothes.optimizer(
            "sgd, or with implementation=concise any of torch.optim's, at its own defaults; "
            "momentum and nesterov are SGD with momentum 0.9."
        ),
        clothes.EXAMPLES,
        clothes.VALIDATION_EXAMPLES,
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean cross-entropy, per step over its batch; per epoch the mean over all its "
            "images, each as its batch came by, while the weights were changing.",
            "minimize",
        ),
        Metric(
            "train/accuracy",
            "Share of training images told right as their batches came by, while the weights "
            "were changing.",
            "maximize",
        ),
        Metric(
            "test/loss", "Mean cross-entropy over all test images after each epoch.", "minimize"
        ),
        clothes.VAL_LOSS,
        Metric("test/accuracy", "Share of test images told right after each epoch.", "maximize"),
        clothes.VAL_ACCURACY,
        Metric(
            "spread/units",
            "Largest difference between a first-layer weight of one hidden unit and the same "
            "weight of the first: 0 as long as all units are one.",
        ),
        clothes.DATA_EXAMPLES,
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Curve(
            "loss",
            ("train/loss", "test/loss"),
            help="Cross-entropy, train and test; beneath it that of each mini-batch.",
        ),
        Curve(
            "accuracy",
            ("train/accuracy", "test/accuracy"),
            help="Share told right: train while training, test after each epoch; beneath it that "
            "of each mini-batch.",
        ),
        Curve(
            "spread of units",
            ("spread/units",),
            log=True,
            help="How far the hidden units' first-layer weights are apart.",
        ),
        clothes.TEST_IMAGES,
        clothes.CONFUSION,
        clothes.FIRST_LAYER,
        Bars(
            "gradient flow",
            log=True,
            help="Length of the gradient of each layer's weights, over 256 training images.",
        ),
        clothes.DATA,
    ),
    presets=(
        Preset("notes", "As in the notes: 784-256-10, lr 0.5, 5 epochs"),
        Preset(
            "concise",
            "The concise version: nn.Sequential, torch.optim",
            {"implementation": "concise"},
            Question(
                "The same seed, nn.Sequential and torch.optim.SGD in place of tensors: what will "
                "test accuracy be?",
                (
                    "the same to the last digit",
                    "close, but not the same digits",
                    "clearly different",
                ),
                "Close: {test/accuracy} here. Each step is the same formula, rounded in another "
                "order; at lr 0.5 those last digits grow until single losses differ.",
                right="close, but not the same digits",
                picture="accuracy",
            ),
        ),
        Preset(
            "default-init",
            "PyTorch's own start instead of N(0, 0.01²)",
            {"init": "default"},
            Question(
                "The start changes from N(0, 0.01²) to nn.Linear's own. Where will it show?",
                ("in the first epoch", "in the last epoch", "nowhere"),
                "Test accuracy ended at {test/accuracy}. Lay this run over the notes' (o): with "
                "one hidden layer the start is soon forgotten.",
                right="in the first epoch",
                picture="accuracy",
            ),
        ),
        Preset(
            "constant-init",
            "All weights start at 0.01",
            {"init": "constant", "lr": 0.03},
            Question(
                "All 256 hidden units start with the same weights. What becomes of them?",
                ("they find different roles", "they stay equal", "they all die"),
                "Each gets the same gradient, so that 256 units do the work of one; only rounding "
                "tells them apart, and here it had come to {spread/units} at the end. Test "
                "accuracy {test/accuracy}; see the spread of units grow from nothing.",
                right="they stay equal",
                picture="spread of units",
            ),
        ),
        Preset(
            "sigmoid",
            "Sigmoid in place of ReLU",
            {"activation": "sigmoid"},
            Question(
                "Sigmoid in the hidden layer instead of ReLU, all else equal: train loss after 5 "
                "epochs will be…",
                ("lower", "about the same", "higher"),
                "It ended at {train/loss} (test accuracy {test/accuracy}). The sigmoid's gradient "
                "is at most ¼, so each step moves the first layer less.",
                right="higher",
                picture="loss",
            ),
        ),
        Preset(
            "deep-sigmoid",
            "Four sigmoid layers",
            {"hidden": (256, 256, 256, 256), "activation": "sigmoid"},
            Question(
                "Four hidden layers of sigmoids from N(0, 0.01²). How much will it learn?",
                ("more than one layer", "as much", "nothing"),
                "Test accuracy {test/accuracy}: with ten classes, 0.1 is guessing. The bars of the "
                "gradient flow say why.",
                right="nothing",
                picture="gradient flow",
            ),
        ),
        Preset(
            "deep-he",
            "Four ReLU layers from He's start",
            {"hidden": (256, 256, 256, 256), "init": "he", "lr": 0.1},
        ),
        Preset(
            "adam",
            "Adam at lr 0.001",
            {"implementation": "concise", "optimizer": "adam", "lr": 0.001},
        ),
        Preset(
            "large-lr",
            "Too large a learning rate",
            {"lr": 10.0},
            Question(
                "lr 10 instead of 0.5: what will the loss do?",
                ("fall faster", "stay near log 10 = 2.30 or worse", "become NaN"),
                "It ended at {train/loss}, test accuracy {test/accuracy}. The first steps throw "
                "the weights far out, and most ReLUs never answer again.",
                right="stay near log 10 = 2.30 or worse",
                picture="loss",
            ),
        ),
        Preset(
            "few-images",
            "Only 1000 training images, 50 epochs",
            {"examples": 1000, "epochs": 50, "batch_size": 32, "lr": 0.05},
            Question(
                "With 1000 images and 50 epochs, train accuracy will end…",
                ("below test accuracy", "close to it", "far above it"),
                "Train {train/accuracy}, test {test/accuracy}: the network remembers its images "
                "better than it tells new ones apart.",
                right="far above it",
                picture="accuracy",
            ),
        ),
    ),
)
