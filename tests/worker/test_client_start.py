"""Orders to a run that is starting wait for it; that it has ended is said of an ended run alone."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable

import pytest

from tui_lab.commands import Acknowledgement, Pause
from tui_lab.errors import RunNotLive
from tui_lab.run import RunStatus
from tui_lab.runs.directory import STARTING, RunDirectory, host_name
from tui_lab.runs.lock import RunLock, socket_path
from tui_lab.runs.status import StatusRecord
from tui_lab.worker.client import RunClient
from tui_lab.worker.control import Control


@pytest.fixture
def directory(behave: Callable[[str], RunDirectory]) -> RunDirectory:
    """A run that was written down just now."""
    return behave("sleep")


class Waiting:
    """A time that passes only while a client waits; after some of it, something happens."""

    def __init__(self, after: float, happen: Callable[[], object]) -> None:
        self.now, self._after, self._happen = 0.0, after, happen

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self._after:
            self._after = math.inf
            self._happen()

    def client(self, directory: RunDirectory) -> RunClient:
        return RunClient(directory.path, clock=self.clock, sleep=self.sleep)


@pytest.mark.parametrize("held", [False, True])
def test_an_order_waits_for_a_run_that_is_starting(directory: RunDirectory, held: bool) -> None:
    lock, controls = RunLock(directory.path), list[Control]()
    if held:
        lock.acquire()

    def listen() -> None:
        controls.append(Control(socket_path(directory.path)))
        controls[0].start()
        threading.Thread(target=answer, daemon=True).start()

    def answer() -> None:
        if request := controls[0].take(60):
            request.answer(Acknowledgement(request.command == Pause()))

    waiting = Waiting(3.0, listen)
    try:
        assert waiting.client(directory).send(Pause()).ok
        assert waiting.now >= 3.0
    finally:
        controls[0].close()
        lock.release()


def test_a_run_whose_worker_does_not_come_is_said_to_be_starting(directory: RunDirectory) -> None:
    waiting = Waiting(math.inf, lambda: None)
    with pytest.raises(RunNotLive, match=r"is starting and takes no commands yet\.$"):
        waiting.client(directory).send(Pause())
    assert STARTING <= waiting.now < STARTING + 1


def test_an_order_to_a_run_that_is_ending_does_not_wait_for_another(
    directory: RunDirectory,
) -> None:
    lock = RunLock(directory.path)
    lock.acquire()
    running = StatusRecord(status=RunStatus.RUNNING, pid=os.getpid(), host=host_name())
    directory.write_status(running)
    ended = StatusRecord(status=RunStatus.FINISHED)
    waiting = Waiting(1.0, lambda: directory.write_status(ended))
    with pytest.raises(RunNotLive, match="it is ending"):
        waiting.client(directory).send(Pause())
    assert waiting.now < 2.0
    lock.release()
    with pytest.raises(RunNotLive, match="has ended"):
        waiting.client(directory).send(Pause())
