"""A real session over runs on disk, whose workers are processes that only exit."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_lab.events import RunFinished
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord
from tui_lab.worker.process import WarmWorker, WorkerProcess


class FakeSpare(WarmWorker):
    """A spare that is no process."""

    def __init__(self) -> None:
        super().__init__(("false",))
        self.started = 0
        self.closed = 0

    def start(self) -> None:
        self.started += 1

    @property
    def ready(self) -> bool:
        return self.started > self.closed

    def close(self) -> None:
        self.closed += 1


class FakeStarter:
    """Starts a process that exits as told instead of a worker."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.workers: list[WorkerProcess] = []

    def __call__(self, directory: RunDirectory, spare: WarmWorker | None) -> WorkerProcess:
        words = (sys.executable, "-S", "-c", f"raise SystemExit({self.code})")
        self.workers.append(WorkerProcess(subprocess.Popen(words), directory))
        return self.workers[-1]


def made(runs: Path, **fields: Any) -> RunDirectory:
    """A run on disk that no worker has taken up."""
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={"lr": 0.1})
    return RunDirectory.create(runs, replace(request, **fields), datetime.now(UTC))


def ended(runs: Path) -> RunDirectory:
    """A run that has finished."""
    directory = made(runs)
    directory.write_status(StatusRecord(status=RunStatus.FINISHED, step=3))
    log = RunLog(directory.events_path)
    log.append(RunFinished(t=1.0, step=3, epoch=1))
    log.flush()
    log.close()
    return directory
