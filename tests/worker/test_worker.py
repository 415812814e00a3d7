"""The real worker, torch and all, driven from outside over its socket and its log: it obeys, it
outlives whoever started it, and however it ends there is one clear account of it."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest

from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Command,
    Evaluate,
    Pause,
    Resume,
    SetHyperparameter,
    Stop,
)
from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
)
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import socket_path
from tui_lab.runs.tail import read_events
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.process import WarmWorker, WorkerProcess, start_run

MakeRun = Callable[[RunRequest], RunDirectory]
Until = Callable[[Callable[[], object]], None]
Walk = Callable[..., "Walker"]
E = TypeVar("E")

FILE = Path(__file__).with_name("walking.py")
DEADLINE = 60.0
LONG: dict[str, Any] = {"epochs": 1_000_000, "rest": 0.002}
"""A run that lasts until it is told to end."""


class Walker:
    """A started run: what it was told, what it logged, the process it is in."""

    def __init__(self, directory: RunDirectory, worker: WorkerProcess, until: Until) -> None:
        self.directory = directory
        self.worker = worker
        self._until = until

    def tell(self, command: Command) -> Acknowledgement:
        return RunClient(self.directory.path).send(command, timeout=DEADLINE)

    def events(self, kind: type[E]) -> list[E]:
        """Everything of this kind in the log by now."""
        return [e for e in read_events(self.directory.events_path) if isinstance(e, kind)]

    def last(self) -> RunEvent:
        return list(read_events(self.directory.events_path))[-1]

    def losses(self) -> list[float]:
        """The loss of every step, in order, whatever the blocks."""
        blocks = [e for e in self.events(MetricsLogged) if e.kind == "step"]
        firsts = [block.first for block in blocks]
        lengths = [len(block.columns["train/loss"]) for block in blocks]
        assert firsts == [1 + sum(lengths[:i]) for i in range(len(blocks))]
        return [value for block in blocks for value in block.columns["train/loss"]]

    def step(self) -> int:
        return len(self.losses())

    def wait_for(self, kind: type[RunEvent], count: int = 1) -> None:
        self._until(lambda: len(self.events(kind)) >= count or self.worker.poll() is not None)
        assert len(self.events(kind)) >= count, self.directory.log_path.read_text()

    def wait_for_step(self, step: int) -> None:
        self._until(lambda: self.step() >= step or self.worker.poll() is not None)
        assert self.step() >= step, self.directory.log_path.read_text()


@pytest.fixture
def request_walk(tmp_path: Path, make_run: MakeRun) -> Callable[..., RunDirectory]:
    """Write down a run of the user's own experiment file."""
    plugin = shutil.copy(FILE, tmp_path)

    def request(**hyperparameters: Any) -> RunDirectory:
        return make_run(
            RunRequest(
                experiment="walking",
                program="walking:Walking",
                hyperparameters=hyperparameters,
                plugin=str(plugin),
                device="cpu",
            )
        )

    return request


@pytest.fixture
def walk(request_walk: Callable[..., RunDirectory], until: Until) -> Iterator[Walk]:
    """Start a run and wait until it has begun, or is over."""
    walkers: list[Walker] = []

    def walk(*, warm: WarmWorker | None = None, begun: bool = True, **values: Any) -> Walker:
        directory = request_walk(**values)
        walkers.append(Walker(directory, start_run(directory, warm), until))
        if begun:
            walkers[-1].wait_for(RunStarted)
        return walkers[-1]

    yield walk
    for walker in walkers:
        if walker.worker.poll() is None:
            os.killpg(walker.worker.pid, signal.SIGKILL)
        walker.worker.wait()


def test_a_run_takes_all_its_steps(walk: Walk) -> None:
    walker = walk(lr=0.5, epochs=3)
    assert walker.worker.wait(DEADLINE) == 0
    assert walker.directory.status() is RunStatus.FINISHED
    assert walker.directory.exit_status() is None
    assert walker.losses() == [100 - 0.5 * k for k in range(9)]
    (started,) = walker.events(RunStarted)
    assert (started.pid, started.total_steps, started.steps_per_epoch) == (walker.worker.pid, 9, 3)
    assert isinstance(walker.last(), RunFinished)
    assert not walker.directory.is_live()
    assert not socket_path(walker.directory.path).exists()


