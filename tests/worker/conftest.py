"""Runs for the tests of workers: made in a home of the test's own, and cleared away with whatever
was left running for them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.worker.control_client import Client
from tests.worker.walker import DEADLINE, FILE, Until, Walk, Walker
from tui_lab.events import RunStarted
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import lock_path, socket_path
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.worker.control import Control
from tui_lab.worker.process import WarmWorker, start_run

STAND_IN = (sys.executable, "-P", str(Path(__file__).with_name("stand_in.py")))

MakeRun = Callable[[RunRequest], RunDirectory]
Behave = Callable[[str], RunDirectory]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "runs"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def subset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged images, which are everywhere, as the environment's own."""
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))


@pytest.fixture
def make_run(runs: Path) -> Iterator[MakeRun]:
    """Write a run down; afterwards nothing of it is left, no process either."""
    made: list[RunDirectory] = []

    def make(request: RunRequest) -> RunDirectory:
        made.append(RunDirectory.create(runs, request, datetime.now(UTC)))
        return made[-1]

    yield make
    for directory in made:
        _clear(directory)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    """What a loop in this process writes to."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    return RunDirectory.create(tmp_path, request, datetime(2026, 1, 1))


@pytest.fixture
def other(tmp_path: Path) -> RunDirectory:
    """Another run's directory."""
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    return RunDirectory.create(tmp_path / "others", request, datetime(2026, 1, 1))


@pytest.fixture
def behave(make_run: MakeRun) -> Behave:
    """A run whose stand-in worker will behave in the way named."""

    def behave(behaviour: str) -> RunDirectory:
        hyperparameters = {"behaviour": behaviour}
        return make_run(
            RunRequest(experiment="stand-in", program="none:None", hyperparameters=hyperparameters)
        )

    return behave


@pytest.fixture
def stand_in() -> tuple[str, ...]:
    """The command of a worker that needs no torch."""
    return STAND_IN


@pytest.fixture
def spare(stand_in: tuple[str, ...]) -> Iterator[WarmWorker]:
    """A stand-in that is ready for a run."""
    spare = WarmWorker(stand_in)
    yield spare
    spare.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a run's socket is to lie."""
    return tmp_path / "run.sock"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    """The worker's end of it."""
    control = Control(path)
    control.start()
    yield control
    control.close()


@pytest.fixture
def client(path: Path, control: Control) -> Iterator[Client]:
    """Another's end of it."""
    client = Client(path)
    yield client
    client.close()


@pytest.fixture
def until() -> Until:
    """Wait until something is so; fails the test when it does not become so."""

    def until(done: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.01)

    return until


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


def facts(directory: RunDirectory) -> dict[str, Any]:
    """What the stand-in found out about itself."""
    return json.loads((directory.path / "facts.json").read_text())  # type: ignore[no-any-return]


def _clear(directory: RunDirectory) -> None:
    pid = directory.status_record().pid
    if pid > 1 and directory.is_live():
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    socket_path(directory.path).unlink(missing_ok=True)
    lock_path(directory.path).unlink(missing_ok=True)
