"""Protects the knobs that a script asks for itself: it reads what they were turned to, and its own
value while nobody turned them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import tui_lab
from tests.worker.script.watched import Watched, watched
from tui_lab.commands import SetHyperparameter
from tui_lab.events import HyperparameterChanged, Remarked
from tui_lab.hyperparameters import Choice, Flag, Float, Int
from tui_lab.runs.directory import RunDirectory


def train(steps: int, **knobs: dict[str, Any]) -> list[list[Any]]:
    """What each step has read of the knobs, which are asked for in this way."""
    w = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    seen = []
    for _ in range(steps):
        seen.append([tui_lab.knob(name, **domain) for name, domain in knobs.items()])
        w.sum().backward()
        optimizer.step()
    return seen


def declared(lab: Watched) -> dict[str, Any]:
    return {each.name: each for each in lab.finding.experiment.hyperparameters}


def remarks(lab: Watched) -> list[str]:
    return [event.message for event in lab.log if isinstance(event, Remarked)]


def test_a_knob_is_read_at_what_it_was_turned_to(directory: RunDirectory) -> None:
    with watched(directory, {2: [SetHyperparameter("temperature", 5.0)]}) as lab:
        seen = train(4, temperature={"default": 1.0, "low": 0.1, "high": 10, "log": True})

    assert seen == [[1.0], [1.0], [5.0], [5.0]]
    [changed] = [event for event in lab.log if isinstance(event, HyperparameterChanged)]
    assert (changed.step, changed.old, changed.new) == (3, 1.0, 5.0)
    assert lab.finding.values["temperature"] == 5.0


def test_each_kind_of_value_has_its_kind_of_knob(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        seen = train(
            1,
            rate={"default": 0.5, "about": "how fast"},
            width={"default": 3, "high": 8},
            mix={"default": 1, "low": 0.1, "high": 10},
            greedy={"default": True},
            mode={"default": "a", "choices": ("a", "b")},
        )
    knobs = declared(lab)

    assert seen == [[0.5, 3, 1, True, "a"]]
    assert [type(knobs[name]) for name in ("rate", "width", "mix", "greedy", "mode")] == [
        *(Float, Int, Float, Flag, Choice)
    ]
    assert (knobs["rate"].low, knobs["rate"].high, knobs["rate"].help) == (0.0, 10.0, "how fast")
    assert knobs["mode"].choices == ("a", "b")
    assert all(knob.live for knob in knobs.values())


def test_they_stand_first_under_a_heading_of_their_own(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        train(1, temperature={"default": 1.0})
    [(heading, members), (second, _), *_] = lab.finding.experiment.groups()
    assert (heading, [each.name for each in members]) == ("the script's", ["temperature"])
    assert second == "optimizer"


def test_while_nobody_turned_it_the_script_s_own_value_counts(directory: RunDirectory) -> None:
    with watched(directory):
        assert [tui_lab.knob("rate", 0.5**n) for n in range(3)] == [1.0, 0.5, 0.25]


def test_one_of_another_s_name_takes_its_place(directory: RunDirectory) -> None:
    with watched(directory, {1: [SetHyperparameter("lr", 0.3)]}) as lab:
        seen = train(3, lr={"default": 0.2})
    assert seen == [[0.2], [0.3], [0.3]]
    assert lab.column("optimizer/lr") == pytest.approx([0.1] * 3)
    names = [each.name for each in lab.finding.experiment.hyperparameters]
    assert names.count("lr") == 1
    assert "optimizer" in lab.finding.experiment.headings.values()


def test_one_that_is_asked_for_late_is_there_from_then_on(directory: RunDirectory) -> None:
    with watched(directory, {3: [SetHyperparameter("late", 2.0)]}) as lab:
        train(1)
        told = lab.told
        seen = train(4, late={"default": 1.0})
    assert seen == [[1.0], [1.0], [2.0], [2.0]]
    assert lab.told > told


@pytest.mark.parametrize(
    ("name", "domain", "said"),
    [
        ("t", {"default": 20.0, "high": 10}, "The knob t is 20.0, which is not from 0 to 10."),
        ("t", {"default": None}, "The knob t can't be None: a number, a switch or a text can be."),
        ("t", {"default": float("nan")}, "The knob t can't be nan"),
        ("", {"default": 1.0}, "A knob needs a name, not ''."),
        ("t", {"default": 1.0, "low": "x"}, ""),
        ("t", {"default": "a", "choices": 3}, ""),
    ],
)
def test_one_that_can_t_be_is_said_and_the_script_goes_on(
    directory: RunDirectory, name: str, domain: dict[str, Any], said: str
) -> None:
    with watched(directory) as lab:
        values = [tui_lab.knob(name, **domain) for _ in range(2)]
        train(1)
    assert all(value is domain["default"] for value in values)
    assert len(remarks(lab)) == 1
    assert said in remarks(lab)[0]
    assert not lab.finding.own


def test_a_name_is_a_word(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        train(1, **{"label smoothing (ε)": {"default": 0.1}})
    assert "label_smoothing_ε" in declared(lab)