@pytest.mark.parametrize("ready", [True, False])
def test_a_warm_spare_runs_it_as_well(walk: Walk, until: Until, ready: bool) -> None:
    spare = WarmWorker()
    spare.start()
    if ready:
        until(lambda: spare.ready)
    walker = walk(warm=spare, behaviour="print")
    assert walker.worker.wait(DEADLINE) == 0
    assert walker.directory.status() is RunStatus.FINISHED
    assert walker.step() == 6
    assert "printed" in walker.directory.log_path.read_text()
    spare.close()


def test_it_holds_still_while_paused(walk: Walk) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(3)
    paused = walker.tell(Pause())
    assert paused.ok
    assert walker.directory.status() is RunStatus.PAUSED
    assert walker.step() == paused.step
    assert walker.tell(Pause()).step == paused.step
    resumed = walker.tell(Resume())
    assert (resumed.ok, resumed.step) == (True, paused.step + 1)
    walker.wait_for_step(paused.step + 3)
    assert [event.step for event in walker.events(RunPaused)] == [paused.step]
    assert [event.step for event in walker.events(RunResumed)] == [paused.step]
    assert walker.tell(Stop()).ok


def test_it_advances_by_one_step_and_one_epoch(walk: Walk) -> None:
    walker = walk(**LONG)
    start = walker.tell(Pause()).step
    assert walker.tell(Advance("step")).step == start + 1
    walker.wait_for(RunPaused, 2)
    assert walker.step() == start + 1
    assert walker.tell(Advance("epoch")).ok
    walker.wait_for(RunPaused, 3)
    assert walker.step() == (start + 1) // 3 * 3 + 3
    assert walker.directory.status() is RunStatus.PAUSED


def test_it_advances_by_one_phase(walk: Walk) -> None:
    walker = walk(**LONG)
    start = walker.tell(Pause()).step
    for count in range(1, 5):
        assert walker.tell(Advance("phase")).step == start + 1
        walker.wait_for(PhaseEntered, count)
    names = [(event.step, event.phase) for event in walker.events(PhaseEntered)]
    first = [(start + 1, name) for name in ("forward", "backward", "update")]
    assert names == [*first, (start + 2, "forward")]
    source = FILE.read_text().splitlines()
    lines = [source[event.line - 1].strip() for event in walker.events(PhaseEntered)]
    assert lines[:3] == [f"yield self.{name}({'loss' * (name == 'forward')})" for _, name in first]


def test_a_live_value_acts_at_the_step_it_says(walk: Walk) -> None:
    walker = walk(lr=0.5, **LONG)
    walker.wait_for_step(2)
    answer = walker.tell(SetHyperparameter("lr", 2.0))
    assert answer.ok
    walker.wait_for_step(answer.step + 3)
    (changed,) = walker.events(HyperparameterChanged)
    assert (changed.step, changed.name, changed.old, changed.new) == (answer.step, "lr", 0.5, 2.0)
    losses = walker.losses()
    drops = [before - after for before, after in itertools.pairwise(losses)]
    assert set(drops[: answer.step - 1]) == {0.5}
    assert set(drops[answer.step - 1 :]) == {2.0}


def test_a_value_it_can_not_take_is_refused_in_a_sentence(walk: Walk) -> None:
    walker = walk(**LONG)
    for name, value in (("lr", 11.0), ("lr", "NaN"), ("epochs", 3), ("rate", 1.0)):
        answer = walker.tell(SetHyperparameter(name, value))
        assert not answer.ok
        assert name in answer.message
    assert walker.events(HyperparameterChanged) == []


def test_it_evaluates_on_demand(walk: Walk) -> None:
    walker = walk(lr=0.5, **LONG)
    step = walker.tell(Pause()).step
    assert walker.tell(Evaluate()) == Acknowledgement(True, step)
    (evaluation,) = [e for e in walker.events(MetricsLogged) if e.kind == "evaluation"]
    assert list(evaluation.steps) == [step]
    assert list(evaluation.columns["train/loss"]) == [100 - 0.5 * step]


