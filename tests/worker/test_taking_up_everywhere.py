"""Protects taking up in every experiment that has steps: killed at any of them it ends as if it had
never died, and a branch without a change takes a thousand steps as its parent did; to the last
bit."""

from __future__ import annotations

import random
import signal
from typing import Any

import pytest

from tests.worker.taken_up import made, numbers, view, worker
from tui_lab.events import RunResumed
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.program import Demonstration
from tui_lab.worker.driving import program_class

SMALL: dict[str, dict[str, Any]] = {
    "dropout": {"examples": 30, "hidden": "6,5", "batch_size": 8, "epochs": 260},
    "gradient-accumulation": {"examples": 20, "batch_size": 8, "inputs": 3, "epochs": 350},
    "gradient-flow": {
        "depth": 2,
        "width": 4,
        "examples": 30,
        "batch_size": 8,
        "epochs": 260,
        "matrices": 3,
        "repeats": 2,
    },
    "lambda-sweep": {"seeds": 2, "points": 3, "inputs": 6, "epochs": 520, "train_examples": 7},
    "linear-regression": {"examples": 25, "epochs": 350},
    "mlp": {"examples": 30, "hidden": "6", "batch_size": 8, "epochs": 260},
    "overfitting": {
        "examples": 30,
        "validation_examples": 20,
        "test_examples": 20,
        "hidden": "6",
        "batch_size": 8,
        "epochs": 260,
        "models": 2,
    },
    "penalties": {"inputs": 8, "support": 2, "train_examples": 9, "batch_size": 4, "epochs": 350},
    "weight-decay": {"inputs": 6, "train_examples": 7, "epochs": 520},
}
"""Sizes with which a step takes a moment and an epoch few steps, the last batch being short."""
EVERYWHERE = pytest.mark.parametrize("whole", SMALL, indirect=True)


@pytest.fixture(scope="module")
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run that nobody disturbed."""
    runs = tmp_path_factory.mktemp("home") / "runs"
    runs.mkdir()
    run = made(runs, request.param, SMALL[request.param])
    assert worker(run) == 0
    return run


def test_every_experiment_with_steps_is_here() -> None:
    programs = {name: load_experiment(name).program for name in experiment_names()}
    assert SMALL.keys() == {
        name
        for name, program in programs.items()
        if not issubclass(program_class(program), Demonstration)
    }


@EVERYWHERE
def test_killed_at_any_step_it_ends_as_if_it_had_never_died(whole: RunDirectory) -> None:
    """And killed again after that."""
    name = whole.request().experiment
    dice = random.Random(name)
    killed = made(whole.path.parent, name, SMALL[name])
    for last in sorted(dice.sample(range(2, view(whole).step), 2)):
        assert worker(killed, kill_at=last) == -signal.SIGKILL
        assert killed.status() is RunStatus.CRASHED
        killed.ask_to_resume({})
    assert worker(killed) == 0
    assert repr(numbers(killed)) == repr(numbers(whole))
    resumed = [event for event in RunTail(killed.events_path) if isinstance(event, RunResumed)]
    assert any(event.from_step for event in resumed)


@EVERYWHERE
def test_a_branch_without_a_change_is_its_parent(whole: RunDirectory) -> None:
    name = whole.request().experiment
    step = random.Random(name).randrange(2, view(whole).step - 1000)
    child = made(whole.path.parent, name, SMALL[name], parent=whole.id, parent_step=step)
    assert worker(child) == 0
    ours, theirs = numbers(child), numbers(whole)
    compared = {
        key: [point for point in points if point[0] > step] for key, points in theirs.items()
    }
    assert repr({key: ours[key] for key in compared}) == repr(compared)
    assert len(compared["step", "train/loss"]) >= 1000
