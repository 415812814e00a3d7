"""Protects `tui-lab resume`: a run that ended goes on in its own directory and is followed from
there; what can't be is one sentence, said before anything is asked of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, started, write_events
from tests.commandline.staged import Act, Stage, finish, log
from tests.commandline.test_branch import keep
from tui_lab.cli import perform
from tui_lab.commandline import resume
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.errors import TuiLabError
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    RunFinished,
    RunPaused,
    RunResumed,
)
from tui_lab.run import RunStatus
from tui_lab.runs.checkpoints import checkpoints_path
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock

MakeRun = Callable[..., RunDirectory]


@pytest.fixture
def stopped(make_run: MakeRun) -> RunDirectory:
    """A run whose learning rate was changed, and that holds its state after 10 steps."""
    run = make_run(RunStatus.STOPPED)
    turned = HyperparameterChanged(t=1.0, step=3, name="lr", old=0.03, new=0.25)
    alarm = AlarmRaised(t=1.0, step=9, kind="old/alarm", message="An old alarm.")
    write_events(run, [turned, alarm])
    keep(run, 0, 10)
    return run


def goes_on(first: int, last: int) -> Act:
    """What a worker writes that takes a run up after `first` steps."""
    losses = [1.0 / step for step in range(first + 1, last + 1)]
    return finish(
        RunStatus.FINISHED,
        RunResumed(t=1.0, step=first, from_step=first),
        replace(started(), step=first),
        MetricsLogged(t=2.0, kind="step", first=first + 1, columns={"train/loss": losses}),
        RunFinished(t=2.0, step=last, epoch=3, metrics={"train/loss": losses[-1]}),
    )


def resumed(line: str, console: Screen, stage: Stage) -> ExitStatus:
    parser = Parser("tui-lab resume", "")
    resume.configure(parser)
    return resume.execute(parser.read(line.split()), console, stage.workers)


def test_a_run_goes_on_with_what_is_asked_of_it(console: Screen, stopped: RunDirectory) -> None:
    asked: list[object] = []
    stage = Stage([lambda run: asked.append(run.resumption()), goes_on(10, 30)])
    line = f"{stopped.id} lr=0.5 epochs=+2 bs=10 --json"
    assert resumed(line, console, stage) == ExitStatus.FINISHED
    assert asked == [{"lr": 0.5, "epochs": 5}]
    result = json.loads(console.out)
    assert (result["run"], result["status"], result["steps"]) == (stopped.id, "finished", 30)


def test_only_what_happens_from_now_on_is_told(console: Screen, stopped: RunDirectory) -> None:
    resumed(stopped.id, console, Stage([goes_on(10, 30)]))
    assert "An old alarm." not in console.err
    assert console.err.count("running on cpu") == 1
    assert console.err.splitlines()[1] == "running on cpu"


def test_the_end_it_once_had_is_not_the_end(
    console: Screen, stopped: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is slow to begin is not taken for one that has ended and lingers on."""
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, number: killed.append(number))
    slow = [log()] * 100
    assert resumed(stopped.id, console, Stage([*slow, goes_on(10, 30)])) == ExitStatus.FINISHED
    assert killed == []


def test_why_it_was_held_then_does_not_hold_it_now(console: Screen, make_run: MakeRun) -> None:
    run = make_run(RunStatus.CRASHED)
    keep(run, 10)
    write_events(run, [RunPaused(t=1.0, step=10, reason="The disk is full.")])
    stage = Stage([log(), goes_on(10, 30)])
    assert resumed(run.id, console, stage) == ExitStatus.FINISHED
    assert stage.stopped == 0


def _tear(manifest: Path) -> None:
    manifest.write_bytes(manifest.read_bytes()[:-9])


def _replace(manifest: Path) -> None:
    manifest.unlink()
    manifest.mkdir()


@pytest.mark.parametrize("damage", [_tear, _replace, Path.unlink])
def test_a_manifest_that_the_worker_makes_again_is_no_obstacle(
    damage: Callable[[Path], None], console: Screen, stopped: RunDirectory
) -> None:
    damage(checkpoints_path(stopped.path) / "manifest.json")
    assert resumed(stopped.id, console, Stage([goes_on(10, 30)])) == ExitStatus.FINISHED
    assert "will be made again of the files." in console.err
    assert console.err.count("is damaged (") == (damage is not Path.unlink)


def test_a_damaged_manifest_without_files_leads_nowhere(
    console: Screen, stopped: RunDirectory
) -> None:
    _tear(checkpoints_path(stopped.path) / "manifest.json")
    for file in checkpoints_path(stopped.path).glob("*.pt"):
        file.unlink()
    assert perform(["resume", stopped.id], console) == ExitStatus.FAILED
    assert f"{stopped.id} has no checkpoint to go on from. The manifest of" in console.err


def test_a_value_that_it_has_already_is_none(console: Screen, stopped: RunDirectory) -> None:
    asked: list[object] = []
    stage = Stage([lambda run: asked.append(run.resumption()), goes_on(10, 30)])
    resumed(f"{stopped.id} lr=0.25 epochs=3", console, stage)
    assert asked == [{}]


def test_a_finished_run_needs_more_to_do(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    keep(run, 20)
    for line in (run.id, f"{run.id} lr=1", f"{run.id} epochs=3", f"{run.id} epochs=+0"):
        with pytest.raises(TuiLabError, match=r"has taken all its steps; epochs=\+50 adds"):
            resumed(line, console, Stage([]))
    assert resumed(f"{run.id} epochs=+1", console, Stage([goes_on(20, 30)])) == ExitStatus.FINISHED


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("batch_size=20", "batch_size can't change on the way; tui-lab branch RUN --step N batch"),
        ("lrr=1", "did you mean lr?"),
        ("lr=-1", "lr must be a number from"),
        ("epochs=+many", "epochs=+50 is 50 epochs more; '+many' is no such number."),
        ("epochs=2", "RUN has 3 epochs; it can only get more."),
        ("epochs=+1000000000", "epochs must be a whole number from"),
        ("@5:lr=1", "@5:lr=1 is for tui-lab run"),
    ],
)
def test_what_can_not_be_asked_is_one_sentence(
    words: str, expected: str, console: Screen, stopped: RunDirectory
) -> None:
    before = stopped.status_record()
    assert perform(["resume", stopped.id, *words.split()], console) == ExitStatus.USAGE
    assert expected.replace("RUN", stopped.id) in console.err
    assert console.err.count("\n") == 1
    assert stopped.status_record() == before


def test_a_live_run_needs_no_taking_up(console: Screen, make_run: MakeRun) -> None:
    run = make_run(RunStatus.RUNNING)
    lock = RunLock(run.path)
    lock.acquire()
    try:
        assert perform(["resume", run.id], console) == ExitStatus.FAILED
    finally:
        lock.release()
    assert console.err == f"{run.id} is running; tui-lab attach {run.id} opens the lab on it.\n"


def test_without_a_checkpoint_there_is_nothing_to_go_on_from(
    console: Screen, make_run: MakeRun
) -> None:
    run = make_run(RunStatus.STOPPED)
    assert perform(["resume", run.id], console) == ExitStatus.FAILED
    assert console.err == f"{run.id} has no checkpoint to go on from.\n"
