"""Protects taking a run up again: killed at any step, it goes on from its last checkpoint and ends,
to the last bit, as if it had never died; a branch without a change is its parent."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.worker.taken_up import made, numbers, steps, view, worker
from tui_lab.events import RunResumed
from tui_lab.run import RunStatus
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import Intervention


def test_a_killed_run_ends_as_if_it_had_never_died(runs: Path) -> None:
    values = {"epochs": 30}
    whole, killed = (made(runs, "weight-decay", values) for _ in range(2))
    assert worker(whole) == 0
    assert not any("could not be kept" in line for line in view(whole).lines)
    assert worker(killed, kill_after=40) == -signal.SIGKILL
    assert killed.status() is RunStatus.CRASHED
    killed.ask_to_resume({})
    assert worker(killed) == 0
    assert repr(numbers(killed)) == repr(numbers(whole))
    assert killed.status() is RunStatus.FINISHED
    (resumed,) = [e for e in RunTail(killed.events_path) if isinstance(e, RunResumed)]
    assert resumed.from_step is not None


def test_a_run_that_is_over_goes_on_with_more_epochs(runs: Path) -> None:
    longer, short = (
        made(runs, "weight-decay", {"epochs": 30}),
        made(runs, "weight-decay", {"epochs": 20}),
    )
    assert worker(longer) == worker(short) == 0
    short.ask_to_resume({"epochs": 30})
    assert worker(short) == 0
    assert repr(numbers(short)) == repr(numbers(longer))
    assert view(short).total_epochs == 30


def test_new_values_are_used_from_where_the_log_ends(runs: Path) -> None:
    """What lies between the checkpoint and there is taken again as it was."""
    killed = made(runs, "weight-decay", {"epochs": 30})
    assert worker(killed, kill_after=40) == -signal.SIGKILL
    new, last = {"weight_decay": 30.0}, steps(killed)
    killed.ask_to_resume(new)
    turned = made(
        runs,
        "weight-decay",
        {"epochs": 30},
        schedule=[Intervention(step=last + 1, values=new)],
    )
    assert worker(killed) == worker(turned) == 0
    assert repr(numbers(killed)) == repr(numbers(turned))
    assert [mark.step for mark in view(killed).marks] == [last + 1]


def test_a_branch_without_a_change_is_its_parent(runs: Path) -> None:
    parent = made(runs, "weight-decay", {"epochs": 30})
    assert worker(parent) == 0
    child = made(runs, "weight-decay", {"epochs": 30}, parent=parent.id, parent_step=57)
    assert worker(child) == 0
    ours, theirs = numbers(child), numbers(parent)
    assert ours.keys() - theirs.keys() == {("epoch", "distance/parent")}
    for key, points in theirs.items():
        assert repr(ours[key]) == repr([point for point in points if point[0] > 57])


@pytest.mark.parametrize("change", [{"weight_decay": 30.0}, {"batch_size": 10}, {"lr": 0.01}])
def test_a_branch_is_the_run_that_was_turned_there(runs: Path, change: dict[str, Any]) -> None:
    parent = made(runs, "weight-decay", {"epochs": 30})
    assert worker(parent) == 0
    child = made(runs, "weight-decay", {"epochs": 30, **change}, parent=parent.id, parent_step=57)
    turned = made(
        runs,
        "weight-decay",
        {"epochs": 30},
        schedule=[Intervention(step=58, values=change)],
    )
    assert worker(child) == worker(turned) == 0
    ours, theirs = numbers(child), numbers(turned)
    for key, points in theirs.items():
        assert repr(ours[key]) == repr([point for point in points if point[0] > 57])
    assert ours["step", "train/loss"] != numbers(parent)["step", "train/loss"][57:]
    assert view(child).epoch == view(turned).epoch == 30


def test_a_run_that_can_not_be_taken_up_is_what_it_was(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 3})
    assert worker(run) == 0
    for file in (run.path / "checkpoints").glob("*.pt"):
        file.write_bytes(b"torn")
    before = numbers(run)
    run.ask_to_resume({"epochs": 5})
    worker(run)
    assert run.status() is RunStatus.FINISHED
    assert numbers(run) == before
    assert any("could not be taken up" in line for line in view(run).lines)


def test_of_a_damaged_checkpoint_the_one_before_is_used(runs: Path) -> None:
    whole, run = (made(runs, "weight-decay", {"epochs": 12}) for _ in range(2))
    assert worker(whole) == worker(run) == 0
    newest = max((run.path / "checkpoints").glob("*.pt"))
    newest.write_bytes(newest.read_bytes()[:-100] + bytes(100))
    run.ask_to_resume({})
    assert worker(run) == 0
    assert repr(numbers(run)) == repr(numbers(whole))
    assert any("is damaged" in line for line in view(run).lines)


def test_how_far_a_branch_has_gone_from_its_parent_is_measured(runs: Path) -> None:
    parent = made(runs, "weight-decay", {"epochs": 30})
    assert worker(parent) == 0
    same, other = (
        made(runs, "weight-decay", {"epochs": 30, **change}, parent=parent.id, parent_step=57)
        for change in ({}, {"weight_decay": 30.0})
    )
    assert worker(same) == worker(other) == 0
    distances = {run.id: dict(numbers(run)["epoch", "distance/parent"]) for run in (same, other)}
    assert set(distances[same.id].values()) == {0.0}
    assert 120.0 in distances[other.id]
    assert all(distance > 0 for step, distance in distances[other.id].items() if step > 57)


def test_what_torch_draws_itself_goes_on_through_a_fork(runs: Path) -> None:
    """Dropout draws from torch's own generator, which building seeds anew."""
    values = {"implementation": "concise", "epochs": 2, "examples": 600, "batch_size": 64}
    run = made(runs, "dropout", values)
    same = made(runs, "dropout", values, schedule=[Intervention(step=5, values={"batch_size": 64})])
    assert worker(run) == worker(same) == 0
    assert repr(numbers(run)) == repr(numbers(same))


FORKS = (
    Intervention(step=30, values={"weight_decay": 10.0}),
    Intervention(step=50, values={"batch_size": 10}),
)


def test_a_run_is_taken_up_at_the_very_step_it_forked(runs: Path) -> None:
    whole, run = (made(runs, "weight-decay", {"epochs": 30}, schedule=FORKS) for _ in range(2))
    assert worker(whole) == worker(run) == 0
    for file in (run.path / "checkpoints").glob("*.pt"):
        if int(file.name.split("-")[1].removesuffix(".pt")) > 49:
            file.unlink()
    run.ask_to_resume({})
    assert worker(run) == 0
    (back,) = [e for e in RunTail(run.events_path) if isinstance(e, RunResumed)]
    assert back.from_step == 49
    assert repr(numbers(run)) == repr(numbers(whole))


@pytest.mark.parametrize("step", [40, 49, 55])
def test_a_branch_may_be_from_before_a_fork_and_after(runs: Path, step: int) -> None:
    parent = made(runs, "weight-decay", {"epochs": 30}, schedule=FORKS)
    assert worker(parent) == 0
    values = {"epochs": 30, "weight_decay": 10.0, "batch_size": 10 if step >= 50 else 5}
    child = made(runs, "weight-decay", values, parent=parent.id, parent_step=step)
    unforked = made(runs, "weight-decay", {"epochs": 30}, schedule=FORKS[:1])
    assert worker(child) == worker(unforked) == 0
    ours = numbers(child)["step", "train/loss"]
    theirs = numbers(parent if step >= 50 else unforked)["step", "train/loss"]
    assert repr(ours) == repr([point for point in theirs if point[0] > step])
