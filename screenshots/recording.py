"""Real runs in real workers, held and turned at exact steps, so that every picture shows the same
curves again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from tui_lab.commands import Acknowledgement, Advance, Command, Pause, Unit
from tui_lab.errors import RunNotLive
from tui_lab.events import PhaseEntered, RunEvent, RunPaused
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events
from tui_lab.versions import current_versions
from tui_lab.watching import PROGRAM, Script
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.process import WarmWorker, WorkerProcess, start_run

LONGEST = 120.0
"""Seconds after which a worker that does not answer is a fault."""
_POLL = 0.02


class Recording:
    """A run, and the worker that drives it."""

    def __init__(self, directory: RunDirectory, worker: WorkerProcess) -> None:
        self.directory = directory
        self._worker = worker

    @property
    def id(self) -> str:
        return self.directory.id

    def tell(self, command: Command) -> Acknowledgement:
        """Send a command; a worker that is still starting is waited for."""
        deadline = time.monotonic() + LONGEST
        while True:
            try:
                return RunClient(self.directory.path).send(command, LONGEST)
            except RunNotLive:
                if self._worker.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL)

    def advance(self, unit: Literal["phase", "step", "epoch"], count: int = 1) -> None:
        """Go on by so many phases, steps or epochs, and hold still again."""
        kind: type[RunEvent] = PhaseEntered if unit == "phase" else RunPaused
        for _ in range(count):
            before = self.count(kind)
            self.tell(Advance(unit))
            self.wait(partial(self._has_more, kind, before))

    def reach(self, step: int) -> None:
        """Wait until the run has taken this many steps, however slow the machine is."""
        while not self.wait(lambda: self.directory.status_record().step >= step):
            if self._worker.poll() is not None:
                raise RunNotLive(f"{self.id} ended before step {step:,}.")

    def count(self, kind: type[RunEvent]) -> int:
        """How many events of this kind the log holds by now."""
        return sum(isinstance(event, kind) for event in read_events(self.directory.events_path))

    def _has_more(self, kind: type[RunEvent], count: int) -> bool:
        return self.count(kind) > count

    def wait(self, done: Callable[[], bool], seconds: float = LONGEST) -> bool:
        """Whether it became so, in this time, before the run's end."""
        deadline = time.monotonic() + seconds
        while not done():
            if self._worker.poll() is not None or time.monotonic() > deadline:
                return done()
            time.sleep(_POLL)
        return True

    def finish(self, seconds: float = LONGEST) -> None:
        """Wait for the end; a run that takes longer is held where it is."""
        if self._worker.wait(seconds) is None:
            self.tell(Pause())

    def end(self) -> None:
        """Leave no process behind."""
        if self._worker.poll() is None:
            stop_run(self.directory)
        if self._worker.wait(LONGEST) is None:
            os.killpg(self._worker.pid, signal.SIGKILL)
            self._worker.wait()


class Recorder:
    """Starts runs in the directory `runs`; `close` ends those still going on."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._spare = WarmWorker()
        self._recordings: list[Recording] = []

    def start(
        self,
        name: str,
        values: Mapping[str, object] | None = None,
        hold: Unit | None = None,
        **asked: Any,
    ) -> Recording:
        """Start a run of an installed experiment with its defaults, seed 0, held at first if
        wished; `asked` is what else its request says."""
        experiment = load_experiment(name)
        return self._begin(
            RunRequest(
                experiment=name,
                program=experiment.program,
                hyperparameters=experiment.to_json(experiment.choose(values or {})),
                hold=hold,
                versions=current_versions(),
                **asked,
            )
        )

    def watched(self, path: Path) -> Recording:
        """Start a script that is watched."""
        script = Script(path=str(path), directory=str(path.parent))
        return self._begin(
            RunRequest(
                experiment=script.experiment, program=PROGRAM, hyperparameters={}, script=script
            )
        )

    def _begin(self, request: RunRequest) -> Recording:
        directory = RunDirectory.create(self.runs, request, datetime.now(UTC))
        self._spare.start()
        self._recordings.append(Recording(directory, start_run(directory, self._spare)))
        self._spare.start()
        return self._recordings[-1]

    def finished(self, name: str, values: Mapping[str, object] | None = None) -> Recording:
        """A run that took all its steps."""
        recording = self.start(name, values)
        recording.finish()
        return recording

    def guarded(self, name: str, values: Mapping[str, object]) -> Recording:
        """A run that is held because something in a step is not finite."""
        recording = self.start(name, values, guard="hold")
        if not recording.wait(lambda: recording.count(RunPaused) > 0):
            raise RunNotLive(f"{recording.id} ended, and nothing held it.")
        return recording

    def branched(
        self, name: str, parent: str, step: int, values: Mapping[str, object]
    ) -> Recording:
        """A run that went on from a step of another, and took all its steps."""
        recording = self.start(name, values, parent=parent, parent_step=step)
        recording.finish()
        return recording

    def held(self, name: str, values: Mapping[str, object] | None = None) -> Recording:
        """A run that holds still inside its first step."""
        recording = self.start(name, values, hold="phase")
        if not recording.wait(lambda: recording.count(PhaseEntered) > 0):
            raise RunNotLive(f"{recording.id} ended before its first step.")
        return recording

    def close(self) -> None:
        """End what is still going on, the spare too."""
        for recording in self._recordings:
            recording.end()
        self._spare.close()
