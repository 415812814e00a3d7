"""The batches of a program, epoch after epoch, and which step ends the epoch under way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui_lab.training.program import Program
from tui_lab.worker.position import Position


class Epochs:
    """Hands out the batches of a program that stands at `position`. A run that is taken up goes on
    with the epoch under way, of which `taken` batches lie behind."""

    def __init__(self, program: Program, position: Position, taken: int = 0) -> None:
        self._program = program
        self._position = position
        self.batches: Iterator[Any] = iter(())
        """What is left of the epoch."""
        self.last = 0
        """The step that ends it."""
        self.go_on(taken)

    def go_on(self, taken: int = 0) -> None:
        """Go on with the epoch under way, or draw the order of the next, if there is to be one."""
        self.last = self._position.step
        if self._position.epoch < self._program.epochs:
            self.batches = iter(self._program.batches)
            self.last += len(self._program.batches) - taken

    @property
    def taken(self) -> int:
        """Batches of the epoch under way that lie behind."""
        left = self.last - self._position.step
        return len(self._program.batches) - left if left else 0

    @property
    def is_over(self) -> bool:
        """Whether every batch of the epoch was taken."""
        return self._position.step >= self.last

    def leave_out(self) -> None:
        """Take no step with the next batch."""
        next(self.batches)
        self.last -= 1

    def end(self) -> None:
        """The epoch is over; raises `RuntimeError` when there is still a batch."""
        for _ in self.batches:
            raise RuntimeError("The epoch has more batches than len(program.batches).")
