"""Protects taking up in every experiment that has steps: killed at any of them it ends as if it had
never died, and a branch without a change takes a thousand steps as its parent did; to the last
bit."""

from __future__ import annotations

import random
import signal

import pytest

from tests.small_runs import SMALL
from tests.worker.taken_up import made, numbers, view, worker
from tui_lab.events import RunResumed
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.program import Demonstration
from tui_lab.worker.programs import program_class

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
