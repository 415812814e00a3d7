"""Whole-set metrics that stay on the card until a block is written, measured by a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.program import Program, Values
from tui_lab.worker.captured.card import Card, NotRecorded, Recording
from tui_lab.worker.captured.proof import Proof
from tui_lab.worker.captured.rehearsal import Rehearsal
from tui_lab.worker.captured.standing import Standing, standing
from tui_lab.worker.captured.untouched import untouched

_IN_VAIN = 8
"""Rehearsals in a row that no recording was made of."""


@dataclass(frozen=True)
class Measured:
    """The values of metrics, on their device."""

    keys: tuple[str, ...]
    values: Tensor


def read(measured: Sequence[Measured]) -> list[dict[str, float]]:
    """The numbers of several, copied at once."""
    if not measured:
        return []
    numbers = torch.cat([each.values for each in measured]).tolist()
    found, begin = [], 0
    for each in measured:
        end = begin + len(each.keys)
        found.append(dict(zip(each.keys, numbers[begin:end], strict=True)))
        begin = end
    return found


class RecordedMeasures:
    """What a program's `evaluate` gives, at the speed of its card: as it gives it the first times
    from where the program stands, and from then on by a recording, where there can be one that
    gives the same."""

    def __init__(self, program: Program, card: Card, stands: Callable[[], int]) -> None:
        """`stands` tells one standing of the program from another; 0 where it is not certain."""
        self._program = program
        self._card = card
        self._stands = stands
        self._seen = 0
        """What it told when the program stood as known."""
        self._known: Standing | None = None
        self._moved: dict[int, Tensor] = {}
        self._recording: Recording | None = None
        self._keys: tuple[str, ...] = ()
        self._values = torch.zeros(0)
        self._in_vain = 0
        self.refused = ""
        """Why it is measured as ever; empty where it is not."""

    def __call__(self) -> Measured | Mapping[str, Any]:
        """Measure; to be called without gradients. Raises what the program does."""
        if self.refused or type(self._program.hp) is not Values:
            return self._program.evaluate()
        if not self._is_known():
            return self._rehearse()
        if self._recording is None:
            return self._prove()
        self._in_vain = 0
        self._recording.replay()
        return Measured(self._keys, self._values.clone())

    def _is_known(self) -> bool:
        """Whether the program stands as it did when it was rehearsed."""
        now = self._stands()
        if now and now == self._seen:
            return True
        try:
            found = self._known is not None and standing(self._program) == self._known
        except Exception:  # of what stands in a program of anyone's own; a rehearsal says it
            return False
        self._seen = now if found else self._seen
        return found

    def _rehearse(self) -> Mapping[str, Any]:
        self._known = self._recording = None
        self._seen = 0
        rehearsal = Rehearsal(self._program, self._card)
        with rehearsal.within():
            measured = self._program.evaluate()
        odd = [key for key, value in measured.items() if not _is_number(value)]
        self.refused = rehearsal.reason or (f"{odd[0]} is no number" if odd else "")
        self._in_vain += 1
        if self._in_vain >= _IN_VAIN:
            self.refused = self.refused or "what it depends on changes all the time"
        if not (self.refused or rehearsal.changed):
            self._known, self._moved = rehearsal.after, rehearsal.moved
        return measured

    def _prove(self) -> Mapping[str, Any]:
        """Measure as ever, and see whether a recording gives the same."""
        program = self._program
        try:
            with untouched(program):
                recording = self._card.record(self._measure)
            proof = Proof(program, self._moved.values())
            proof.replay(recording, [], lambda: {"it": self._values})
        except NotRecorded as error:
            self.refused = str(error)
            return program.evaluate()
        measured = program.evaluate()
        try:
            differs = proof.differing({"it": self._stacked(measured)})
        except NotRecorded as error:
            differs = str(error)
        if differs or tuple(measured) != self._keys:
            self.refused = f"a recording of it gives other numbers ({differs} differs)"
        else:
            self._recording = recording
        return measured

    def _measure(self) -> None:
        """Part of a recording."""
        with torch.no_grad():
            measured = self._program.evaluate()
        self._keys, self._values = tuple(measured), self._stacked(measured)

    def _stacked(self, measured: Mapping[str, Any]) -> Tensor:
        return torch.stack([self._number(value) for value in measured.values()])

    def _number(self, value: Any) -> Tensor:
        if isinstance(value, Tensor) and value.device.type == self._card.device.type:
            return value.detach().reshape(()).double()
        # What is on the host does not change while the program stands as it does.
        return torch.full((), float(value), dtype=torch.float64, device=self._card.device)


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, Real)
