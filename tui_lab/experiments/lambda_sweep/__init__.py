"""Loss against λ: every λ with many repetitions, all trained as one population."""

from __future__ import annotations

from tui_lab.conditions import unless
from tui_lab.declarations import linear_law
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Bars, Curve, Experiment, Metric, Scatter, Table
from tui_lab.experiments.lambda_sweep.presets import PRESETS
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Int
from tui_lab.together import Together


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if hp.lambda_low > hp.lambda_high:
        message = (
            f"lambda_low must be at most lambda_high, {hp.lambda_high:g}, not {hp.lambda_low:g}."
        )
        return HyperparameterError("lambda_low", message)
    return None


EXPERIMENT = Experiment(
    name="lambda-sweep",
    title="Loss against λ",
    chapter="Regularization",
    summary="Train, validation and test loss against λ: 16 λ × 64 repetitions, 1,024 runs that "
    "train as one, with closed-form ridge beside them.",
    constraint=_makes_sense,
    program="tui_lab.experiments.lambda_sweep.program:LambdaSweep",
    headings={"penalty": "sweep", "lr": "training", "train_examples": "data"},
    together=Together(
        never="A λ sweep is a population already; such runs train one after another."
    ),
    hyperparameters=(
        Choice(
            "penalty",
            ("L2", "L1", "L1-proximal"),
            help="λ‖w‖₂²/2, as weight decay; or λ‖w‖₁ by its sub-gradient or by soft threshold.",
        ),
        Float(
            "lambda_low",
            aliases=("λ", "lambda"),
            default=0.1,
            low=1e-6,
            high=1e4,
            log=True,
            help="Smallest λ of the grid; λ = 0 is always added.",
        ),
        Float(
            "lambda_high",
            aliases=("λ", "lambda"),
            default=650.0,
            low=1e-6,
            high=1e4,
            log=True,
            help="Largest λ of the grid; with lr·λ above 2 a run diverges, and 650 is just below.",
            only_if=unless("points", 1),
        ),
        Int(
            "points",
            default=15,
            low=1,
            high=1023,
            log=True,
            help="λ of the grid, evenly spread on a log axis.",
        ),
        Int(
            "seeds",
            default=64,
            low=1,
            high=65_536,
            log=True,
            help="Repetitions of every λ; repetition k has the data, start and batch order of "
            "a single weight-decay run with the run's own seed plus k. As many as memory holds.",
        ),
        Float(
            "lr",
            default=0.003,
            low=1e-6,
            high=10.0,
            log=True,
            live=True,
            help="Learning rate of every run.",
        ),
        Int(
            "batch_size",
            default=5,
            low=1,
            high=1000,
            log=True,
            help="Examples in a mini-batch; every repetition has its own order.",
        ),
        linear_law.EPOCHS,
        linear_law.INIT_SD,
        Int(
            "train_examples",
            default=20,
            low=1,
            high=1000,
            log=True,
            help="Examples that each repetition trains on.",
        ),
        Int(
            "validation_examples",
            default=100,
            low=1,
            high=1000,
            log=True,
            help="Further examples by which each repetition can choose its λ.",
        ),
        Int(
            "test_examples",
            default=100,
            low=1,
            high=1000,
            log=True,
            help="Further examples that say how good the choice was.",
        ),
        Int(
            "inputs",
            default=200,
            low=1,
            high=1000,
            log=True,
            help="Features of an example, and so the number of weights; each true weight is 0.01.",
        ),
        linear_law.noise(0.01),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Half the mean squared error without the penalty, averaged over all runs of the "
            "population: per step over its batches, per epoch over all training examples.",
            "minimize",
        ),
        Metric("val/loss", "The same over the validation examples, after each epoch.", "minimize"),
        linear_law.TEST_LOSS,
        Metric("lambda/chosen", "The λ with the lowest validation loss, mean over repetitions."),
        Metric("lambda/best_test", "The λ with the lowest test loss, mean over repetitions."),
        Metric("test/loss_at_chosen", "Mean test loss at lambda/chosen.", "minimize"),
        Metric("test/loss_at_best", "Mean test loss at lambda/best_test.", "minimize"),
        Metric(
            "choice/agreement",
            "The share of repetitions whose own validation examples choose the λ that is best on "
            "their own test examples.",
            "maximize",
        ),
        Metric(
            "choice/ratio",
            "Test loss at the λ that a repetition chooses, relative to its best; mean over "
            "repetitions.",
            "minimize",
        ),
        Metric("choice/ratio_p95", "The 95th percentile of that ratio.", "minimize"),
        Metric("runs/total", "Runs of the population: λ times repetitions."),
        Metric(
            "runs/diverged",
            "Runs whose training loss is not a number, or above what it was before the first step.",
            "minimize",
        ),
        Metric(
            "lambda/first_diverged",
            "The smallest λ at which a run has diverged; infinite while none has.",
        ),
        Metric("ridge/lambda_chosen", "lambda/chosen for closed-form ridge (L2 only)."),
        Metric("ridge/lambda_best_test", "lambda/best_test for closed-form ridge (L2 only)."),
        Metric("ridge/test_loss_at_chosen", "Ridge's mean test loss at its chosen λ (L2 only)."),
        Metric("ridge/test_loss_at_best", "Ridge's mean test loss at its best λ (L2 only)."),
        Metric("ridge/test_loss_at_worst", "Ridge's mean test loss at its worst λ (L2 only)."),
        Metric("ridge/agreement", "choice/agreement for closed-form ridge (L2 only)."),
        Metric("ridge/ratio", "choice/ratio for closed-form ridge (L2 only)."),
        Metric("step/first_inf", "The first step whose mean batch loss was infinite."),
        Metric("step/first_nan", "The first step whose mean batch loss was not a number."),
    ),
    pictures=(
        Scatter(
            "loss against λ",
            x="λ",
            y="loss",
            log_x=True,
            log_y=True,
            help="Means over the repetitions, the 5-95 % band of the test loss, and, upright, the "
            "λ that validation chooses. The leftmost point stands for λ = 0. Runs that have "
            "diverged are left out of the lines; a mark above them shows where there are any.",
        ),
        Curve(
            "mean loss of all runs",
            ("train/loss", "val/loss", "test/loss"),
            log=True,
            help="Averaged over the whole population, runs that diverge included.",
        ),
        Scatter(
            "bands",
            x="λ ·",
            y="loss",
            log_x=True,
            log_y=True,
            help="Mean, 5th and 95th percentile over the repetitions, one set at a time.",
        ),
        Scatter(
            "ridge beside SGD",
            x="λ",
            y="loss",
            log_x=True,
            log_y=True,
            help="The minimum that SGD is on its way to, in closed form, and where SGD is now. "
            "Ridge's training loss at λ = 0 is exactly 0 where inputs outnumber examples, which a "
            "log axis can't show.",
        ),
        Bars(
            "λ chosen by each repetition",
            help="How many repetitions choose each λ by their validation examples; marks: for how "
            "many it is the best on their test examples.",
        ),
        Curve(
            "λ over training",
            ("lambda/chosen", "lambda/best_test"),
            help="Which λ would be chosen if training ended here.",
        ),
        Curve("diverged runs", ("runs/diverged",), help="How many runs have diverged so far."),
        Table(
            "sweep",
            help="Every λ: means over all its repetitions, in how many it is chosen and in how "
            "many it is the best, and how many have diverged.",
        ),
    ),
    presets=PRESETS,
)
