"""Commands to a run and its end from outside: every failure is one sentence that tells an ended
run from a silent one, and force is used on nothing but the run's own worker."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tui_lab.commands import Acknowledgement, Command, Pause, SetHyperparameter
from tui_lab.errors import RunNotLive
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.lock import RunLock, lock_path, socket_path
from tui_lab.runs.status import StatusRecord
from tui_lab.runs.tail import last_event
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.control import Control
from tui_lab.worker.process import WorkerProcess, start_run

Behave = Callable[[str], RunDirectory]
Until = Callable[[Callable[[], object]], None]
Start = Callable[[str], tuple[RunDirectory, WorkerProcess]]

GRACE = 0.3


@pytest.fixture
def directory(behave: Behave) -> RunDirectory:
    return behave("sleep")


@pytest.fixture
def control(directory: RunDirectory) -> Iterator[Control]:
    control = Control(socket_path(directory.path))
    control.start()
    yield control
    control.close()


@pytest.fixture
def lock(directory: RunDirectory) -> Iterator[RunLock]:
    """This process drives the run."""
    lock = RunLock(directory.path)
    lock.acquire()
    yield lock
    lock.release()


@pytest.fixture
def start(behave: Behave, stand_in: tuple[str, ...], until: Until) -> Iterator[Start]:
    """Start a stand-in that behaves as named, and wait until it does."""
    workers: list[WorkerProcess] = []

    def start(behaviour: str) -> tuple[RunDirectory, WorkerProcess]:
        directory = behave(behaviour)
        workers.append(start_run(directory, command=stand_in))
        until(lambda: directory.status_record().pid)
        return directory, workers[-1]

    yield start
    for worker in workers:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any run, in a session of its own."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command, start_new_session=True) as process:
        yield process
        process.kill()


def drive(directory: RunDirectory, pid: int, host: str = "") -> None:
    """Claim that the run is driven by a process."""
    directory.write_status(
        StatusRecord(status=RunStatus.RUNNING, pid=pid, host=host or host_name())
    )


def answer_one(control: Control, answer: Acknowledgement) -> list[Command]:
    """Be a loop for one request, in the background; what it was told appears in the list."""
    told: list[Command] = []

    def answer_it() -> None:
        if request := control.take(60):
            told.append(request.command)
            request.answer(answer)

    threading.Thread(target=answer_it, daemon=True).start()
    return told


def test_a_command_is_answered(directory: RunDirectory, control: Control) -> None:
    told = answer_one(control, Acknowledgement(True, 12, "λ = 3"))
    answer = RunClient(directory.path).send(SetHyperparameter("weight_decay", float("nan")))
    assert answer == Acknowledgement(True, 12, "λ = 3")
    assert told == [SetHyperparameter("weight_decay", "NaN")]


def test_a_refusal_is_an_answer(directory: RunDirectory, control: Control) -> None:
    answer_one(control, Acknowledgement(False, 3, "no"))
    assert not RunClient(directory.path).send(Pause()).ok


def test_an_ended_run_is_said_to_have_ended(directory: RunDirectory) -> None:
    directory.write_status(StatusRecord(status=RunStatus.FINISHED))
    with pytest.raises(RunNotLive, match=r"^stand-in-\S+ has ended: no worker is driving it\.$"):
        RunClient(directory.path).send(Pause())


def test_the_socket_of_a_dead_worker_is_an_ended_run(directory: RunDirectory) -> None:
    drive(directory, os.getpid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(socket_path(directory.path)))
        dead.listen()
    with pytest.raises(RunNotLive, match="has ended"):
        RunClient(directory.path).send(Pause())


def test_silence_is_told_from_an_end(directory: RunDirectory, control: Control) -> None:
    with pytest.raises(RunNotLive, match=r"^stand-in-\S+ did not answer in 0\.05 s\.$"):
        RunClient(directory.path).send(Pause(), timeout=0.05)


@pytest.mark.parametrize("answer", [b"nonsense\n", b"{}\n", b"[]\n", b"", b"x" * 200_000])
def test_an_answer_that_is_none_is_one_sentence(
    directory: RunDirectory, lock: RunLock, answer: bytes
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(socket_path(directory.path)))
        listener.listen()

        def reply() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                with suppress(BrokenPipeError):  # the client had enough
                    connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        with pytest.raises(RunNotLive, match=r"^stand-in-\S+ .*[.]$"):
            RunClient(directory.path).send(Pause())
        thread.join()


def test_a_good_worker_stops_when_told(start: Start) -> None:
    directory, worker = start("obey")
    assert stop_run(directory, reason="enough") is RunStatus.STOPPED
    assert worker.wait() == 0
    event = last_event(directory.events_path)
    assert getattr(event, "reason", None) == "enough"
    assert directory.exit_status() is None


def test_a_worker_that_only_just_started_is_waited_for(
    behave: Behave, stand_in: tuple[str, ...]
) -> None:
    directory = behave("obey")
    worker = start_run(directory, command=stand_in)
    assert stop_run(directory) is RunStatus.STOPPED
    assert worker.wait() == 0


def test_a_worker_that_hangs_is_terminated(start: Start) -> None:
    directory, worker = start("hang")
    assert stop_run(directory, GRACE) is RunStatus.CRASHED
    assert worker.wait() == -signal.SIGTERM
    assert directory.exit_status() == -signal.SIGTERM


def test_a_worker_that_ignores_everything_is_killed_with_its_children(
    start: Start, until: Until
) -> None:
    directory, worker = start("hang for good")
    child = directory.path / "child"
    until(lambda: child.exists() and child.read_text())
    assert stop_run(directory, GRACE) is RunStatus.CRASHED
    assert directory.exit_status() == -signal.SIGKILL
    assert worker.wait() == -signal.SIGKILL
    until(lambda: not is_running(int(child.read_text())))


def test_an_ended_run_is_left_alone(start: Start) -> None:
    directory, worker = start("finish")
    worker.wait()
    assert stop_run(directory, GRACE) is RunStatus.FINISHED
    assert directory.exit_status() is None


def test_only_the_holder_of_the_lock_is_signalled(
    directory: RunDirectory, lock: RunLock, bystander: subprocess.Popen[bytes]
) -> None:
    """The lock is held by this process; the record, forged or stale, names another."""
    drive(directory, bystander.pid)
    assert stop_run(directory, GRACE) is RunStatus.RUNNING
    assert bystander.poll() is None


def test_a_copy_of_a_live_run_is_not_live_and_stops_nobody(
    directory: RunDirectory, lock: RunLock, bystander: subprocess.Popen[bytes]
) -> None:
    drive(directory, bystander.pid)
    inode = directory.path.stat().st_ino
    directory.write_status(replace(directory.status_record(), inode=inode, heartbeat=time.time()))
    assert directory.is_live()
    copied = RunDirectory(directory.path.with_name("stand-in-20260101-000000-abcd"))
    shutil.copytree(directory.path, copied.path)
    assert not copied.is_live()
    assert stop_run(copied, GRACE) is RunStatus.CRASHED
    assert bystander.poll() is None


def test_a_number_in_a_record_alone_kills_nobody(
    directory: RunDirectory, bystander: subprocess.Popen[bytes]
) -> None:
    drive(directory, bystander.pid)
    lock_path(directory.path).touch()
    assert stop_run(directory, GRACE) is RunStatus.CRASHED
    assert bystander.poll() is None
    assert directory.exit_status() is None


def test_a_fresh_record_without_a_lock_kills_nobody(
    directory: RunDirectory, bystander: subprocess.Popen[bytes]
) -> None:
    drive(directory, bystander.pid)
    directory.write_status(replace(directory.status_record(), heartbeat=time.time()))
    assert stop_run(directory, GRACE) is RunStatus.RUNNING
    assert bystander.poll() is None


def test_a_run_on_another_host_kills_nobody_here(
    directory: RunDirectory, lock: RunLock, bystander: subprocess.Popen[bytes]
) -> None:
    drive(directory, bystander.pid, "elsewhere")
    far = replace(directory.status_record(), heartbeat=time.time())
    directory.write_status(far)
    assert stop_run(directory, GRACE) is RunStatus.RUNNING
    assert bystander.poll() is None


def test_a_process_that_leads_no_session_is_no_worker(
    directory: RunDirectory, lock: RunLock
) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command) as process:
        drive(directory, process.pid)
        assert stop_run(directory, GRACE) is RunStatus.RUNNING
        assert process.poll() is None
        process.kill()


@pytest.mark.parametrize("pid", [0, 1, 2**22 + 1])
def test_a_number_that_can_be_no_worker_is_not_signalled(
    directory: RunDirectory, lock: RunLock, pid: int
) -> None:
    drive(directory, pid)
    assert stop_run(directory, GRACE) is RunStatus.RUNNING


def test_waiting_follows_the_clock_it_is_given(directory: RunDirectory, lock: RunLock) -> None:
    drive(directory, 0)
    times = iter(range(1000))
    naps: list[float] = []
    stop_run(directory, 100.0, clock=lambda: float(next(times)), sleep=naps.append)
    assert len(naps) in range(95, 105)


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
