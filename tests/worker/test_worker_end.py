"""However a run ends, by order, by signal, by its program's fault or by force, there is one clear
account of it; and it ends with nobody who started it."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.worker import walking
from tests.worker.walker import DEADLINE, LONG, Until, Walk
from tui_lab.commands import (
    Pause,
)
from tui_lab.events import (
    RunFailed,
    RunStopped,
)
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.client import stop_run

RAISING = '        raise ValueError("the weight is [red]unwell[/red]\\x1b[2J")'


def test_killed_it_has_crashed_and_all_that_was_written_is_there(walk: Walk) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(5)
    os.kill(walker.worker.pid, signal.SIGKILL)
    assert walker.worker.wait(DEADLINE) == -9
    assert walker.directory.status() is RunStatus.CRASHED
    assert walker.directory.exit_status() == -9
    assert walker.losses() == [100 - 0.5 * k for k in range(walker.step())]


PARENT = """
import sys, time
from pathlib import Path
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.process import start_run
worker = start_run(RunDirectory(Path(sys.argv[1])))
print(worker.pid, flush=True)
time.sleep(600)
"""


def test_it_outlives_whoever_started_it(
    request_walk: Callable[..., RunDirectory], until: Until
) -> None:
    directory = request_walk(epochs=100, rest=0.005)
    command = [sys.executable, "-c", PARENT, str(directory.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        until(directory.is_live)
        os.killpg(parent.pid, signal.SIGKILL)
    until(lambda: directory.status().is_finished)
    assert directory.status() is RunStatus.FINISHED
    assert directory.status_record().step == 300


def test_a_closed_terminal_does_not_end_it(walk: Walk) -> None:
    walker = walk(**LONG)
    for number in (signal.SIGHUP, signal.SIGINT):
        os.killpg(walker.worker.pid, number)
    walker.wait_for_step(walker.step() + 20)
    assert walker.worker.poll() is None


@pytest.mark.parametrize("paused", [False, True])
def test_terminated_it_writes_its_last_event(walk: Walk, paused: bool) -> None:
    walker = walk(**LONG)
    if paused:
        walker.tell(Pause())
    os.kill(walker.worker.pid, signal.SIGTERM)
    assert walker.worker.wait(DEADLINE) == 0
    assert isinstance(walker.last(), RunStopped)
    assert walker.directory.status() is RunStatus.STOPPED


def test_what_anything_prints_is_in_its_log_alone(walk: Walk, capfd: Any) -> None:
    walker = walk(behaviour="print")
    assert walker.worker.wait(DEADLINE) == 0
    printed = walker.directory.log_path.read_text().splitlines()
    said = {"printed", "complained", "written", "written in anger", "from a child", "from C"}
    assert said <= set(printed)
    assert capfd.readouterr() == ("", "")


def test_a_program_that_raises_has_failed(walk: Walk) -> None:
    walker = walk(behaviour="raise")
    assert walker.worker.wait(DEADLINE) == 1
    assert walker.directory.status() is RunStatus.FAILED
    failed = walker.last()
    assert isinstance(failed, RunFailed)
    line = inspect.getsource(walking).splitlines().index(RAISING) + 1
    said = "ValueError: the weight is [red]unwell[/red]\x1b[2J"
    assert failed.error == f"{said} (walking.py, line {line})"
    assert "in misbehave" in failed.traceback
    assert walker.step() == failed.step == 3
    assert walker.directory.status_record().error == failed.error


def test_a_program_that_exits_has_failed(walk: Walk) -> None:
    walker = walk(behaviour="exit")
    walker.worker.wait(DEADLINE)
    failed = walker.last()
    assert isinstance(failed, RunFailed)
    assert "enough of this" in failed.error
    assert walker.directory.status() is RunStatus.FAILED


def test_an_experiment_that_can_not_be_loaded_has_failed(walk: Walk, tmp_path: Path) -> None:
    (tmp_path / "walking.py").write_text("1 / 0\n")
    walker = walk(begun=False)
    assert walker.worker.wait(DEADLINE) == 1
    failed = walker.last()
    assert isinstance(failed, RunFailed)
    assert "ZeroDivisionError" in failed.error


def test_a_step_that_never_returns_is_broken_off(walk: Walk) -> None:
    walker = walk(behaviour="hang", rest=0.05)
    walker.wait_for_step(3)
    assert stop_run(walker.directory) is RunStatus.STOPPED
    last = walker.last()
    assert isinstance(last, RunStopped)
    assert (last.step, last.reason) == (3, "terminated")


def test_a_step_that_can_not_be_broken_off_is_killed(walk: Walk) -> None:
    walker = walk(behaviour="hang in C", rest=0.05)
    walker.wait_for_step(3)
    assert stop_run(walker.directory, grace=0.5) is RunStatus.CRASHED
    assert walker.worker.wait(DEADLINE) == -9
    assert walker.directory.exit_status() == -9
    assert not walker.directory.is_live()


def test_terminated_while_it_builds_it_writes_its_last_event(walk: Walk, until: Until) -> None:
    walker = walk(begun=False, behaviour="hang building")
    until(walker.directory.is_live)
    assert stop_run(walker.directory, grace=0.5) is RunStatus.STOPPED
    assert isinstance(walker.last(), RunStopped)
