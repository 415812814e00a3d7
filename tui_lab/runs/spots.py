"""Lines of a log of one kind: which step each is of, and where it begins."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from tui_lab.checks import LARGEST

_BYTES = 8


class Spots:
    """Steps and bytes, in the order of the log."""

    def __init__(self) -> None:
        self._steps = array("q")
        self._offsets = array("q")

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._steps, self._offsets, strict=True)

    def add(self, step: int, offset: int) -> None:
        """The line that begins there is of that step."""
        self._steps.append(min(step, LARGEST))
        self._offsets.append(offset)

    def add_ascending(self, step: int, offset: int) -> None:
        """The same, unless one of a later step is there: a log that is foreign or damaged."""
        if not self._steps or step >= self._steps[-1]:
            self.add(step, offset)

    def cut_after(self, step: int) -> None:
        """Lines of later steps never were."""
        stays = [(at, offset) for at, offset in self if at <= step]
        if len(stays) < len(self):
            self._steps = array("q", [at for at, _ in stays])
            self._offsets = array("q", [offset for _, offset in stays])

    def last(self) -> int:
        """Where the last begins; -1 when there is none."""
        return self._offsets[-1] if self._offsets else -1

    def newest(self, step: int) -> tuple[int, int] | None:
        """Where the newest of no later step begins, and the next after it, which is -1 at the end;
        for ascending ones. None where all are later."""
        place = bisect_right(self._steps, step)
        if not place:
            return None
        return self._offsets[place - 1], self._offsets[place] if place < len(self) else -1

    def until(self, step: int) -> list[int]:
        """Where each begins that is of no later step."""
        return [offset for at, offset in self if at <= step]

    def to_bytes(self) -> bytes:
        """All of them, for this machine."""
        return self._steps.tobytes() + self._offsets.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Spots:
        """The spots that were written; raises `ValueError` for what is none."""
        half = len(data) // 2
        if half % _BYTES or 2 * half != len(data):
            raise ValueError("steps and bytes are of one number.")
        spots = cls()
        spots._steps.frombytes(data[:half])
        spots._offsets.frombytes(data[half:])
        return spots
