"""The session of a person at a terminal: runs on disk, and workers that outlive the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tui_lab.commands import Acknowledgement, Command
from tui_lab.config import Settings
from tui_lab.errors import ExperimentError, RunError
from tui_lab.events import RunEvent
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.tui.background import in_background
from tui_lab.tui.experiment_shelf import ExperimentShelf
from tui_lab.tui.gpu import GpuMeter
from tui_lab.tui.worker_pool import Starter, WorkerPool
from tui_lab.versions import current_versions
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.process import WarmWorker, start_run

_OUTPUT_BYTES = 8192
_SLICE = 1 << 20
"""Bytes of log read at a time: a long log leaves room for keys between two slices."""


class LogSource:
    """A run's log, read in slices."""

    def __init__(self, tail: RunTail) -> None:
        self._tail = tail

    def read(self) -> list[RunEvent]:
        return self._tail.read(_SLICE)


class LabSession:
    """A `Session` over the runs in one directory.

    `own` are experiments from a file of the user's: (declaration, path), where an installed one
    of the same name stands back.
    """

    def __init__(
        self,
        runs: Path,
        settings: Settings,
        *,
        own: Iterable[tuple[Experiment, Path]] = (),
        data: str = "",
        starter: Starter = start_run,
        spare: WarmWorker | None = None,
    ) -> None:
        self.settings = settings
        self._runs = runs
        self._catalogue = Catalogue(runs)
        self._experiments = ExperimentShelf(self._catalogue, own)
        self._workers = WorkerPool(starter, spare)
        self._data = data
        self._meter = GpuMeter()
        self._turns: dict[str, asyncio.Lock] = {}

    def now(self) -> datetime:
        return datetime.now(UTC).astimezone()

    def experiments(self) -> Sequence[Experiment | ExperimentError]:
        return self._experiments.all()

    def experiment(self, name: str) -> Experiment:
        return self._experiments[name]

    async def runs(self) -> AsyncIterator[Sequence[RunSummary]]:
        slices = self._catalogue.slices()
        while (some := await in_background(next, slices, None)) is not None:
            yield some

    def live(self) -> Sequence[RunSummary]:
        return self._catalogue.live()

    def summary(self, run_id: str) -> RunSummary:
        return self._catalogue.summary(run_id)

    def status(self, run_id: str) -> RunStatus:
        return self._catalogue.find(run_id).status()

    def start(
        self, experiment: Experiment, hyperparameters: Hyperparameters, seed: int, device: str
    ) -> str:
        request = RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=experiment.to_json(hyperparameters),
            seed=seed,
            device=device,
            plugin=self._experiments.file(experiment.name),
            interactive=experiment.demonstration,
            data=self._data,
            versions=current_versions(),
        )
        directory = RunDirectory.create(self._runs, request, self.now())
        self._workers.start(directory)
        return directory.id

    def tail(self, run_id: str) -> LogSource:
        return LogSource(RunTail(self._catalogue.find(run_id).events_path))

    def worker_output(self, run_id: str) -> str:
        path = self._catalogue.find(run_id).log_path
        try:
            with path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _OUTPUT_BYTES))
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{path} can't be read ({error.strerror or error})."

    async def send(self, run_id: str, command: Command) -> Acknowledgement:
        """One command of a run at a time, in the order they were given."""
        client = RunClient(self._catalogue.find(run_id).path)
        async with self._turns.setdefault(run_id, asyncio.Lock()):
            return await in_background(client.send, command)

    async def stop(self, run_id: str) -> None:
        status = await in_background(stop_run, self._catalogue.find(run_id))
        self.poll()
        if not status.is_finished:
            raise RunError(f"{run_id} did not stop; it may run on another machine.")

    def delete(self, run_id: str) -> None:
        self._catalogue.delete(run_id)

    def warm(self) -> None:
        self._workers.spare.start()

    @property
    def warm_ready(self) -> bool:
        return self._workers.spare.ready

    def gpu(self, run_id: str = "") -> str:
        try:
            pid = self._catalogue.find(run_id).status_record().pid if run_id else 0
        except RunError:
            pid = 0
        return self._meter.line(pid)

    def poll(self) -> None:
        self._workers.poll()

    def close(self) -> None:
        self._workers.spare.close()
        self._meter.close()
