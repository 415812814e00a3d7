"""The log of a run that is imported: what was gathered, as the worker would have written it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from tui_lab.events import (
    GradientsLogged,
    MetricsLogged,
    RunEvent,
    RunFinished,
    RunStarted,
)
from tui_lab.exchange.epochs import steps_per_epoch
from tui_lab.exchange.gathered import ONCE, Floats, Gathered, Integers, Points
from tui_lab.exchange.rows import KINDS
from tui_lab.runs.encoding import finite

_ROWS = 1024
"""Of a block."""
_FIELDS = {"norm": "norm", "grad": "grad_norm", "update": "update"}
_WEIGHTS = {"step": 0, "gradients": 1, "epoch": 2, "evaluation": 2, "end": 3}
"""Of kinds of rows, as those that read a log weigh them."""
_Columns = tuple[Integers, Integers, Floats, dict[str, Floats]]
"""Steps, epochs, seconds, and the values of each metric that has those."""


def events_of(gathered: Gathered) -> Iterator[RunEvent]:
    """All that a log says of it, from the start of the run to its end."""
    origin = gathered.origin
    blocks: list[MetricsLogged | GradientsLogged] = []
    for kind in _kinds(gathered):
        blocks += _blocks(gathered, kind, origin)
    blocks += _gradients(gathered, origin)
    blocks.sort(key=_last)
    last = max((_last(block)[0] for block in blocks), default=0)
    epoch = max((e for p in gathered.points.values() for e in p.epochs), default=0)
    t = max((block.t for block in blocks), default=0.0)
    ended = last_values(gathered, ("end",))
    yield _started(gathered, origin, last)
    yield from blocks
    yield RunFinished(t=t, step=last, epoch=epoch, metrics=finite(ended))


def last_values(gathered: Gathered, kinds: Sequence[str] = KINDS) -> dict[str, float]:
    """Of each metric that at its greatest step, wherever in the file it stood. A value over a whole
    set counts more than one batch's, and what a run ended with more than both."""
    found: dict[str, tuple[tuple[int, int], float]] = {}
    for (kind, key), points in gathered.points.items():
        if kind in kinds:
            step, value = points.last
            place = _WEIGHTS[kind], step
            if key not in found or place >= found[key][0]:
                found[key] = place, value
    return {key: value for key, (_, value) in found.items()}


def _kinds(gathered: Gathered) -> list[str]:
    kinds = dict.fromkeys(kind for kind, _ in gathered.points)
    return [kind for kind in kinds if kind not in ONCE]


def _started(gathered: Gathered, origin: float, last: int) -> RunStarted:
    known = origin or gathered.started
    when = None if math.isnan(known) else datetime.fromtimestamp(known, UTC)
    return RunStarted(
        pid=0,
        host="",
        device="",
        device_name="",
        threads=0,
        started=when.isoformat(timespec="milliseconds") if when else "",
        total_steps=last,
        steps_per_epoch=steps_per_epoch(gathered),
        parameters=[{"name": name} for name in _parameters(gathered)],
    )


def _parameters(gathered: Gathered) -> list[str]:
    names = (key.partition("/")[2] for kind, key in gathered.points if kind == "gradients")
    return [name for name in dict.fromkeys(names) if name != "all"]


def _blocks(gathered: Gathered, kind: str, origin: float) -> Iterator[MetricsLogged]:
    for steps, epochs, times, columns in _columns(gathered, kind):
        seconds = _since(times, origin)
        if kind == "step":
            cuts = np.flatnonzero(np.diff(steps) != 1) + 1
            for stretch in np.split(np.arange(len(steps)), cuts):
                for first in range(0, len(stretch), _ROWS):
                    rows = stretch[first : first + _ROWS]
                    yield MetricsLogged(
                        t=float(seconds[rows[-1]]),
                        kind="step",
                        first=int(steps[rows[0]]),
                        columns={key: values[rows] for key, values in columns.items()},
                    )
            continue
        for first in range(0, len(steps), _ROWS):
            rows = np.arange(first, min(first + _ROWS, len(steps)))
            yield MetricsLogged(
                t=float(seconds[rows[-1]]),
                kind="epoch" if kind == "epoch" else "evaluation",
                steps=steps[rows].tolist(),
                epochs=epochs[rows].tolist(),
                columns={key: values[rows] for key, values in columns.items()},
            )


def _columns(gathered: Gathered, kind: str) -> Iterator[_Columns]:
    """Metrics that were measured at the same steps, together."""
    found: dict[bytes, _Columns] = {}
    for (of, key), points in gathered.points.items():
        if of == kind:
            steps, epochs, times, values = points.ordered()
            columns = found.setdefault(steps.tobytes(), (steps, epochs, times, {}))[3]
            columns[key] = values
    yield from found.values()


def _since(times: Floats, origin: float) -> Floats:
    """Seconds of the run; those that are not known are those before them."""
    return np.maximum.accumulate(np.maximum(np.nan_to_num(times - origin), 0.0))


def _gradients(gathered: Gathered, origin: float) -> list[GradientsLogged]:
    """Norms of parameters, a snapshot for each step."""
    states: dict[int, dict[str, dict[str, object]]] = {}
    seconds: dict[int, float] = {}
    for (kind, key), points in gathered.points.items():
        family, _, name = key.partition("/")
        if kind == "gradients" and family in _FIELDS and name != "all":
            _note(points, origin, _FIELDS[family], name, states, seconds)
    return [
        GradientsLogged(
            t=seconds[step],
            step=step,
            phase="",
            grad_enabled=True,
            graph=False,
            parameters=[{"name": name, **state} for name, state in there.items()],
        )
        for step, there in states.items()
    ]


def _note(
    points: Points,
    origin: float,
    field: str,
    name: str,
    states: dict[int, dict[str, dict[str, object]]],
    seconds: dict[int, float],
) -> None:
    steps, _, times, values = points.ordered()
    for step, t, value in zip(
        steps.tolist(), _since(times, origin).tolist(), values.tolist(), strict=True
    ):
        states.setdefault(step, {}).setdefault(name, {})[field] = finite(value)
        seconds[step] = t


def _last(event: MetricsLogged | GradientsLogged) -> tuple[int, int]:
    """The step that an event comes after, and its place among those of that step."""
    if isinstance(event, GradientsLogged):
        return event.step, 1
    if event.kind == "step":
        return event.first + max(map(len, event.columns.values())) - 1, 0
    return int(event.steps[-1]), 2
