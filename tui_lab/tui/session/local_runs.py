"""Where a session has its runs: begun, followed, commanded, ended. No first paint waits for it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from tui_lab.commands import Acknowledgement, Command
from tui_lab.errors import RunError
from tui_lab.exchange.export import export_run, export_scene
from tui_lab.exchange.formats import Exported
from tui_lab.exchange.graphics.shapes import Scene
from tui_lab.experiment import Experiment
from tui_lab.history import History
from tui_lab.lineage import branch_request, run_card
from tui_lab.run import SOURCE, RunRequest, RunStatus
from tui_lab.runs.annotations import annotate
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.regular_file import read_end
from tui_lab.runs.source import change_since
from tui_lab.tui.session.background import in_background
from tui_lab.tui.session.member_runs import MemberRuns
from tui_lab.tui.session.past import Past
from tui_lab.tui.session.worker_pool import WorkerPool
from tui_lab.view_models.card import Card
from tui_lab.view_models.run import RunView
from tui_lab.worker.client import RunClient, stop_run

_OUTPUT_BYTES = 8192
_PER_SECOND = 1000
"""Ended runs that are looked at again in a second, at the most."""


class LocalRuns(MemberRuns):
    """The runs in one directory, and the workers that were started here."""

    def __init__(self, runs: Path, workers: WorkerPool) -> None:
        self.catalogue = Catalogue(runs)
        self.workers = workers
        self.own: set[str] = set()
        self._runs = runs
        self._turns: dict[str, asyncio.Lock] = {}
        self._past = Past()
        self._looked = -math.inf
        """When each of the runs was looked at."""

    async def listed(self) -> AsyncIterator[Sequence[RunSummary]]:
        """Every run, the newest first, in lists that come as they are read in a thread."""
        # A look at each of 10,000 runs is 20,000 calls of the system, so it is taken less often.
        begun = time.monotonic()
        is_rested = begun - self._looked >= self.catalogue.known // _PER_SECOND
        if is_rested:
            self._looked = begun
        slices = self.catalogue.slices(trusting=not is_rested)
        while (some := await in_background(next, slices, None)) is not None:
            yield some

    def live(self) -> Sequence[RunSummary]:
        """The runs that a worker is driving now, newest first."""
        return self.catalogue.live()

    def summary(self, run_id: str) -> RunSummary:
        """One run; raises `RunNotFound`."""
        return self.catalogue.summary(run_id)

    def status(self, run_id: str) -> RunStatus:
        """The state of a run, its worker's liveness included."""
        return self.catalogue.find(run_id).status()

    async def export(self, what: str | Scene, to: Path) -> Exported:
        """Write a run, or a picture, to a file, in a thread; raises `UsageError` or `RunError`."""
        if isinstance(what, Scene):
            return await in_background(export_scene, what, to)
        return await in_background(export_run, self.catalogue.find(what), to)

    async def card(self, run_id: str, experiment: Experiment | None) -> Card:
        """The command that makes it again, in a thread; raises `RunError`."""
        return await in_background(run_card, self.catalogue.find(run_id), experiment)

    async def look_back(self, run_id: str, step: int, view: RunView) -> RunView:
        """A run as it was after a step, in a thread; raises `RunError`."""
        return await self._past.look_back(self.catalogue.find(run_id), step, view)

    async def recompute(self, experiment: Experiment, run_id: str, past: RunView) -> None:
        """Compute a view of the past again, in a process of its own; raises `RunError`."""
        run = self.catalogue.find(run_id)
        if run.request().program != experiment.program:
            raise RunError(f"{run_id} is of another program than {experiment.program}.")
        await self._past.recompute(run, past)

    def close(self) -> None:
        """Let go of what was started for looking only; runs go on."""
        self.workers.spare.close()
        self._past.close()

    async def annotate(self, run_id: str, **words: Any) -> None:
        """Write on a run, in a thread; raises `TuiLabError` where nothing can be written."""
        await in_background(partial(annotate, self.catalogue.find(run_id).path, **words))
        self.catalogue.forget(run_id)

    async def delete(self, run_id: str) -> None:
        """Remove a run for good, in a thread; raises `RunError` when it is live."""
        await in_background(self.catalogue.delete, run_id)

    def start(self, request: RunRequest, now: datetime) -> str:
        """Write the run down, put a worker on it and give its name."""
        directory = RunDirectory.create(self._runs, request, now)
        self.workers.start(directory)
        self.own.add(directory.id)
        return directory.id

    async def branch(
        self,
        experiment: Experiment,
        parent: str,
        step: int,
        values: Mapping[str, Any],
        weights_only: bool,
        now: datetime,
    ) -> str:
        """Begin a run that goes on from a step of another; raises `TuiLabError`."""
        run = self.catalogue.find(parent)
        request = await in_background(
            branch_request, run, experiment, step, values, weights_only, now
        )
        return self.start(request, now)

    async def take_up(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Put a worker on a run that has ended; raises `RunError` where it can't go on."""
        directory = self.catalogue.find(run_id)
        if not directory.status().is_finished:
            raise RunError(f"{run_id} is still running.")
        try:
            await in_background(directory.ask_to_resume, values)
        except OSError as error:
            raise RunError(f"{run_id} can't be taken up ({error.strerror or error}).") from error
        self.workers.start(directory)
        self.catalogue.forget(run_id)
        self.own.add(run_id)

    def tail(self, run_id: str) -> History:
        """The log of a run, from its first event."""
        return History(self.catalogue.find(run_id).events_path)

    def worker_output(self, run_id: str) -> str:
        """The end of what its worker printed, or why that can't be read."""
        path = self.catalogue.find(run_id).log_path
        try:
            return read_end(path, _OUTPUT_BYTES)[0].decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{path} can't be read ({error.strerror or error})."

    def source(self, run_id: str) -> tuple[str, str]:
        """What became of the file that a run was made of since, and where that is kept."""
        run = self.catalogue.find(run_id)
        return change_since(run.request()), str(run.path / SOURCE)

    async def send(self, run_id: str, command: Command) -> Acknowledgement:
        """One command of a run at a time, in the order they were given."""
        client = RunClient(self.catalogue.find(run_id).path)
        async with self._turns.setdefault(run_id, asyncio.Lock()):
            return await in_background(client.send, command)

    async def stop(self, run_id: str) -> None:
        """End a run, by force when it does not answer; raises `RunError` when it goes on."""
        status = await in_background(stop_run, self.catalogue.find(run_id))
        self.workers.poll()
        if not status.is_finished:
            raise RunError(f"{run_id} did not stop; it may run on another machine.")


def worker_pid(run: RunDirectory) -> int:
    """The process of a run's worker as its record names it; 0 when there is no saying."""
    try:
        return run.status_record().pid
    except RunError:
        return 0
