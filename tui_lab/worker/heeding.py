"""Finds out a live hyperparameter that a program ignores: turned, and never read since."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tui_lab.training.program import Program, Values

_STEPS = 50
"""Steps in which what is heeded at steps at all is read; a schedule may look at every tenth."""


class Heeding:
    """Watches what a program reads of its `hp`, from the time a value is changed until it is read,
    or an epoch and some steps are over; at other times reading costs what it always does.

    `say` is told of a hyperparameter that was not read, and the step it was changed at.
    """

    def __init__(self, program: Program, say: Callable[[str, int], object]) -> None:
        self._program = program
        self._say = say
        self._changed: dict[str, tuple[int, int]] = {}
        """By name: the step and the epoch before which it was changed."""
        self._read: set[str] = set()
        self._noting = noting(self._read)

    def watch(self, names: Iterable[str], step: int, epoch: int) -> None:
        """These are about to be changed, `step` steps and `epoch` epochs being over."""
        for name in names:
            self._changed[name] = (step, epoch)
            self._read.discard(name)
        if self._changed:
            self._program.hp.__class__ = self._noting

    def look(self, step: int, epoch: int) -> None:
        """See what was read, `step` steps and `epoch` epochs being over."""
        if not self._changed:
            return
        for name, (at, before) in list(self._changed.items()):
            is_over = step >= at + _STEPS and epoch > before
            if name in self._read or is_over:
                del self._changed[name]
            if is_over and name not in self._read:
                self._say(name, at + 1)
        if not self._changed:
            self._program.hp.__class__ = Values


def noting(read: set[str]) -> type[Values]:
    """A kind of values that adds the names of those that are read to `read`."""

    class Noting(Values):
        """Notes which of its values are read."""

        def __getattribute__(self, name: str) -> Any:
            read.add(name)
            return super().__getattribute__(name)

    return Noting
