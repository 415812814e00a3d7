"""The spare that makes a start quick: any run may be given to it, ready or not, but no run needs
it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.worker.conftest import facts
from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.process import WarmWorker, start_run

Behave = Callable[[str], RunDirectory]
Until = Callable[[Callable[[], object]], None]
Command = tuple[str, ...]

DEADLINE = 60.0


def test_a_spare_becomes_the_worker(behave: Behave, spare: WarmWorker, until: Until) -> None:
    assert not spare.ready
    spare.start()
    until(lambda: spare.ready)
    directory = behave("report")
    worker = start_run(directory, spare)
    assert worker.wait(DEADLINE) == 0
    seen = facts(directory)
    assert seen["pid"] == seen["session"] == seen["group"] == worker.pid
    assert seen["directory"] == "/"
    assert not spare.ready


def test_a_spare_is_given_its_run_before_it_is_ready(behave: Behave, spare: WarmWorker) -> None:
    spare.start()
    directory = behave("report")
    worker = spare.give(directory)
    assert worker.wait(DEADLINE) == 0
    # A cold start prints to worker.log from its first moment, a spare only once it points there.
    assert facts(directory)["pid"] == worker.pid
    assert not directory.log_path.exists()


def test_starting_twice_keeps_the_spare(spare: WarmWorker, until: Until) -> None:
    spare.start()
    until(lambda: spare.ready)
    spare.start()
    assert spare.ready


def test_after_giving_there_is_a_new_spare_on_demand(
    behave: Behave, spare: WarmWorker, until: Until
) -> None:
    pids = set[int]()
    for _ in range(2):
        spare.start()
        until(lambda: spare.ready)
        worker = spare.give(behave("finish"))
        pids.add(worker.pid)
        assert worker.wait(DEADLINE) == 0
    assert len(pids) == 2


def test_without_a_spare_the_start_is_a_cold_one(behave: Behave, spare: WarmWorker) -> None:
    directory = behave("report")
    assert spare.give(directory).wait(DEADLINE) == 0
    assert directory.log_path.exists()


def test_a_spare_that_died_is_replaced_by_a_cold_start(behave: Behave, until: Until) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit(len(sys.argv) - 1)")
    spare = WarmWorker(command)
    spare.start()
    process = spare._process
    assert process is not None
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not spare.ready
    assert spare.give(behave("finish")).wait(DEADLINE) == 1
    spare.close()


def test_a_spare_that_can_not_be_started_is_no_error(behave: Behave) -> None:
    spare = WarmWorker(("/nowhere/python",))
    spare.start()
    assert not spare.ready
    with pytest.raises(RunError, match="No worker could be started"):
        spare.give(behave("finish"))


def test_closing_ends_an_unused_spare(spare: WarmWorker, until: Until) -> None:
    spare.start()
    until(lambda: spare.ready)
    assert spare._process is not None
    pid = spare._process.pid
    spare.close()
    assert not Path(f"/proc/{pid}").exists()
    assert not spare.ready


def test_closing_leaves_a_run_that_was_given_alone(
    behave: Behave, spare: WarmWorker, until: Until
) -> None:
    directory = behave("finish on signal")
    spare.start()
    worker = spare.give(directory)
    spare.close()
    until(directory.is_live)
    (directory.path / "go").touch()
    assert worker.wait(DEADLINE) == 0
