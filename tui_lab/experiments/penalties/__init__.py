"""L1 and L2 penalties on a problem whose true weights are mostly zero."""

from __future__ import annotations

from tui_lab.conditions import unless
from tui_lab.declarations import divergence, linear_law
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Bars, Curve, Experiment, Metric, Scatter, Table
from tui_lab.experiments.penalties.presets import PRESETS
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Int
from tui_lab.together import Together


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if error := linear_law.too_many_numbers(hp):
        return error
    if hp.support > hp.inputs:
        message = (
            f"support must be at most {hp.inputs:,}, the number of inputs, not {hp.support:,}."
        )
        return HyperparameterError("support", message)
    return None


EXPERIMENT = Experiment(
    name="penalties",
    title="L1 and L2 penalties",
    chapter="Regularization",
    summary="5 of 200 weights matter. The L1 penalty finds them and sets the others to exactly 0, "
    "if its step is the right one; L2 never does.",
    constraint=_makes_sense,
    program="tui_lab.experiments.penalties.program:Penalties",
    headings={"penalty": "training", "train_examples": "data", "matrix_rows": "Frobenius norm"},
    together=Together(
        differ=("strength", "lr", "noise", "init_sd", "true_weight"),
        only_if=unless("penalty", "L1"),
        why="The sub-gradient of L1 jumps where a weight passes 0, so that the last digits decide; "
        "such runs train one after another.",
    ),
    hyperparameters=(
        Choice(
            "penalty",
            ("L1-proximal", "L1", "L2", "none"),
            help="L1-proximal: λ‖w‖₁ by soft threshold after the gradient step; L1: the same by "
            "its sub-gradient λ·sign(w); L2: λ‖w‖₂²/2; or none.",
        ),
        Float(
            "strength",
            aliases=("weight_decay", "wd"),
            symbol="λ",
            default=0.1,
            low=0.0,
            high=100.0,
            log=True,
            live=True,
            help="How strongly the penalty pulls the weights to zero; 0 is none.",
        ),
        Float(
            "lr",
            default=0.1,
            low=1e-6,
            high=10.0,
            log=True,
            live=True,
            help="Learning rate: a step of L1 moves every weight lr·λ towards 0.",
        ),
        Int(
            "batch_size",
            default=100,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples in a mini-batch; all of them make the gradient exact.",
        ),
        Int(
            "epochs",
            default=500,
            low=1,
            high=1_000_000,
            log=True,
            help="How many times training goes through the training examples.",
        ),
        linear_law.INIT_SD,
        Int(
            "train_examples",
            default=100,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples to train on.",
        ),
        linear_law.TEST_EXAMPLES,
        linear_law.VALIDATION_EXAMPLES,
        Int(
            "inputs",
            default=200,
            low=1,
            high=10_000,
            log=True,
            help="Features of an example, and so the number of weights.",
        ),
        Int(
            "support",
            default=5,
            low=0,
            high=10_000,
            log=True,
            help="How many true weights are not 0; they lie evenly spread among the inputs.",
        ),
        Float(
            "true_weight",
            default=1.0,
            low=0.001,
            high=100.0,
            log=True,
            help="Size of the true weights that are not 0; their signs alternate.",
            only_if=unless("support", 0),
        ),
        linear_law.noise(0.1),
        Int(
            "matrix_rows",
            default=3,
            low=1,
            high=100,
            log=True,
            help="Rows of the matrix A whose Frobenius norm is computed; training has no part in "
            "it.",
        ),
        Int("matrix_columns", default=4, low=1, high=100, log=True, help="Columns of that matrix."),
        Int(
            "matrix_seed",
            default=0,
            low=0,
            high=1_000_000,
            log=True,
            help="Which matrix: its entries are draws from N(0, 1) with this seed.",
        ),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Half the mean squared error without the penalty, per step over its batch and per "
            "epoch over all training examples.",
            "minimize",
        ),
        linear_law.VAL_LOSS,
        linear_law.TEST_LOSS,
        Metric(
            "train/objective",
            "What is minimized: train/loss over all training examples plus the penalty.",
            "minimize",
        ),
        Metric("zeros/exact", "Weights that are exactly 0."),
        Metric("support/found", "Weights of the true support that are not exactly 0.", "maximize"),
        Metric("support/false", "Weights off the true support that are not exactly 0.", "minimize"),
        Metric(
            "support/largest_outside",
            "Size of the largest weight off the true support.",
            "minimize",
        ),
        Metric("norm/w_l1", "‖w‖₁, the sum of the sizes of all weights."),
        Metric("norm/w", "‖w‖₂, the Euclidean length of the weights."),
        Metric("norm/w_linf", "‖w‖∞, the size of the largest weight."),
        Metric(
            "optimality/violation",
            "How far w is from solving the penalized problem: the largest violation of its "
            "optimality conditions in any weight, 0 at the solution.",
            "minimize",
        ),
        Metric(
            "strength/all_zero",
            "The smallest λ whose L1 solution has every weight at 0: max |Xᵀ(y − ȳ)|/n.",
        ),
        Metric(
            "frobenius/largest_difference",
            "Largest difference between √ΣA², √tr(AᵀA) and √Σσ² of the matrix A.",
            "minimize",
        ),
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Bars("weights", help="The learned weights; marks are the true ones, mostly 0."),
        Curve(
            "exact zeros",
            ("zeros/exact", "support/false"),
            help="Weights that are exactly 0, and weights off the true support that are not.",
        ),
        Curve(
            "loss",
            ("train/loss", "test/loss", "train/objective"),
            log=True,
            help="Losses after each epoch; the objective is the training loss plus the penalty.",
        ),
        Curve(
            "distance from the solution",
            ("optimality/violation", "support/largest_outside"),
            log=True,
            help="Largest violation of the optimality conditions, and the largest weight off the "
            "true support: sub-gradient steps keep both from ever reaching 0.",
        ),
        Curve(
            "norms of w",
            ("norm/w_l1", "norm/w", "norm/w_linf"),
            log=True,
            help="The same weights measured by three norms.",
        ),
        Scatter(
            "ten steps on one weight",
            x="before",
            y="after",
            help="What the penalty's part of 10 steps at the present lr and λ makes of a weight, "
            "by each method.",
        ),
        Scatter(
            "unit balls",
            x="w₁",
            y="w₂",
            equal=True,
            help="All w of norm 1. L1 has its corners on the axes, where a weight is 0; for the "
            "entries of a matrix the L2 ball is that of the Frobenius norm.",
        ),
        Table(
            "Frobenius norm",
            help="One norm by three routes, and what it must not be taken for.",
        ),
    ),
    presets=PRESETS,
)
