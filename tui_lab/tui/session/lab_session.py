"""The session of a person at a terminal: runs on disk, and workers that outlive the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_lab.commands import Unit
from tui_lab.config import Settings
from tui_lab.errors import ExperimentError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters, Value
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, is_run_id
from tui_lab.search.moments import LOCAL
from tui_lab.tui.session.experiment_shelf import ExperimentShelf
from tui_lab.tui.session.gpu import GpuMeter
from tui_lab.versions import current_versions
from tui_lab.watching import undeclared

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary
    from tui_lab.tui.session.local_runs import LocalRuns
    from tui_lab.tui.session.local_studies import LocalStudies
    from tui_lab.tui.session.worker_pool import WorkerPool
    from tui_lab.view_models.run import RunView
    from tui_lab.worker.own_file import OwnFile


class LabSession:
    """A `Session` over the runs in one directory.

    `own` are files of the user's, where an installed experiment of the same name stands back.
    `terminal` is its name, where it is not this process's own.
    """

    def __init__(
        self,
        runs: Path,
        settings: Settings,
        *,
        own: Iterable[OwnFile] = (),
        data: str = "",
        workers: WorkerPool | None = None,
        terminal: str | None = None,
    ) -> None:
        self.settings = settings
        self.again = settings.again
        self.last_run = ""
        self._directory = runs
        self._experiments = ExperimentShelf(own)
        self._past: dict[str, Experiment] = {}
        """What runs are of that is not at hand here, by their names."""
        self._workers = workers
        self._data = data
        self._terminal = terminal
        self._meter = GpuMeter()

    @cached_property
    def runs(self) -> LocalRuns:
        """Imported when it is first needed: no run is looked at before the first paint."""
        from tui_lab.tui.session.local_runs import LocalRuns
        from tui_lab.tui.session.worker_pool import WorkerPool

        return LocalRuns(self._directory, self._workers or WorkerPool())

    @cached_property
    def studies(self) -> LocalStudies:
        """Imported when it is first needed."""
        from tui_lab.tui.session.local_studies import LocalStudies

        usual = {"threads": self.settings.threads, "data": self._data}
        return LocalStudies(self._directory, self.now, self._experiments.of_request, usual)

    @cached_property
    def terminal(self) -> str:
        """Asked when there is a run to show: what knows it comes after the first paint."""
        from tui_lab.worker.client import terminal

        return terminal() if self._terminal is None else self._terminal

    def now(self) -> datetime:
        return datetime.now(LOCAL)

    def experiments(self) -> Sequence[Experiment | ExperimentError]:
        return self._experiments.all()

    def experiment(self, name: str) -> Experiment:
        if is_run_id(name):
            return self._of_run(name)
        return self._experiments[name]

    def _of_run(self, run_id: str) -> Experiment:
        """What the run is of, by its own word; nothing of it is run for that."""
        if run_id not in self._past:
            request = self.runs.catalogue.find(run_id).request()
            if request.script is not None:
                return undeclared(request.script)
            if request.plugin and request.declared is None:
                return self._experiments[request.experiment]
            self._past[run_id] = request.declared or load_experiment(request.experiment)
        return self._past[run_id]

    def place_of(self, run: RunSummary) -> str:
        return run.id if run.script or not self._experiments.has(run) else run.experiment

    def run_again(self, run_id: str, hold: Unit | None = None) -> str:
        before = self.runs.catalogue.find(run_id).request()
        again = replace(before, hold=hold, created="", versions=current_versions())
        self.last_run = self.runs.start(again, self.now())
        return self.last_run

    def start(
        self,
        experiment: Experiment,
        hyperparameters: Hyperparameters,
        seed: int,
        device: str,
        hold: Unit | None = None,
    ) -> str:
        request = replace(self.request(experiment, hyperparameters, seed, device), hold=hold)
        run_id = self.runs.start(request, self.now())
        if not experiment.demonstration:  # those end with their screen
            self.last_run = run_id
        return run_id

    def request(
        self, experiment: Experiment, values: Mapping[str, Value], seed: int, device: str
    ) -> RunRequest:
        if past := next((run for run, e in self._past.items() if e is experiment), ""):
            _require_own(self, past)
        return RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=experiment.to_json(values),
            seed=seed,
            device=device,
            threads=self.settings.threads,
            **self._experiments.of_request(experiment),
            interactive=experiment.demonstration,
            data=self._data,
            guard=self.settings.guard,
            versions=current_versions(),
        )

    async def branch(
        self,
        experiment: Experiment,
        parent: str,
        step: int,
        values: Mapping[str, Any],
        *,
        weights_only: bool = False,
    ) -> str:
        _require_own(self, parent)
        fork = (experiment, parent, step, values, weights_only)
        self.last_run = await self.runs.branch(*fork, self.now())
        return self.last_run

    async def recompute(self, experiment: Experiment, run_id: str, past: RunView) -> None:
        _require_own(self, run_id)
        await self.runs.recompute(experiment, run_id, past)

    async def take_up(self, run_id: str, values: Mapping[str, Any]) -> None:
        _require_own(self, run_id)
        await self.runs.take_up(run_id, values)

    def warm(self) -> None:
        self.runs.workers.spare.start()

    @property
    def warm_ready(self) -> bool:
        return self.runs.workers.spare.ready

    def gpu(self, run_id: str = "") -> str:
        return self._meter.line(self.runs.catalogue.worker_pid(run_id) if run_id else 0)

    def poll(self) -> None:
        self.runs.workers.poll()
        if "studies" in self.__dict__:  # else none was begun here
            self.studies.poll()

    def close(self) -> None:
        self.runs.close()
        self._meter.close()


def _require_own(session: LabSession, run_id: str) -> None:
    """Raises `RunError` for a run of something else than is at hand."""
    change, kept = session.runs.source(run_id)
    session._experiments.require(session.runs.summary(run_id), change, kept)
