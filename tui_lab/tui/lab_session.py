"""The session of a person at a terminal: runs on disk, and workers that outlive the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tui_lab.commands import Acknowledgement, Command
from tui_lab.config import Settings
from tui_lab.errors import ExperimentError, ExperimentNotFound, RunError
from tui_lab.events import RunEvent
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.plugins import load_experiment, load_experiment_file, load_experiments
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.tui.background import in_background
from tui_lab.tui.gpu import GpuMeter
from tui_lab.versions import current_versions
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.process import WarmWorker, WorkerProcess, start_run

_OUTPUT_BYTES = 8192
_SLICE = 1 << 20
"""Bytes of log read at a time: a long log leaves room for keys between two slices."""


Starter = Callable[[RunDirectory, WarmWorker | None], WorkerProcess]


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
        self._catalogue = Catalogue(runs)
        self._runs = runs
        self._own = {experiment.name: (experiment, path) for experiment, path in own}
        self._data = data
        self._starter = starter
        self._spare = spare or WarmWorker()
        self._workers: list[WorkerProcess] = []
        self._meter = GpuMeter()
        self._turns: dict[str, asyncio.Lock] = {}

    def now(self) -> datetime:
        return datetime.now(UTC).astimezone()

    def experiments(self) -> Sequence[Experiment | ExperimentError]:
        installed = [e for e in load_experiments() if getattr(e, "name", "") not in self._own]
        return [*(experiment for experiment, _ in self._own.values()), *installed]

    def experiment(self, name: str) -> Experiment:
        if name in self._own:
            return self._own[name][0]
        try:
            return load_experiment(name)
        except ExperimentNotFound:
            self._own[name] = self._from_a_run(name)
            return self._own[name][0]

    async def runs(self) -> AsyncIterator[Sequence[RunSummary]]:
        slices = self._catalogue.slices()
        while (some := await in_background(next, slices, None)) is not None:
            yield some

    def live(self) -> Sequence[RunSummary]:
        return self._catalogue.live()

    def summary(self, run_id: str) -> RunSummary:
        return self._catalogue.summary(run_id)

    def status(self, run_id: str) -> RunStatus:
        return self._directory(run_id).status()

    def start(
        self, experiment: Experiment, hyperparameters: Hyperparameters, seed: int, device: str
    ) -> str:
        plugin = str(self._own[experiment.name][1]) if experiment.name in self._own else ""
        request = RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=experiment.to_json(hyperparameters),
            seed=seed,
            device=device,
            plugin=plugin,
            interactive=experiment.demonstration,
            data=self._data,
            versions=current_versions(),
        )
        directory = RunDirectory.create(self._runs, request, self.now())
        self._workers.append(self._starter(directory, self._spare))
        return directory.id

    def tail(self, run_id: str) -> LogSource:
        return LogSource(RunTail(self._directory(run_id).events_path))

    def worker_output(self, run_id: str) -> str:
        path = self._directory(run_id).log_path
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
        client = RunClient(self._directory(run_id).path)
        async with self._turns.setdefault(run_id, asyncio.Lock()):
            return await in_background(client.send, command)

    async def stop(self, run_id: str) -> None:
        status = await in_background(stop_run, self._directory(run_id))
        self.poll()
        if not status.is_finished:
            raise RunError(f"{run_id} did not stop; it may run on another machine.")

    def delete(self, run_id: str) -> None:
        self._catalogue.delete(run_id)

    def warm(self) -> None:
        self._spare.start()

    @property
    def warm_ready(self) -> bool:
        return self._spare.ready

    def gpu(self, run_id: str = "") -> str:
        try:
            pid = self._directory(run_id).status_record().pid if run_id else 0
        except RunError:
            pid = 0
        return self._meter.line(pid)

    def poll(self) -> None:
        self._workers = [worker for worker in self._workers if worker.poll() is None]

    def close(self) -> None:
        self._spare.close()
        self._meter.close()

    def _from_a_run(self, name: str) -> tuple[Experiment, Path]:
        """An experiment that is not installed, from the file that the newest run of it names."""
        for run in self._catalogue.of(name):
            if run.readable:
                plugin = self._directory(run.id).request().plugin
                if plugin:
                    return load_experiment_file(Path(plugin)), Path(plugin)
        raise ExperimentNotFound(f"There is no experiment {name!r} any more; its runs stay.")

    def _directory(self, run_id: str) -> RunDirectory:
        return self._catalogue.find(run_id)
