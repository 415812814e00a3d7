"""Protects what is derived from a declaration: defaults, checked values, the form of run.json, and
the sentence for a wrong name."""

from __future__ import annotations

import dataclasses

import pytest

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Curve, Experiment, Metric, Picture, Preset
from tui_lab.hyperparameters import Float, Hyperparameters, Int, Vector
from tui_lab.plugins import load_experiment


def at_most_all(chosen: Hyperparameters) -> HyperparameterError | None:
    if chosen.batch_size > chosen.examples:
        return HyperparameterError("batch_size", "batch_size must not exceed examples.")
    return None


EXPERIMENT = Experiment(
    name="fit",
    title="Fit",
    chapter="Regression",
    summary="A line through points.",
    hyperparameters=(
        Float("lr", default=0.03, low=1e-6, high=10.0, log=True, live=True),
        Int("batch_size", default=10, low=1, high=1000),
        Int("examples", default=100, low=1, high=1000),
        Vector("true_w", default=(2.0, -3.4), low=-10, high=10),
    ),
    metrics=(Metric("train/loss", "half the squared error", "minimize"),),
    pictures=(Curve("loss", ("train/loss",), log=True), Picture("other", help="…")),
    program="module:Class",
    presets=(Preset("slow", "Too slow", {"lr": 0.001}),),
    constraint=at_most_all,
)


def test_defaults() -> None:
    assert EXPERIMENT.defaults == {
        "lr": 0.03,
        "batch_size": 10,
        "examples": 100,
        "true_w": (2.0, -3.4),
    }
    assert EXPERIMENT.choose({}) == EXPERIMENT.defaults


def test_chosen_values_may_be_text_json_or_python() -> None:
    chosen = EXPERIMENT.choose({"lr": "0.1", "batch_size": 5, "true_w": [1, 2]})
    assert (chosen.lr, chosen.batch_size, chosen.true_w) == (0.1, 5, (1.0, 2.0))


def test_values_come_back_from_run_json() -> None:
    chosen = EXPERIMENT.choose({"true_w": "1,2,3", "lr": 1})
    written = EXPERIMENT.to_json(chosen)
    assert written == {"lr": 1.0, "batch_size": 10, "examples": 100, "true_w": "1,2,3"}
    assert EXPERIMENT.choose(written) == chosen


def test_a_wrong_name_is_a_sentence_with_the_nearest() -> None:
    with pytest.raises(HyperparameterError) as caught:
        EXPERIMENT.choose({"bach_size": 1})
    assert str(caught.value) == ("fit has no hyperparameter 'bach_size'; did you mean batch_size?")
    with pytest.raises(HyperparameterError, match="it has lr, batch_size, examples, true_w"):
        EXPERIMENT["zzz"]


def test_values_are_checked_together_after_each_alone() -> None:
    with pytest.raises(HyperparameterError, match="must not exceed examples") as caught:
        EXPERIMENT.choose({"batch_size": 200})
    assert caught.value.name == "batch_size"
    assert EXPERIMENT.choose({"batch_size": 200, "examples": 200}).batch_size == 200


def test_a_preset_is_found_by_name() -> None:
    assert EXPERIMENT.preset("slow").values == {"lr": 0.001}
    with pytest.raises(KeyError):
        EXPERIMENT.preset("fast")


def test_every_knob_of_a_demonstration_is_live() -> None:
    demonstration = dataclasses.replace(EXPERIMENT, demonstration=True)
    assert all(hyperparameter.live for hyperparameter in demonstration.hyperparameters)
    assert not all(hyperparameter.live for hyperparameter in EXPERIMENT.hyperparameters)
    assert demonstration.defaults == EXPERIMENT.defaults


def test_a_choice_brings_other_defaults_along_unless_they_are_given() -> None:
    experiment = load_experiment("dropout")
    assert experiment.choose({"implementation": "concise"}).lr == 0.5
    assert experiment.choose({"implementation": "dropconnect"}).lr == 0.1
    assert experiment.choose({"implementation": "concise", "lr": 0.2}).lr == 0.2
    assert experiment.choose({}).lr == 100
