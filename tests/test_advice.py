"""Protects advice: it names only knobs that an experiment has, that do something as things stand
and can still be turned that way, and values that these knobs take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tui_lab.advice import advice
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Float, Int
from tui_lab.plugins import experiment_names, load_experiment

TRAINED = tuple(e for e in map(load_experiment, experiment_names()) if not e.demonstration)
WORDS = ("vanishing", "exploding", "dead", "saturated", "diverging", "overfitting")
_GENERAL = {
    "vanishing": "Try a larger initial weight or ReLU instead of sigmoid.",
    "exploding": "Try a smaller step or clipped gradients.",
    "dead": "Try a smaller step or a leaky ReLU.",
    "saturated": "Try smaller weights or ReLU instead.",
    "diverging": "Try a smaller step.",
    "overfitting": "Try more training data or a smaller model.",
}
_LAYERS = {"fewer layers": "depth", "fewer hidden units": "hidden"}


def each() -> Iterator[Any]:
    for experiment in TRAINED:
        for preset in experiment.presets:
            yield pytest.param(experiment, preset.values, id=f"{experiment.name}-{preset.name}")


@pytest.mark.parametrize(("experiment", "changed"), each())
def test_what_is_advised_can_be_done(experiment: Experiment, changed: dict[str, Any]) -> None:
    values = experiment.choose(changed)
    idle = experiment.idle(values)
    for word in WORDS:
        said = advice(word, experiment, values)
        assert said.startswith("Try ")
        if said == _GENERAL[word]:
            continue
        for part in said.removeprefix("Try ").removesuffix(".").split(" or "):
            name, _, value = part.partition("=")
            if value:
                assert experiment.choose({**changed, name: value})[name] != values[name]
            else:
                name = _LAYERS.get(part, part.split()[-1])
            assert name in set(values) - set(idle)


FEW = Experiment(
    name="few",
    title="Few",
    chapter="Tests",
    summary="Two knobs.",
    hyperparameters=(
        Float("lr", default=0.1, low=0.0, high=1.0),
        Int("examples", default=10, low=1, high=10),
    ),
    metrics=(),
    pictures=(),
    program="few:Few",
)


def test_a_knob_at_its_end_is_not_advised() -> None:
    assert advice("diverging", FEW, {"lr": 0.1, "examples": 9}) == "Try a smaller lr."
    assert advice("diverging", FEW, {"lr": 0.0, "examples": 9}) == _GENERAL["diverging"]
    assert advice("overfitting", FEW, {"lr": 0.1, "examples": 9}) == "Try more examples."
    assert advice("overfitting", FEW, {"lr": 0.1, "examples": 10}) == _GENERAL["overfitting"]


def test_a_word_without_a_rule_has_no_advice() -> None:
    assert advice("ok", FEW, FEW.defaults) == ""


def test_a_choice_that_is_idle_is_advised_by_what_wakes_it() -> None:
    overfitting = load_experiment("overfitting")
    plain = advice("overfitting", overfitting, overfitting.defaults)
    decayed = advice("overfitting", overfitting, overfitting.choose({"remedy": "weight-decay"}))
    assert plain == "Try remedy=weight-decay or remedy=dropout."
    assert decayed == "Try more weight_decay or remedy=dropout."
