"""Protects the door for experiments: each comes by its name, and a broken one is an
error about that one alone."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tui_lab import experiments
from tui_lab.errors import ExperimentNotFound
from tui_lab.experiment import Experiment
from tui_lab.plugins import (
    GROUP,
    experiment_names,
    load_experiment,
    load_experiments,
)

DECLARATION = """
from tui_lab.experiment import Experiment
EXPERIMENT = Experiment(
    name="mine", title="Mine", chapter="", summary="", hyperparameters=(), metrics=(),
    pictures=(), program="my_experiment_of_this_test:Mine",
)
"""


@pytest.fixture(autouse=True)
def forget_files() -> Iterator[None]:
    """Modules loaded from files of a test are gone after it."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Installed experiments: one good, one that raises, one that declares nothing, one that ends
    Python, one that calls itself like a built-in one."""
    (tmp_path / "good_plugin.py").write_text(DECLARATION.replace("mine", "good"))
    (tmp_path / "impostor_plugin.py").write_text(DECLARATION.replace("mine", "mlp"))
    (tmp_path / "bad_plugin.py").write_text("raise RuntimeError('[red]')")
    (tmp_path / "idle_plugin.py").write_text("EXPERIMENT = 3")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "leaving_plugin.py").write_text("import sys; sys.exit(3)")
    names = ["good", "bad", "idle", "impostor", "leaving"]
    found = [EntryPoint(name, f"{name}_plugin:EXPERIMENT", GROUP) for name in names]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found)
    monkeypatch.setattr(experiments, "__path__", [])
    return names


def test_names_import_nothing(entries: list[str]) -> None:
    assert experiment_names() == ["bad", "good", "idle", "impostor", "leaving"]
    assert "bad_plugin" not in sys.modules


def test_a_broken_experiment_does_not_hide_the_others(entries: list[str]) -> None:
    bad, good, idle, impostor, leaving = load_experiments()
    assert isinstance(good, Experiment)
    assert str(bad) == "The experiment bad can't be loaded: RuntimeError('[red]')."
    assert str(idle) == "idle does not declare EXPERIMENT = Experiment(...)."
    assert str(impostor) == (
        "The experiment impostor declares itself as mlp; its entry point has to have that name."
    )
    assert str(leaving) == "The experiment leaving can't be loaded: SystemExit(3)."


def test_a_wrong_name_is_a_sentence_with_the_nearest(entries: list[str]) -> None:
    with pytest.raises(ExperimentNotFound) as caught:
        load_experiment("god")
    assert str(caught.value) == "There is no experiment 'god'; did you mean good?"
    with pytest.raises(ExperimentNotFound, match="there are bad, good, idle, impostor, leaving"):
        load_experiment("xyz")


def test_nobody_else_takes_the_name_of_a_built_in_experiment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stranger = EntryPoint("weight-decay", "no_such_module:EXPERIMENT", GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [stranger])
    assert load_experiment("weight-decay").title == "Weight decay"
    assert experiment_names().count("weight-decay") == 1


def test_every_installed_experiment_declares_what_it_is_called() -> None:
    names = experiment_names()
    assert {"linear-regression", "weight-decay"} <= set(names)
    for name, experiment in zip(names, load_experiments(), strict=True):
        assert isinstance(experiment, Experiment), experiment
        assert experiment.name == name
        for preset in experiment.presets:
            experiment.choose(preset.values)
