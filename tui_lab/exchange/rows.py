"""A run's measurements as rows, in one order for equal runs.

By step; of one step first what the step measured, then its gradients as they were looked at, the
whole sets after an epoch, evaluations asked for, and what the run ended with. A log is written as
things come about, so that its order depends on the time; here it is read once for each kind of
block, and those are merged: a run of millions of steps need not fit in memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Any

from tui_lab.checks import number
from tui_lab.declaration import from_json
from tui_lab.events import GradientsLogged, RunEvent
from tui_lab.exchange.blocks import Block, Blocks
from tui_lab.experiment import Metric
from tui_lab.plugins import declared_by
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.standing import Limits
from tui_lab.runs.tail import RunTail
from tui_lab.watching import TrainingFound

KINDS = ("step", "gradients", "epoch", "evaluation", "end")
"""What a row is of, in the order of the rows of one step."""
_FAMILIES = ("", "norm", "grad", "update")
_MOST_SETS = 8
"""Sets of columns for each of which the log is read once more; those of others fit in memory."""

_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}

Place = tuple[str, tuple[str, ...]]
"""The kind and the columns of blocks, whose steps ascend."""


@dataclass(frozen=True)
class Row:
    """What was measured at a step, of one kind."""

    step: int
    kind: str
    epoch: int | None
    """None where epochs have no fixed length."""
    seconds: float
    """Of training, since the run started."""
    values: Mapping[str, Any]
    """Numbers; those that JSON has no form for are "NaN", "Infinity", "-Infinity"."""


@dataclass
class _Survey:
    """What the first reading of a log found."""

    keys: dict[str, None] = field(default_factory=dict)
    parameters: dict[str, None] = field(default_factory=dict)
    counts: dict[Place, int] = field(default_factory=dict)
    """Blocks of each."""
    scattered: set[Place] = field(default_factory=set)
    """Those whose steps do not ascend after all."""
    last: dict[Place, int] = field(default_factory=dict)


class Measured:
    """All that a run measured.

    Without `timed` what depends on the time is left out: when it was, and the gradients, which are
    looked at when there is time; those of the last step stand in the row of the end.
    """

    def __init__(self, directory: RunDirectory, *, timed: bool = True) -> None:
        """Reads the log once; raises `RunUnreadable`."""
        self.directory = directory
        self.request = directory.request()  # a directory that is no run must not become a table
        self.timed = timed
        self._found: TrainingFound | None = None
        self.started: datetime | None = None
        """When the run's first second began, in UTC; None where the log does not say."""
        self._settled = directory.status().is_finished
        self._limits = Limits.of(directory.events_path, settled=self._settled)
        self.damage: Mapping[str, int] = {}
        """Lines of the log that were passed over, by what is wrong with them."""
        self._survey = self._look()
        self.keys = _ordered(self._survey, [metric.key for metric in self._declared()])
        """Of every metric, in the order of the columns: as declared, then by name; but norms,
        gradients and updates at last, in the order of parameters."""

    def rows(self) -> Iterator[Row]:
        """All of them, in their order; it can be read again."""
        places = [*self._survey.counts]
        streamed = [p for p in places if p not in self._survey.scattered][:_MOST_SETS]
        streams = [self._stream(place) for place in streamed]
        rest = set(places) - set(streamed)
        if rest:
            streams.append(iter(self._gathered(rest)))
        for _, same in groupby(merge(*streams, key=_in_order), key=_in_order):
            yield _one(list(same))

    def moment(self, seconds: float) -> str:
        """A time of the run as ISO 8601 in UTC; empty where it is not known when that began."""
        if self.started is None or not math.isfinite(seconds):
            return ""
        return (self.started + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")

    def _declared(self) -> Sequence[Metric]:
        if self._found is not None:
            return from_json(self._found.declaration).metrics
        experiment = declared_by(self.request)
        return experiment.metrics if experiment is not None else ()

    def _look(self) -> _Survey:
        survey, blocks = _Survey(), Blocks()
        tail = RunTail(self.directory.events_path, settled=self._settled)
        for event in self._limits.standing(tail):
            if block := self._block(blocks, event):
                _note(survey, block)
        self.damage = tail.damage
        self.started, self._found = blocks.started, blocks.found
        survey.parameters = dict.fromkeys(blocks.parameters)
        return survey

    def _block(self, blocks: Blocks, event: RunEvent) -> Block | None:
        if isinstance(event, GradientsLogged) and not self.timed:
            return None
        return blocks.take(event)

    def _blocks(self, wanted: Callable[[bytes], bool]) -> Iterator[Block]:
        blocks = Blocks()
        tail = RunTail(self.directory.events_path, settled=self._settled, wanted=wanted)
        for event in self._limits.standing(tail):
            if block := self._block(blocks, event):
                yield block

    def _stream(self, place: Place) -> Iterator[Row]:
        """The rows of blocks of one kind with these columns: as many as there were at first, as a
        run may go on meanwhile."""
        found = self._blocks(_WANTED[place[0]])
        fitting = (block for block in found if _place(block) == place)
        for block in islice(fitting, self._survey.counts[place]):
            yield from _rows(block)

    def _gathered(self, places: set[Place]) -> list[Row]:
        blocks = self._blocks(lambda line: True)
        rows = [row for block in blocks if _place(block) in places for row in _rows(block)]
        return sorted(rows, key=_in_order)


def _in_order(row: Row) -> tuple[int, int]:
    return row.step, _RANKS[row.kind]


def _ordered(survey: _Survey, order: Sequence[str]) -> tuple[str, ...]:
    declared = {key: place for place, key in enumerate(order)}
    parameters = {name: place for place, name in enumerate((*survey.parameters, "all"))}

    def place(key: str) -> tuple[int, int, int, str]:
        family, _, name = key.partition("/")
        if key in declared:
            return -1, declared[key], 0, key
        if family in _FAMILIES and name in parameters:
            return 1, _FAMILIES.index(family), parameters[name], key
        return 0, 0, 0, key

    return tuple(sorted(survey.keys, key=place))


def _note(survey: _Survey, block: Block) -> None:
    place = _place(block)
    first, last = block.steps[0], block.steps[-1]
    if first < survey.last.get(place, first) or last < first:
        survey.scattered.add(place)
    survey.last[place] = max(last, survey.last.get(place, last))
    survey.counts[place] = survey.counts.get(place, 0) + 1
    survey.keys.update(dict.fromkeys(block.columns))


def _place(block: Block) -> Place:
    return block.kind, tuple(block.columns)


def _rows(block: Block) -> Iterator[Row]:
    count = len(block.steps)
    columns = [(key, values, len(values)) for key, values in block.columns.items()]
    share = (block.t - block.since) / count
    for i, step in enumerate(block.steps):
        values = {key: column[i] for key, column, length in columns if i < length}
        seconds = block.t if i == count - 1 else block.since + share * (i + 1)
        yield Row(step, block.kind, block.epochs[i], seconds, values)


def _one(rows: list[Row]) -> Row:
    """Several rows of one place as one; what was written last counts."""
    if len(rows) == 1:
        return rows[0]
    values = {key: value for row in rows for key, value in row.values.items()}
    last = rows[-1]
    return Row(last.step, last.kind, last.epoch, last.seconds, values)


def _of(*types: bytes) -> Callable[[bytes], bool]:
    known = (*types, b'"run_started"', b'"run_resumed"', b'"training_found"')
    return lambda line: any(word in line[:100] for word in known)


_WANTED: Mapping[str, Callable[[bytes], bool]] = {
    "step": _of(b'"kind":"step"'),
    "epoch": _of(b'"kind":"epoch"'),
    "evaluation": _of(b'"kind":"evaluation"'),
    "gradients": _of(b'"gradients"'),
    "end": _of(b'"run_finished"', b'"run_stopped"', b'"run_failed"'),
}
"""Lines of the log that may hold blocks of a kind, or say where their rows stand."""


def as_float(value: Any) -> float:
    """A value of a row, whatever its form; one that is no number is NaN."""
    try:
        return number(value)
    except ValueError:
        return math.nan
