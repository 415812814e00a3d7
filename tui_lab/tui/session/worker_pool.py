"""The workers started here, and the spare one that saves the next run the import of torch."""

from __future__ import annotations

from collections.abc import Callable

from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.process import WarmWorker, WorkerProcess, start_run

Starter = Callable[[RunDirectory, WarmWorker | None], WorkerProcess]


class WorkerPool:
    """Starts workers and takes note of their ends; they outlive it."""

    def __init__(self, starter: Starter = start_run, spare: WarmWorker | None = None) -> None:
        self.spare = spare or WarmWorker()
        """Made ready before it is needed, and used up by the next run."""
        self._starter = starter
        self._workers: list[WorkerProcess] = []

    def start(self, directory: RunDirectory) -> None:
        """Put a worker on a run that is written down."""
        self._workers.append(self._starter(directory, self.spare))

    def poll(self) -> None:
        """Let go of the workers that have ended; how they did is written down."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
