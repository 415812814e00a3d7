"""Protects the questions of presets: the choice that is declared right is what a run of the preset
shows. Presets on all of Fashion-MNIST are left to the lessons' own tests."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from tests.experiments.driver import build, evaluate
from tui_lab.experiment import Experiment, Preset, Question
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.training.program import Program

Metrics = Mapping[str, float]
LARGE = ("mlp", "dropout", "overfitting")
"""Experiments that take minutes, or images that are not everywhere."""

SHOWN: dict[tuple[str, str], tuple[str, Callable[[Metrics], bool]]] = {
    ("activations", "relu"): ("80", lambda m: m["points/nonzero"] == 80),
    ("activations", "sigmoid"): ("1/4", lambda m: math.isclose(m["grad/largest"], 1 / 4)),
    ("activations", "leaky-relu"): ("160", lambda m: m["points/nonzero"] == 160),
    ("activations", "gelu"): ("up to about 1.13", lambda m: 1.12 < m["grad/largest"] < 1.14),
    ("activations", "softplus-threshold"): (
        "about 2e-9",
        lambda m: 1e-9 < m["error/gradient"] < 3e-9,
    ),
    ("autograd", "expression"): ("4", lambda m: m["tensors/requiring_grad"] == 4),
    ("autograd", "no-grad"): ("2", lambda m: m["tensors/requiring_grad"] == 2),
    ("autograd", "nested-enable-grad"): (
        "yes, the innermost switch counts",
        lambda m: math.isfinite(m["grad/w"]),
    ),
    ("autograd", "factories"): ("3", lambda m: m["tensors/requiring_grad"] == 3),
    ("autograd", "accumulate"): ("12", lambda m: m["grad/w"] == 12),
    ("autograd", "leaf-in-place"): ("RuntimeError", lambda m: m["exceptions/raised"] == 1),
    ("autograd", "freeze-late"): ("0.8", lambda m: math.isclose(m["value/w"], 0.8, rel_tol=1e-6)),
    ("autograd", "freeze-zeroed-decay"): ("yes", lambda m: m["moved/w"] != 0),
    ("autograd", "with-exception"): ("yes", lambda m: m["exceptions/raised"] == 1),
    ("autograd", "second-derivative"): (
        "yes, it was computed from w",
        lambda m: m["tensors/requiring_grad"] == 3,
    ),
    ("autograd", "derivative-of-a-line"): (
        "RuntimeError",
        lambda m: m["exceptions/raised"] == 1,
    ),
    ("autograd", "detach-numpy"): ("30, the memory is one", lambda m: m["value/w"] == 30),
    ("autograd", "numpy-behind-autograd"): (
        "w.grad is wrong",
        lambda m: m["grad/w"] != 8 and m["exceptions/raised"] == 0,
    ),
    ("autograd", "freeze-by-prefix"): ("2", lambda m: m["tensors/requiring_grad"] == 2),
    ("bayes", "true-scale"): ("0.05", lambda m: math.isclose(m["lambda"], 0.05)),
    ("bayes", "lambda-3"): ("about 0.001", lambda m: 0.0005 < m["tau"] < 0.002),
    ("bayes", "no-data"): ("the prior", lambda m: _near(m["posterior/sd_w1"], m["prior/sd"])),
    ("bayes", "one-example"): (
        "a ridge, cut off by the prior",
        lambda m: math.isnan(m["least_squares/w1"]) and math.isfinite(m["map/w1"]),
    ),
    ("bayes", "many-examples"): ("hardly at all", lambda m: m["map/error"] < 0.001),
    ("bayes", "laplace"): (
        "in the MAP alone",
        lambda m: m["map/w2"] == 0 and m["posterior/mean_w2"] != 0,
    ),
    ("bayes", "correlated"): (
        "how it is shared between w₁ and w₂",
        lambda m: m["posterior/sd_w1"] > 2 * m["one/sd"],
    ),
    ("distribution-shift", "covariate"): (
        "they cut it several times",
        lambda m: m["test/loss_weighted"] < m["test/loss_plain"] / 4,
    ),
    ("distribution-shift", "right-model"): (
        "no, not any more",
        lambda m: m["test/loss_weighted"] > 0.99 * m["test/loss_plain"],
    ),
    ("distribution-shift", "far"): ("a handful", lambda m: m["weights/effective_size"] < 10),
    ("distribution-shift", "wrong-ratio"): (
        "beyond the target: too large",
        lambda m: m["weights/log_error_largest"] > 10,
    ),
    ("distribution-shift", "label"): (
        "no, errors pull them together",
        lambda m: m["shares/error_counted"] > 1.5 * m["shares/error"],
    ),
    ("distribution-shift", "missing-class"): ("yes, by chance", lambda m: m["shares/negative"] > 0),
    ("distribution-shift", "poor-classifier"): ("no", lambda m: m["shares/error"] > 0.2),
    ("distribution-shift", "fashion-mnist"): (
        "a few points of accuracy",
        lambda m: 0.01 < m["accuracy/corrected"] - m["accuracy/plain"] < 0.1,
    ),
    ("distribution-shift", "concept"): (
        "about 0.5, as a coin",
        lambda m: 0.45 < m["accuracy/plain"] < 0.55,
    ),
    ("distribution-shift", "half-turn"): ("near 0", lambda m: m["accuracy/plain"] < 0.1),
    ("gradient-accumulation", "by-size"): (
        "rounding",
        lambda m: 0 < m["grad/difference"] < 1e-6,
    ),
    ("gradient-accumulation", "float64"): (
        "about a billion times smaller",
        lambda m: 0 < m["grad/difference"] < 1e-15,
    ),
    ("gradient-accumulation", "unscaled"): (
        "4 times too long",
        lambda m: math.isclose(m["grad/ratio"], 4, rel_tol=1e-5),
    ),
    ("gradient-accumulation", "ragged-equal"): (
        "points elsewhere",
        lambda m: m["grad/difference"] > 0.05 * m["grad/largest"],
    ),
    ("gradient-accumulation", "memory"): (
        "a sixteenth",
        lambda m: math.isclose(m["memory/peak_big"] / m["memory/peak_micro"], 16, rel_tol=0.1),
    ),
    ("gradient-accumulation", "not-zeroed"): ("swing", lambda m: m["weights/difference"] > 0.1),
    ("gradient-flow", "sigmoid"): (
        "less than a billionth",
        lambda m: m["grad/ratio_start"] < 1e-9,
    ),
    ("gradient-flow", "relu-he"): ("about 1", lambda m: 0.3 < m["grad/ratio_start"] < 3),
    ("gradient-flow", "normal"): ("about 1e-25", lambda m: 1e-26 < m["grad/first"] < 1e-24),
    ("gradient-flow", "constant"): (
        "not at all, but for rounding",
        lambda m: m["symmetry/spread"] < 1e-4,
    ),
    ("gradient-flow", "power-of-5"): ("about 9e20", lambda m: 9e20 < m["chain/power"] < 1e21),
    ("gradient-flow", "matrices"): ("more than 1e20", lambda m: m["product/largest"] > 1e20),
    ("lambda-sweep", "notes-grid"): (
        "no, it falls and stays low",
        lambda m: m["lambda/best_test"] == 100,
    ),
    ("lambda-sweep", "to-the-edge"): (
        "rises more than tenfold in the end",
        lambda m: m["lambda/best_test"] < 300,
    ),
    ("lambda-sweep", "l1-proximal"): (
        "as low as at the best λ",
        lambda m: m["lambda/best_test"] == 100,
    ),
    ("lambda-sweep", "from-zero"): (
        "hardly anything",
        lambda m: m["test/loss"] < 1.1 * m["test/loss_at_best"],
    ),
    ("lambda-sweep", "few-validation"): (
        "by about a fifth",
        lambda m: 1.1 < m["choice/ratio"] < 1.3,
    ),
    ("lambda-sweep", "diverging"): (
        "about 670",
        lambda m: 600 < m["lambda/first_diverged"] < 800,
    ),
    ("lambda-sweep", "l1"): ("yes", lambda m: 0.1 < m["lambda/best_test"] < 50),
    ("lambda-sweep", "threshold"): (
        "hundreds of times higher",
        lambda m: m["ridge/test_loss_at_worst"] > 100 * 0.01,
    ),
    ("linear-regression", "large-lr"): ("about 40", lambda m: m["step/first_nan"] == 40),
    ("linear-regression", "not-zeroed"): (
        "fall and rise again and again",
        lambda m: 1 < m["train/loss"] < 100,
    ),
    ("linear-regression", "three-batches"): (
        "3, the last with 3 examples",
        lambda m: math.isfinite(m["train/loss"]),  # the table itself has a test of its own
    ),
    ("penalties", "soft-threshold"): ("nearly all", lambda m: m["zeros/exact"] > 180),
    ("penalties", "subgradient"): ("none", lambda m: m["zeros/exact"] == 0),
    ("penalties", "l2"): ("none", lambda m: m["zeros/exact"] == 0),
    ("penalties", "all-zero"): ("none", lambda m: m["support/found"] == 0),
    ("penalties", "small-batches"): (
        "some are kicked away",
        lambda m: 0 < m["support/false"] < 100,
    ),
    ("weight-decay", "lambda-0"): (
        "stays near where it started",
        lambda m: 80 < m["test/loss"] < 100,
    ),
    ("weight-decay", "lambda-3"): (
        "what is left of the start",
        lambda m: m["norm/w_null"] > 10 * m["norm/w_row"],
    ),
    ("weight-decay", "lambda-10"): (
        "train higher, test lower",  # than 0.00058 and 0.076 with λ = 3
        lambda m: m["train/loss"] > 0.001 and m["test/loss"] < 0.05,
    ),
    ("weight-decay", "batch-1-lambda-0"): ("as with 400", lambda m: 80 < m["test/loss"] < 100),
    ("weight-decay", "concise-lambda-0"): (
        "twice as large",
        lambda m: 160 < m["test/loss"] < 200,
    ),
    ("weight-decay", "concise-as-scratch"): (
        "the same",  # as with λ = 3 from scratch
        lambda m: math.isclose(m["norm/w"], 0.386, rel_tol=0.01),
    ),
    ("weight-decay", "from-zero"): ("about 0.01", lambda m: 0.003 < m["test/loss"] < 0.03),
}


def asked() -> list[tuple[Experiment, Preset]]:
    """Every preset with a question, but for those of large experiments."""
    experiments = map(load_experiment, experiment_names())
    return [
        (experiment, preset)
        for experiment in experiments
        if experiment.name not in LARGE
        for preset in experiment.presets
        if preset.question
    ]


@pytest.mark.usefixtures("subset")
@pytest.mark.parametrize(
    ("experiment", "preset"), [pytest.param(e, p, id=f"{e.name}-{p.name}") for e, p in asked()]
)
def test_a_run_bears_out_the_right_choice(experiment: Experiment, preset: Preset) -> None:
    choice, borne_out = SHOWN[experiment.name, preset.name]
    assert preset.question is not None
    assert preset.question.right == choice
    metrics = run(build(experiment.name, **dict[str, Any](preset.values)))
    assert borne_out(metrics), metrics


def test_the_picture_that_answers_is_one_of_the_experiment() -> None:
    for experiment in map(load_experiment, experiment_names()):
        titles = {picture.title for picture in experiment.pictures} | {"code"}
        for preset in experiment.presets:
            if preset.question is not None:
                assert preset.question.picture in titles, (experiment.name, preset.name)
                assert preset.question.right, (experiment.name, preset.name)


def run(program: Program) -> dict[str, float]:
    """The last values of all that a whole run logs."""
    logged: dict[str, float] = {}
    steps = 0
    for _ in range(program.epochs):
        for batch in program.batches:
            list(program.step(batch))
            steps += 1
            assert program.loss is not None
            if "step/first_nan" not in logged and bool(program.loss.isnan().any()):
                logged["step/first_nan"] = steps
    logged |= {k: v.item() for k, v in program.records.items() if torch.numel(v) == 1}
    return {**logged, **evaluate(program)}


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-3)


def test_a_right_choice_that_is_none_is_refused() -> None:
    question = Question("Up?", ("yes", "no"), "Look.", right="perhaps")
    experiment = load_experiment("activations")
    with pytest.raises(ValueError, match="'perhaps' is no choice of 'Up\\?'"):
        dataclasses.replace(experiment, presets=(Preset("asked", "Asked", {}, question),))
