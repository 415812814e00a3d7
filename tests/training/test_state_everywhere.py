"""Protects the state of every program with steps, under every choice it has: from a file it goes on
bit for bit, measurements and pictures included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.driver import build
from tests.small_runs import SMALL
from tests.training.toys import drive
from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Choice
from tui_lab.plugins import load_experiment
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.training.state import capture, restore
from tui_lab.training.state_file import digest, load, save


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every experiment as it is, and with each choice other than the one it comes with."""
    for name, small in SMALL.items():
        experiment = load_experiment(name)
        yield name, small
        for knob in experiment.hyperparameters:
            if isinstance(knob, Choice):
                yield from _others(name, small, knob)


def _others(name: str, small: dict[str, Any], knob: Choice) -> Iterator[tuple[str, dict[str, Any]]]:
    for choice in knob.choices:
        values = {**small, knob.name: choice}
        try:
            load_experiment(name).choose(values)
        except HyperparameterError:
            continue  # it goes with none of these values
        if choice != knob.default:
            yield name, values


def _named(case: tuple[str, dict[str, Any]]) -> str:
    name, values = case
    return "-".join([name, *(str(v) for k, v in values.items() if SMALL[name].get(k) != v)])


@pytest.mark.parametrize("case", cases(), ids=_named)
def test_it_goes_on_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, dict[str, Any]]
) -> None:
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))
    name, values = case
    unbroken, fresh = build(name, 1, **values), build(name, 1, **values)
    drive(unbroken, 7)
    with (tmp_path / "state.pt").open("wb") as file:
        save(capture(unbroken), file)
    expected, pictures = drive(unbroken, 50), unbroken.pictures()
    drive(fresh, 2)  # whatever it did before must leave no trace
    restore(fresh, load(tmp_path / "state.pt"))
    assert drive(fresh, 50) == expected
    assert digest(capture(fresh)) == digest(capture(unbroken))
    assert repr(fresh.pictures()) == repr(pictures)
