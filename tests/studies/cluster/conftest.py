"""A real cluster on this machine: a scheduler of dask and nodes, each a process of its own with a
home of its own, so that any of them can be killed; and an executor of the lab on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tui_lab.events import RunStarted
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.studies.cluster.attendance import Patience
from tui_lab.studies.cluster.executor import ClusterExecutor
from tui_lab.studies.cluster.link import LinkError
from tui_lab.studies.cluster.supply import FoundScheduler, Supply
from tui_lab.studies.executor import Ended, Slot

DEADLINE = 120.0
PATIENT = Patience(look=0.1, missing=DEADLINE, disk=0.1)
HASTY = Patience(look=0.1, missing=1.0, disk=0.1)
LONG, SHORT = 200_000, 3
"""Epochs of runs that are ended by a test, and by themselves."""

Until = Callable[[Callable[[], Any]], Any]
MakeRun = Callable[..., RunDirectory]
Execute = Callable[..., "Executed"]


@pytest.fixture
def until() -> Until:
    """Wait until something is so, and give what it was."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + DEADLINE
        while not (found := condition()):
            assert time.monotonic() < deadline, "it never came to that"
            time.sleep(0.02)
        return found

    return wait


class Grid:
    """A scheduler and its nodes, which keep their attempts below `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path / "scheduler.json"
        self.nodes: dict[str, subprocess.Popen[bytes]] = {}
        self.scheduler = self._scheduler("0")

    @property
    def address(self) -> str:
        """Where the scheduler is, once it is there; else empty."""
        with suppress(FileNotFoundError, ValueError):
            return str(json.loads(self._file.read_text())["address"])
        return ""

    def restart(self) -> None:
        """Have a scheduler again, where the one was that has died."""
        self.scheduler.wait()
        self.scheduler = self._scheduler(self.address.rpartition(":")[2])

    def _scheduler(self, port: str) -> subprocess.Popen[bytes]:
        return self._started("dask_scheduler", "--host", "127.0.0.1", "--port", port)

    def attempts(self, name: str) -> Path:
        return self.path / name / "attempts"

    def workers(self) -> list[int]:
        """The processes that train on any of the nodes."""
        return processes_with("tui_lab.worker", f"{self.path}/")

    def add(self, name: str) -> None:
        options = ["--no-nanny", "--nthreads", "1", "--name", name]
        self.nodes[name] = self._started("dask_worker", *options, home=self.path / name)

    def kill(self, name: str, *, wholly: bool) -> None:
        """Kill a node's process; `wholly` with all that runs on it, as when its power is cut."""
        self.nodes[name].kill()
        self.nodes.pop(name).wait()
        for pid in self.workers() if wholly else ():
            if f"{self.path}/{name}/" in _command(pid):
                os.killpg(pid, signal.SIGKILL)

    def clear(self) -> None:
        for process in (*self.nodes.values(), self.scheduler):
            process.kill()
            process.wait()
        for pid in self.workers():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _started(
        self, program: str, *options: str, home: Path | None = None
    ) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.{program}"
        common = ["--scheduler-file", str(self._file), "--no-dashboard"]
        environ = os.environ | {"TUI_LAB_HOME": str(home or self.path)}
        with (self.path / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *options, *common],
                env=environ,
                cwd=self.path,
                stdout=log,
                stderr=log,
            )


def processes_with(*words: str, but: str = "-") -> list[int]:
    """The processes whose command holds all of these words and is not of the program `but`."""
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    commands = {pid: _command(pid) for pid in pids}
    return [
        pid
        for pid, command in commands.items()
        if all(word in command for word in words) and Path(command.partition(" ")[0]).name != but
    ]


def children_with(word: str) -> list[int]:
    """The processes that this one has started whose command holds a word."""
    path = Path(f"/proc/{os.getpid()}/task")
    started = " ".join(each.read_text() for each in path.glob("*/children")).split()
    return [pid for pid in map(int, started) if word in _command(pid)]


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


@pytest.fixture
def grid(tmp_path: Path, until: Until) -> Iterator[Grid]:
    (path := tmp_path / "grid").mkdir()
    grid = Grid(path)
    try:
        until(lambda: grid.address)
        yield grid
    finally:
        grid.clear()


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write a run down in the lab's home, as a coordinator does."""

    def make(epochs: int = SHORT, **fields: Any) -> RunDirectory:
        experiment = load_experiment("weight-decay")
        request = RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters={"epochs": epochs},
            device="cpu",
            threads=1,
            **fields,
        )
        return RunDirectory.create(tmp_path / "home" / "runs", request, datetime.now(UTC))

    return make


class Executed:
    """An executor, what it said, and the ends that it told."""

    def __init__(self, supply: Supply, most: int, device: str, patience: Patience) -> None:
        self.said: list[str] = []
        self.ends: dict[str, Ended] = {}
        self.executor = ClusterExecutor(supply, most, device, self.said.append, patience)

    def free(self) -> list[Slot]:
        return list(self.executor.free())

    def end_of(self, run: RunDirectory) -> Ended | None:
        for end in self.executor.ended():
            assert end.run_id not in self.ends, "told twice"
            self.ends[end.run_id] = end
        return self.ends.get(run.id)


@pytest.fixture
def execute() -> Iterator[Execute]:
    """An executor on a scheduler, or any other supply."""
    made: list[Executed] = []

    def make(
        where: str | Supply, most: int = 2, device: str = "cpu", patience: Patience = PATIENT
    ) -> Executed:
        supply = FoundScheduler(where) if isinstance(where, str) else where
        made.append(Executed(supply, most, device, patience))
        return made[-1]

    yield make
    for each in made:
        each.executor.close()


def begun(lab: Executed, run: RunDirectory, until: Until) -> RunDirectory:
    """Start a run in the first slot there is."""
    lab.executor.start(run, until(lab.free)[0])
    return run


def under_way(lab: Executed, run: RunDirectory, until: Until) -> RunDirectory:
    """Start a run in the first slot there is, and wait until it trains."""
    begun(lab, run, until)
    until(lambda: run.status_record().step > 0)
    return run


def goes_on(run: RunDirectory, until: Until) -> None:
    """Wait until a run is a good deal further than it is now."""
    step = run.status_record().step
    until(lambda: run.status_record().step > step + 1000)


def ends_once(lab: Executed, run: RunDirectory, until: Until) -> None:
    """Stop a run: it comes to one end, and was begun once."""
    lab.executor.stop(run.id, "enough")
    assert until(lambda: lab.end_of(run)).how == 0
    assert starts_of(run) == 1


def starts_of(run: RunDirectory) -> int:
    return sum(isinstance(event, RunStarted) for event in RunTail(run.events_path))


def told_of(lab: Executed) -> str:
    """Why there will never be any room, once that is known."""
    try:
        lab.free()
    except LinkError as error:
        return str(error)
    return ""
