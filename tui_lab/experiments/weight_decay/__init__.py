"""Weight decay on a problem with more weights than examples."""

from __future__ import annotations

from tui_lab.conditions import unless
from tui_lab.declarations import divergence, linear_law
from tui_lab.experiment import Bars, Curve, Experiment, Metric
from tui_lab.experiments.weight_decay.presets import PRESETS
from tui_lab.hyperparameters import Choice, Flag, Float, Int
from tui_lab.together import Together

EXPERIMENT = Experiment(
    name="weight-decay",
    title="Weight decay",
    chapter="Regularization",
    summary="200 weights, 20 examples: shrink the weights a little at every step, and see what "
    "becomes of training and test loss.",
    constraint=linear_law.too_many_numbers,
    program="tui_lab.experiments.weight_decay.program:WeightDecay",
    together=Together(differ=("weight_decay", "lr", "noise", "init_sd")),
    hyperparameters=(
        Choice(
            "implementation",
            ("scratch", "concise"),
            help="The penalty added to the loss by hand, with sgd written out; or nn.Linear and "
            "torch.optim.SGD with its weight_decay.",
        ),
        Choice(
            "loss",
            ("half", "mse"),
            help="Half the squared error, (ŷ − y)²/2, or the squared error, (ŷ − y)²: the latter "
            "doubles the gradient, not the penalty.",
        ),
        Float(
            "weight_decay",
            symbol="λ",
            default=3.0,
            low=0.0,
            high=1e4,
            log=True,
            live=True,
            help="How strongly the penalty λ‖w‖²/2 pulls the weights to zero; 0 is none.",
        ),
        Float(
            "lr",
            default=0.003,
            low=1e-6,
            high=10.0,
            log=True,
            live=True,
            help="Learning rate: every step also shrinks the weights by the factor 1 − lr·λ.",
        ),
        Int(
            "batch_size",
            default=5,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples in a mini-batch; the last batch of an epoch may hold fewer.",
        ),
        linear_law.EPOCHS,
        Int(
            "train_examples",
            default=20,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples to train on; fewer than inputs, and part of w is never trained.",
        ),
        linear_law.TEST_EXAMPLES,
        linear_law.VALIDATION_EXAMPLES,
        Int(
            "inputs",
            default=200,
            low=1,
            high=10_000,
            log=True,
            help="Features of an example, and so the number of weights; each true weight is 0.01.",
        ),
        linear_law.noise(0.01),
        linear_law.INIT_SD,
        Choice(
            "bias_init",
            ("zero", "normal"),
            help="Start the bias at 0, as from scratch, or at a draw like those of the weights, "
            "as the notes' concise version does.",
            only_if=unless("init_sd", 0.0),
        ),
        Flag(
            "decay_bias",
            default=False,
            help="Decay the bias as well as the weights.",
            only_if=unless("weight_decay", 0.0),
        ),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean loss without the penalty, per step over its batch and per epoch over all "
            "training examples: half the squared error, or with loss=mse the squared error, which "
            "reads twice as large.",
            "minimize",
        ),
        linear_law.VAL_LOSS,
        linear_law.TEST_LOSS,
        Metric("norm/w", "‖w‖, the Euclidean length of the weights."),
        Metric("norm/w_row", "Length of the part of w that the training examples can see."),
        Metric("norm/w_null", "Length of the part of w that no training example can see."),
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Curve(
            "loss",
            ("train/loss", "test/loss"),
            log=True,
            help="Loss over all training and all test examples after each epoch, no penalty; "
            "beneath it that of each mini-batch, before the step it leads to.",
        ),
        Curve("‖w‖", ("norm/w",), help="Length of the weights after each epoch."),
        Curve(
            "seen and unseen w",
            ("norm/w_row", "norm/w_null"),
            log=True,
            help="The part of w in the row space of X, which gradients can move, and the part "
            "outside it, which only decay can.",
        ),
        Bars("weights", help="The learned weights, against the true 0.01 of every one."),
    ),
    presets=PRESETS,
)
