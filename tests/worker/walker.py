"""A real run in a real process, as the tests of the worker hold it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tui_lab.commands import Acknowledgement, Command
from tui_lab.events import MetricsLogged, RunEvent
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events
from tui_lab.worker.client import RunClient
from tui_lab.worker.process import WorkerProcess

E = TypeVar("E")
Until = Callable[[Callable[[], object]], None]
Walk = Callable[..., "Walker"]

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
