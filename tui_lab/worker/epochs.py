"""The batches of a program, epoch after epoch, and what a run comes to on the way: the end of an
epoch, a step after which to measure, the last step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from tui_lab.errors import ExperimentError
from tui_lab.training.passes import length
from tui_lab.training.program import Program
from tui_lab.worker.position import Position

_NO_END = sys.maxsize


class Epochs:
    """Hands out the batches of a program that stands at `position`. A run that is taken up goes on
    with the epoch under way, of which `taken` batches lie behind.

    One that is not `bounded` goes on after the program's last epoch.
    """

    def __init__(
        self, program: Program, position: Position, taken: int = 0, *, bounded: bool = True
    ) -> None:
        self._program = program
        self._position = position
        self._bounded = bounded
        self._begun = 0
        """The step before the first of the epoch, had no batch been left out."""
        self._owed = 0
        """Batches of the next epoch that are to be left out."""
        self.batches: Iterator[Any] = iter(())
        """What is left of the epoch."""
        self.last = 0
        """The step that ends it, as far as is known; batches of no known number end by ending."""
        self.is_closed = False
        """Whether the program is done, wherever in the epoch."""
        self.go_on(taken)

    def go_on(self, taken: int = 0) -> None:
        """Go on with the epoch under way, or draw the order of the next, if there is to be one."""
        step, program = self._position.step, self._program
        self._begun, self.last = step - taken, step
        if not self._bounded or self._position.epoch < program.epochs:
            self.batches = iter(program.batches)
            count = length(program.batches)
            self.last = _NO_END if count is None else self._begun + count
            if count == 0:
                self.exhaust()
            while self._owed:
                self._owed -= 1
                self.leave_out()

    @property
    def taken(self) -> int:
        """Batches of the epoch under way that lie behind."""
        return 0 if self.is_over else self._position.step - self._begun

    @property
    def due(self) -> int:
        """The next step at which something ends or is to be measured."""
        step, every = self._position.step, self._program.evaluate_every
        measured = step - step % every + every if every else _NO_END
        return min(self.last, self._program.total_steps or _NO_END, measured)

    @property
    def is_over(self) -> bool:
        """Whether every batch of the epoch was taken."""
        return self._position.step >= self.last

    @property
    def is_done(self) -> bool:
        """Whether there is no other step, as things stand."""
        total = self._program.total_steps
        return self.is_over or self.is_closed or bool(total and self._position.step >= total)

    def arrive(self, *, stepped: bool) -> bool:
        """The run stands where it `stepped`, or had no batch left to: end the epoch if it is over,
        and tell the program. Whether the whole sets are to be measured here.

        Raises `RuntimeError` when there are more batches than there should be.
        """
        step, program = self._position.step, self._program
        if ended := self.is_over:
            self._end()
            self._position.epoch += 1
            program.epoch_ended()
        every, is_last = program.evaluate_every, step == program.total_steps
        if not every:
            return ended or (stepped and is_last)
        if step % every == 0:
            return stepped
        return (stepped and is_last) or (ended and self._position.epoch >= program.epochs)

    def leave_out(self) -> None:
        """Take no step with the next batch; where none is left of this epoch, of the next."""
        if next(self.batches, self) is self:
            self.exhaust()
            self._owed += 1
            return
        self._begun -= 1
        self.last -= 1

    def exhaust(self) -> None:
        """There are no more batches, and so the epoch is over. Raises `ExperimentError` where there
        were none at all."""
        if not self.taken:
            raise ExperimentError(
                f"Epoch {self._position.epoch + 1} has no batches: self.batches must be something "
                "that every epoch can go through anew; of a generator give the function."
            )
        self.last = self._position.step

    def _end(self) -> None:
        for _ in self.batches:
            raise RuntimeError("The epoch has more batches than len(program.batches).")
