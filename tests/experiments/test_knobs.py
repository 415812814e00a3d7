"""Protects the knobs: each one changes the training, and what makes no sense is refused."""

from __future__ import annotations

import pytest

from tests.experiments.driver import Values, train
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.experiments.linear_regression import EXPERIMENT as LINEAR_REGRESSION
from tui_lab.experiments.weight_decay import EXPERIMENT as WEIGHT_DECAY

SHORT_LAST_BATCH: dict[str, Values] = {
    "linear-regression": {"batch_size": 64, "epochs": 1},
    "weight-decay": {"train_examples": 18, "epochs": 2},
}

ALTERED: dict[str, Values] = {
    "linear-regression": {
        "implementation": "concise",
        "lr": 0.02,
        "epochs": 2,
        "batch_size": 63,
        "examples": 999,
        "noise": 0.02,
        "true_w": "2,-3.3",
        "true_b": 4.1,
        "init_sd": 0.02,
        "zero_grad": "off",
        "divide_by": "actual",
        "shuffle": "off",
        "dtype": "float64",
    },
    "weight-decay": {
        "implementation": "concise",
        "loss": "mse",
        "weight_decay": 4,
        "lr": 0.002,
        "batch_size": 4,
        "epochs": 3,
        "train_examples": 17,
        "test_examples": 99,
        "validation_examples": 99,
        "inputs": 199,
        "noise": 0.02,
        "init_sd": 0.5,
        "bias_init": "normal",
        "decay_bias": "on",
    },
}

KNOBS = [
    (experiment.name, hyperparameter.name)
    for experiment in (LINEAR_REGRESSION, WEIGHT_DECAY)
    for hyperparameter in experiment.hyperparameters
]


@pytest.mark.parametrize(("experiment", "name"), KNOBS)
def test_no_knob_is_ignored(experiment: str, name: str) -> None:
    usual = SHORT_LAST_BATCH[experiment]
    base = train(experiment, **usual)
    altered = train(experiment, **{**usual, name: ALTERED[experiment][name]})
    assert base.last != altered.last


@pytest.mark.parametrize(
    ("experiment", "values", "name"),
    [
        (LINEAR_REGRESSION, {"examples": 10**9}, "examples"),
        (LINEAR_REGRESSION, {"examples": 10**6, "true_w": ",".join(["1"] * 64)}, "examples"),
        (LINEAR_REGRESSION, {"lr": 0}, "lr"),
        (LINEAR_REGRESSION, {"batch_size": 0}, "batch_size"),
        (LINEAR_REGRESSION, {"true_w": ""}, "true_w"),
        (LINEAR_REGRESSION, {"true_w": "1,nan"}, "true_w"),
        (WEIGHT_DECAY, {"train_examples": 10**9}, "train_examples"),
        (WEIGHT_DECAY, {"test_examples": 10**6}, "test_examples"),
        (WEIGHT_DECAY, {"train_examples": 3000, "inputs": 10_000}, "train_examples"),
        (WEIGHT_DECAY, {"weight_decay": -1}, "weight_decay"),
        (WEIGHT_DECAY, {"bias_init": "one"}, "bias_init"),
    ],
)
def test_what_makes_no_sense_is_refused(experiment: Experiment, values: Values, name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        experiment.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)
