"""The whole-set metrics of a run after each epoch, as JSON; however many, they take no memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile

from tui_lab.events import MetricsLogged, RunEvent
from tui_lab.runs.encoding import dumps, dumps_finite

_COLUMNS = ("step", "epoch", "value")
_IN_MEMORY = 1 << 16
"""Bytes of one metric before they go to a file."""


def may_be_evaluated(line: bytes) -> bool:
    """Whether a line of a log may hold evaluations: not one of steps, and most are."""
    return b'"kind":"step"' not in line[:100]


class Evaluations:
    """Gathers them in files of its own, which are gone when it is closed."""

    def __init__(self) -> None:
        self._spools: dict[str, SpooledTemporaryFile[bytes]] = {}
        self._open = ExitStack()

    def close(self) -> None:
        """Let go of the files."""
        self._open.close()

    def gather(self, events: Iterable[RunEvent]) -> None:
        """Take over what there is of them in a log, in its order."""
        for event in events:
            if isinstance(event, MetricsLogged) and event.kind == "epoch":
                for key, column in event.columns.items():
                    rows = zip(event.steps, event.epochs, column, strict=False)
                    self._add(key, [list(values) for values in zip(*rows, strict=True)])

    def pieces(self) -> Iterator[bytes]:
        """`{key: {"step": […], "epoch": […], "value": […]}}`."""
        comma = b""
        yield b"{"
        for key, spool in self._spools.items():
            yield b"%b\n    %b: {" % (comma, dumps(key))
            for place, name in enumerate(_COLUMNS):
                yield b'%b\n      "%b": [' % (b"," if place else b"", name.encode())
                yield from _column(spool, place)
                yield b"]"
            yield b"\n    }"
            comma = b","
        yield b"\n  }" if comma else b"}"

    def _add(self, key: str, columns: list[list[object]]) -> None:
        if key not in self._spools:
            spool = SpooledTemporaryFile[bytes](max_size=_IN_MEMORY)
            self._spools[key] = self._open.enter_context(spool)
        for column in columns:
            self._spools[key].write(dumps_finite(column)[1:-1] + b"\n")


def _column(spool: SpooledTemporaryFile[bytes], place: int) -> Iterator[bytes]:
    """Every line of the spool that belongs to one of the columns, which take turns."""
    spool.seek(0)
    for index, line in enumerate(spool):
        if index % len(_COLUMNS) == place:
            yield (b"," if index >= len(_COLUMNS) else b"") + line[:-1]
