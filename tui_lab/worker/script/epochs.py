"""The epochs of a script: how far its data loader is, and how many there will be."""

from __future__ import annotations

import ast
import math
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any

from tui_lab.worker.script.places import loops, own_frames, place_of, variable

_COUNTING = ("range", "trange")
_TRAINERS = ("max_epochs", "num_train_epochs")
"""What trainers call it: Lightning, Transformers."""


class ScriptEpochs:
    """Follows the data loader that training began with."""

    def __init__(self) -> None:
        self._loaders: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._batches: dict[int, int | None] = {}
        self._drawn: weakref.ref[Any] | None = None
        self._lead: int | None = None
        self._last_end = 0
        self._updates = 1
        self._told: int | None = None
        self.steps_per_epoch = 0
        """0 while it is not known."""
        self.total_steps = 0

    def told(self, over: int, step: int) -> bool:
        """The script says after `step` steps that so many epochs are over, and counts them from now
        on; whether they are more than it said before."""
        before = self._told
        self._told = max(over, before or 0)
        if before is not None and over > before and step > self._last_end:
            self._end(step)
        return before is None or over > before

    def begun(self, iterator: Any, loader: Any, batches: int | None, step: int) -> bool:
        """An iteration begins after `step` steps; whether one of the training's was left early."""
        self._loaders[iterator] = id(loader)
        self._batches[id(loader)] = batches
        return id(loader) == self._lead and self._is_over(step)

    def drawn(self, iterator: Any) -> None:
        """A batch was drawn."""
        if self._lead is None:
            self._drawn = weakref.ref(iterator)

    def trains(self, frame: FrameType | None, optimizers: int) -> None:
        """The first backward pass comes, where a script stands; each of its optimizers is taken to
        update once with each batch."""
        self._updates = max(1, optimizers)
        iterator = self._drawn() if self._drawn is not None else None
        self._lead = self._loaders.get(iterator) if iterator is not None else None
        self._expect(1, frame)

    def accumulates(self, micro_batches: int, frame: FrameType | None) -> None:
        """The first step took so many backward passes."""
        if micro_batches > 1:
            self._expect(micro_batches, frame)

    def stepped(self, step: int) -> bool:
        """Whether an epoch of a known length is over with this step. Loaders that fetch ahead are
        exhausted some batches before."""
        known = self.steps_per_epoch and self._lead is not None
        return bool(known and step - self._last_end >= self.steps_per_epoch and self._is_over(step))

    def exhausted(self, iterator: Any, step: int) -> bool:
        """Whether an epoch is over with this iteration, whose length nobody knew."""
        is_lead = self._lead is not None and self._loaders.get(iterator) == self._lead
        unknown = is_lead and self._batches.get(self._lead or 0) is None
        return unknown and self._is_over(step)

    def _is_over(self, step: int) -> bool:
        """Whether an epoch that nobody else counts is over."""
        return self._told is None and step > self._last_end and self._end(step)

    def _end(self, step: int) -> bool:
        taken, self._last_end = step - self._last_end, step
        if self.steps_per_epoch:
            self.total_steps = self.total_steps // self.steps_per_epoch * taken
        self.steps_per_epoch = taken
        return True

    def _expect(self, micro_batches: int, frame: FrameType | None) -> None:
        counts = list(_counts(frame))
        batches = self._batches.get(self._lead) if self._lead is not None else None
        if batches:
            self.steps_per_epoch = math.ceil(batches / micro_batches) * self._updates
            epochs = counts[-1] if counts else _told(frame)
            self.total_steps = self.steps_per_epoch * epochs
        elif self._lead is None:
            self.total_steps = math.prod(counts) * self._updates if counts else 0


def _told(frame: FrameType | None) -> int:
    """The epochs that a trainer speaks of, which has the loop itself; 0 where none does."""
    while frame is not None:
        for name in _TRAINERS:
            epochs = getattr(frame.f_locals.get("self"), name, None)
            if type(epochs) is int and epochs > 0:
                return epochs
        frame = frame.f_back
    return 0


def _counts(frame: FrameType | None) -> Iterator[int]:
    """How often the loops around a place go round that say so, from the innermost outwards."""
    for each in own_frames(frame):
        place = place_of(each)
        for loop in loops(place) if place is not None else ():
            count = _count(loop.iter, each)
            if count is not None:
                yield count


def _count(expression: ast.expr, frame: FrameType) -> int | None:
    """The length of `range(…)`, wrapped in a progress bar or not; None where it can't be told."""
    if not isinstance(expression, ast.Call):
        return None
    name = ast.unparse(expression.func).rpartition(".")[2]
    if name not in _COUNTING:
        return _count(expression.args[0], frame) if expression.args else None
    bounds = [_whole(argument, frame) for argument in expression.args]
    if not bounds or None in bounds:
        return None
    return len(range(*[bound for bound in bounds if bound is not None]))


def _whole(expression: ast.expr, frame: FrameType) -> int | None:
    match expression:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name() | ast.Attribute():
            found = variable(ast.unparse(expression), frame)
            return found if type(found) is int else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            sides = _whole(left, frame), _whole(right, frame)
            return None if None in sides else sum(side for side in sides if side is not None)
    return None
