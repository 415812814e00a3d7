"""Protects that a run can be repeated from its log, to the last bit; that what is other is found at
its very step; and that a curve which was not logged can be had afterwards."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.worker.taken_up import made, numbers, view, worker
from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.schedule import Intervention
from tui_lab.worker.comparison import Replayed
from tui_lab.worker.process import COMMAND, REPLAY
from tui_lab.worker.replaying import add_curves, replay

DONE = (
    Intervention(step=30, values={"weight_decay": 10.0}),
    Intervention(step=41, act="skip"),
    Intervention(step=50, values={"batch_size": 10}),
    Intervention(step=60, act="clip"),
    Intervention(step=80, act="stop"),
)


def replayed(directory: RunDirectory, *keys: str) -> Replayed:
    """In this process: nothing of the run is touched."""
    before = directory.events_path.read_bytes()
    result = replay(directory, keys)
    assert directory.events_path.read_bytes() == before
    return result


@pytest.mark.parametrize("schedule", [(), DONE])
def test_a_run_is_repeated_with_what_was_done_to_it(
    runs: Path, schedule: tuple[Intervention, ...]
) -> None:
    run = made(runs, "weight-decay", {"epochs": 30}, schedule=schedule)
    assert worker(run) == 0
    result = replayed(run)
    assert (result.difference, result.steps) == ("", 80 if schedule else 120)
    assert result.remarks == []


def test_so_is_a_branch_and_a_run_that_was_taken_up(runs: Path) -> None:
    parent = made(runs, "weight-decay", {"epochs": 20})
    assert worker(parent) == 0
    child = made(runs, "weight-decay", {"epochs": 30, "lr": 0.01}, parent=parent.id, parent_step=57)
    assert worker(child) == 0
    parent.ask_to_resume({"epochs": 30})
    assert worker(parent) == 0
    assert [replayed(run).difference for run in (parent, child)] == ["", ""]
    assert replayed(child).steps == replayed(parent).steps == 120


def test_what_is_other_is_found_at_its_step(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 30}, schedule=DONE[:1])
    assert worker(run) == 0
    log = run.events_path.read_bytes()
    # The log without its change: a change that left no word is what a replay is to find.
    lines = [line for line in log.splitlines(True) if b'"hyperparameter_changed"' not in line]
    run.events_path.write_bytes(b"".join(lines))
    result = replay(run, ())
    assert result.difference.startswith("first difference at step 31: train/loss ")
    assert result.steps == 30


def test_another_source_and_other_versions_are_named(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 2}, versions={"torch": "1.0", "numpy": "1.0"})
    assert worker(run) == 0
    assert [remark.split(",")[1] for remark in replayed(run).remarks] == [" the run had 1.0."] * 2


def test_a_curve_is_had_afterwards(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 5})
    assert worker(run) == 0
    before: dict[Any, Any] = numbers(run)
    result = replayed(run, "norm/w", "grad/b")
    add_curves(run, result.recorded)
    after = numbers(run)
    assert {key: after[key] for key in before} == before
    norms = after["step", "norm/w"]
    assert [step for step, _ in norms] == list(range(1, 21))
    assert view(run).ended is not None
    (last,) = [point for point in after["step", "norm/w"] if point[0] == 20]
    logged = view(run).gradients["w"]
    assert logged.norm == pytest.approx(last[1])


def test_a_demonstration_can_not_be_repeated(runs: Path) -> None:
    run = made(runs, "bayes", {})
    assert worker(run) == 0
    with pytest.raises(RunError, match="no steps to repeat"):
        replay(run, ())


def test_a_process_says_how_it_went(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 5})
    assert worker(run) == 0
    command = [*COMMAND, REPLAY, str(run.path), "norm/w"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    last = json.loads(said.stdout.splitlines()[-1])
    assert last == {"steps": 20, "difference": "", "remarks": []}
    assert ("step", "norm/w") in numbers(run)