def test_it_stops_when_told(walk: Walk) -> None:
    walker = walk(**LONG)
    assert stop_run(walker.directory, reason="enough") is RunStatus.STOPPED
    assert walker.worker.wait(DEADLINE) == 0
    last = walker.last()
    assert isinstance(last, RunStopped)
    assert (last.reason, last.step) == ("enough", walker.step())


def test_it_stops_while_it_is_held_inside_a_step(walk: Walk) -> None:
    walker = walk(**LONG)
    walker.tell(Pause())
    walker.tell(Advance("phase"))
    assert stop_run(walker.directory) is RunStatus.STOPPED


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
    assert failed.error == "ValueError: the weight is [red]unwell[/red]\x1b[2J"
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


def test_a_client_that_hangs_does_not_slow_it(walk: Walk) -> None:
    walker = walk(**LONG)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as torn,
    ):
        for client in (deaf, torn):
            client.connect(str(socket_path(walker.directory.path)))
        torn.sendall(b'{"command": "stop"')
        deaf.sendall(b'nonsense\n{"command": "pause"}\n{"command": "resume"}\n' * 10)
        walker.wait_for(RunResumed, 10)
        walker.wait_for_step(walker.step() + 5)
        assert walker.tell(Evaluate()).ok


def limit_files(worker: WorkerProcess, size: int) -> None:
    """Let no file of the worker grow beyond `size` bytes: to it the disk is full."""
    _, most = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size, most))


def test_on_a_full_disk_it_pauses_and_goes_on_when_there_is_room(walk: Walk, until: Until) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(5)
    limit_files(walker.worker, walker.directory.events_path.stat().st_size + 5000)
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    assert "free some space" in walker.directory.status_record().error
    held = walker.directory.events_path.read_bytes()
    assert held.endswith(b"\n")
    assert not walker.tell(Resume()).ok
    assert walker.directory.events_path.read_bytes() == held
    limit_files(walker.worker, resource.RLIM_INFINITY)
    walker.wait_for(RunResumed)
    walker.wait_for_step(walker.step() + 5)
    walker.tell(Pause())
    assert walker.losses() == [100 - 0.5 * k for k in range(walker.step())]
    (paused, *_) = walker.events(RunPaused)
    assert "free some space" in paused.reason


def test_its_last_event_waits_for_room(walk: Walk, until: Until) -> None:
    walker = walk(begun=False)
    limit_files(walker.worker, 600)  # enough for a status, too little for the first event
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    assert "free some space" in walker.directory.status_record().error
    assert not walker.tell(Resume()).ok
    assert list(read_events(walker.directory.events_path)) == []
    limit_files(walker.worker, resource.RLIM_INFINITY)
    assert walker.worker.wait(DEADLINE) == 1
    assert isinstance(walker.last(), RunFailed)
    assert walker.directory.status() is RunStatus.FAILED


def test_it_can_be_stopped_though_its_end_finds_no_room(walk: Walk, until: Until) -> None:
    walker = walk(begun=False)
    limit_files(walker.worker, 600)
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    assert stop_run(walker.directory) is RunStatus.FAILED
    assert walker.worker.wait(DEADLINE) == 1
    assert walker.directory.events_path.read_bytes() == b""
    assert "File too large" in walker.directory.status_record().error


@pytest.fixture
def small_disk(runs: Path) -> Iterator[Path]:
    """`runs` on a file system of its own with room for 256 KiB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount")
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(runs)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield runs
    subprocess.run(["umount", "-l", str(runs)], check=True)


def fill(file: BinaryIO) -> None:
    """Leave no room on the file's disk."""
    with suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_on_a_disk_that_is_full_to_the_last_byte_it_pauses(
    small_disk: Path, walk: Walk, until: Until
) -> None:
    filler = small_disk / "filler"
    walker = walk(behaviour="chatter", **LONG)
    with filler.open("wb", buffering=0) as file:
        fill(file)
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    walker.wait_for(RunPaused)
    filler.unlink()
    walker.wait_for(RunResumed)
    walker.wait_for_step(walker.step() + 5)
    walker.tell(Pause())
    assert walker.losses() == [100 - 0.5 * k for k in range(walker.step())]
