"""A run's metrics as a table for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, BinaryIO

from tui_lab.errors import RunError, UsageError
from tui_lab.events import MetricsLogged, RunStarted
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps_finite
from tui_lab.runs.replacement import replacing
from tui_lab.runs.standing import Limits
from tui_lab.runs.tail import RunTail


def export_run(directory: RunDirectory, to: Path) -> Mapping[str, int]:
    """Write all measurements of a run to `to`, one row per step, evaluation and epoch, in the order
    they were made: .csv with a column per metric, .jsonl with an object per row. Returns the lines
    of the log that were passed over, by what was wrong with them.

    Raises `UsageError` for another suffix, `RunError` when `to` can't be written.
    """
    writers: dict[str, Callable[[_Log, BinaryIO], None]] = {".csv": _csv, ".jsonl": _jsonl}
    writer = writers.get(to.suffix.lower())
    if writer is None:
        raise UsageError(f"{to} has no known suffix; a run is exported to .csv or .jsonl.")
    directory.request()  # a directory that is no run must not become an empty table
    log = _Log(directory)
    try:
        with replacing(to, mode=0o666) as file:
            writer(log, file)
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error
    return log.damage


def _csv(log: _Log, file: BinaryIO) -> None:
    # Twice over the log, as a run of a million steps need not fit in memory; a run that goes on
    # meanwhile must not bring in a key that has no column.
    keys: dict[str, None] = {}
    count = 0
    for block in log.blocks():
        keys.update(dict.fromkeys(block.columns))
        count += 1
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("step", "epoch", "kind", *keys))
    for block in islice(log.blocks(), count):
        writer.writerows(block.rows(keys))
    text.detach()


def _jsonl(log: _Log, file: BinaryIO) -> None:
    for block in log.blocks():
        keys = tuple(block.columns)
        for step, epoch, kind, *values in block.rows(keys):
            given = {k: v for k, v in zip(keys, values, strict=True) if v is not None}
            row = {"step": step, "epoch": epoch, "kind": kind, **given}
            file.write(dumps_finite(row) + b"\n")


@dataclass(frozen=True)
class _Block:
    """Consecutive rows; a column that ends early leaves the rest of its cells empty."""

    steps: Sequence[int]
    epochs: Sequence[int | None]
    kind: str
    columns: Mapping[str, Sequence[Any]]

    def rows(self, keys: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Step, epoch, kind and a value or None per key."""
        columns = (chain(self.columns.get(key, ()), repeat(None)) for key in keys)
        return zip(self.steps, self.epochs, repeat(self.kind), *columns, strict=False)


class _Log:
    """A run's log as blocks of rows."""

    def __init__(self, directory: RunDirectory) -> None:
        self._path = directory.events_path
        self._settled = directory.status().is_finished
        self._limits = Limits.of(self._path, settled=self._settled)
        self.damage: Mapping[str, int] = {}
        """What was passed over when it was last read to its end."""

    def blocks(self) -> Iterator[_Block]:
        """All of them; it can be read again."""
        tail = RunTail(self._path, settled=self._settled)
        steps_per_epoch = offset = 0
        for event in self._limits.standing(tail):
            if isinstance(event, RunStarted):
                steps_per_epoch, offset = event.steps_per_epoch, event.epoch_offset
            elif isinstance(event, MetricsLogged):
                yield _block(event, steps_per_epoch, offset)
        self.damage = tail.damage


def _block(event: MetricsLogged, steps_per_epoch: int, offset: int) -> _Block:
    if event.kind != "step":
        return _Block(event.steps, event.epochs, event.kind, event.columns)
    rows = max(map(len, event.columns.values()), default=0)
    steps = range(event.first, event.first + rows)
    epochs = [_epoch(step - offset, steps_per_epoch) for step in steps]
    return _Block(steps, epochs, event.kind, event.columns)


def _epoch(step: int, steps_per_epoch: int) -> int | None:
    """The epoch a step belongs to, both from 1; None when epochs have no fixed length."""
    return (step - 1) // steps_per_epoch + 1 if steps_per_epoch > 0 else None
