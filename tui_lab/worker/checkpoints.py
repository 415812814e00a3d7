"""States of a run that were captured on the way, to go back to."""

from __future__ import annotations

from dataclasses import dataclass

from tui_lab.events import CheckpointWritten
from tui_lab.training.program import Program
from tui_lab.training.state import State, capture


@dataclass(frozen=True)
class Place:
    """Steps and epochs completed, batches taken of the epoch under way, and the time of the run."""

    step: int
    epoch: int
    taken: int
    t: float


@dataclass(frozen=True)
class Capture:
    """The state of a program at some place."""

    place: Place
    state: State


class Checkpoints:
    """Keeps captured states of one program in memory."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._kept: list[Capture] = []

    def next_due(self, step: int) -> int:
        """The next step after `step` whose state is to be kept: a power of two."""
        return 1 << step.bit_length()

    def is_due(self, step: int) -> bool:
        """Whether the state after `step` is to be kept."""
        return step & (step - 1) == 0

    def take(self, place: Place, reason: str = "") -> None:
        """Capture the program; raises `TypeError` for one that can't be."""
        self._kept.append(Capture(place, capture(self._program)))

    def latest(self, step: int) -> Capture | None:
        """The newest kept at or before `step`."""
        found = [kept for kept in self._kept if kept.place.step <= step]
        return found[-1] if found else None

    def forget_after(self, step: int) -> None:
        """The run went back: what came after `step` never happened."""
        self._kept = [kept for kept in self._kept if kept.place.step <= step]

    def written(self) -> list[CheckpointWritten]:
        """Those that are on disk since asked last."""
        return []

    def complaints(self) -> list[str]:
        """What went wrong since asked last."""
        return []

    def flush(self) -> None:
        """Wait for those on their way."""

    def close(self) -> None:
        """Wait for those on their way, and take no more."""
