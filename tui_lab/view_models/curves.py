"""A declared curve over one run, or over several laid on each other, as a figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from tui_lab.experiment import Curve
from tui_lab.view_models.figure import Figure, Floats, Line, Mark, Role
from tui_lab.view_models.measurements import Kind
from tui_lab.view_models.number_format import short
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import Series, averaged, smooth

Axis = Literal["step", "epoch", "time"]
"""What lies along the horizontal axis."""

ROLES: tuple[Role, ...] = get_args(Role)[:6]
"""Given out in order, and again from the first where six are not enough."""
SMOOTHED_SPANS = 400
"""What a smoothed line is averaged into first. Smoothing then looks the same whether a run has
ten thousand steps or a million; with a weight per step it would vanish within one column."""
_OF = " · "
"""Between the key and the run of an overlaid line."""
_OWN = "this run"
"""The name of the run that others are laid over."""


def curve_figure(
    view: RunView,
    curve: Curve,
    *,
    x: Axis = "step",
    log: bool | None = None,
    smoothing: float = 0.0,
    overlays: Sequence[tuple[str, RunView]] = (),
) -> Figure:
    """The curve's keys as lines, first those of `view`, then of each overlay with its label.

    With `smoothing` (the weight of the past, below 1) the raw line stays as a `muted` shadow of
    the same name under the smooth one. `log` is the declaration's own choice when None.
    """
    views = [("", view), *overlays]
    lines = [
        Line(name, points, series.values, ROLES[index % len(ROLES)])
        for index, (name, run, series) in enumerate(_named(views, curve))
        if series is not None and len(points := _positions(series, run, x))
    ]
    return Figure(
        lines=tuple(_smoothed(lines, smoothing) if smoothing else lines),
        marks=tuple(_marks(view, x)),
        log_y=curve.log if log is None else log,
        x_label="seconds" if x == "time" else x,
        x_range=_range([run for _, run in views], lines, x),
    )


def legend(figure: Figure) -> list[tuple[Role, str]]:
    """Role and text of each line with its last raw value: `("first", "train 0.00131")`.

    What all keys have in common is left out.
    """
    raw = {line.name: line for line in figure.lines if line.role == "muted"}
    shown = [line for line in figure.lines if line.role != "muted"]
    texts = _shortened([line.name for line in shown])
    return [
        (line.role, f"{text} {short(float(raw.get(line.name, line).y[-1]))}".strip())
        for line, text in zip(shown, texts, strict=True)
    ]


def nonfinite_note(view: RunView, curve: Curve, *, log: bool = False) -> str:
    """What the curve can't place, `3 non-finite from step 39`; empty when it places everything.

    On a logarithmic axis values of 0 and below are counted too.
    """
    kept = [series for _, _, series in _named([("", view)], curve) if series is not None]
    firsts = [s.first_nonfinite for s in kept if s.first_nonfinite is not None]
    parts = []
    if firsts:
        parts.append(f"{sum(s.nonfinite for s in kept):,} non-finite from step {min(firsts):,}")
    if log and (count := sum(s.nonpositive for s in kept)):
        parts.append(f"{count:,} not above 0")
    return ", ".join(parts)


def round_up(value: float) -> float:
    """The next of 1, 2 or 5 times a power of ten, so that a growing axis moves in jumps."""
    if not (math.isfinite(value) and value > 0):
        return 1.0
    power = math.floor(math.log10(value))
    stops = (m * 10.0**k for k in (power, power + 1) for m in (1, 2, 5))
    stop = next((stop for stop in stops if stop >= value), value)
    return stop if math.isfinite(stop) else value


def _named(
    views: Sequence[tuple[str, RunView]], curve: Curve
) -> Iterator[tuple[str, RunView, Series | None]]:
    """Every line there could be, so that a key keeps its role before the others have data."""
    for label, run in views:
        for key in curve.keys:
            yield f"{key}{_OF}{label}" if label else key, run, _series(run, curve, key)


def _series(view: RunView, curve: Curve, key: str) -> Series | None:
    """The series as declared, or the other kind where a key is never logged as declared."""
    other: Kind = "step" if curve.every == "epoch" else "epoch"
    found = view.series.get((curve.every, key))
    if found is None and any(kind == curve.every for kind, _ in view.series):
        return view.series.get((other, key))
    return found


def _positions(series: Series, view: RunView, x: Axis) -> Floats:
    if x == "time":
        return series.times
    return series.steps / _per_unit(view, x)


def _per_unit(view: RunView, x: Axis) -> int:
    return view.steps_per_epoch if x == "epoch" and view.steps_per_epoch else 1


def _smoothed(lines: Sequence[Line], weight: float) -> Iterator[Line]:
    """Shadows first: what comes later is drawn on top."""
    for line in lines:
        yield Line(line.name, line.x, line.y, "muted")
    for line in lines:
        x, y = averaged(line.x, line.y, SMOOTHED_SPANS)
        yield Line(line.name, x, smooth(y, weight), line.role)


def _marks(view: RunView, x: Axis) -> Iterator[Mark]:
    for change in view.marks:
        at = change.t if x == "time" else change.step / _per_unit(view, x)
        yield Mark(at, change.letter, change.text)


def _range(views: Sequence[RunView], lines: Sequence[Line], x: Axis) -> tuple[float, float] | None:
    """All the steps the runs will take where that is known; otherwise grown in jumps."""
    totals = [view.total_steps / _per_unit(view, x) for view in views if view.started]
    if x != "time" and totals and all(totals):
        return 0.0, float(max(totals))
    reached = max((float(line.x[-1]) for line in lines), default=0.0)
    return (0.0, round_up(reached)) if reached > 0 else None


def _shortened(names: Sequence[str]) -> list[str]:
    """`train/loss` and `test/loss` become `train` and `test`; `error/w`, `error/b` become `w`, `b`.

    The label of an overlaid run stays; where runs have one line each it is all that is needed.
    """
    keys = [name.partition(_OF)[0] for name in names]
    labels = [name.partition(_OF)[2] for name in names]
    if any(labels) and len(set(keys)) == 1:
        return [label or _OWN for label in labels]
    parts = [(*key.partition("/"), label) for key, label in zip(keys, labels, strict=True)]
    if not all(tail for _, _, tail, _ in parts):
        return list(names)
    if len(parts) == 1 and parts[0][0] not in ("train", "test", "val"):
        kept = [""]  # the title of the chart says what its only line is
    elif len({tail for _, _, tail, _ in parts}) == 1:
        kept = [head for head, _, _, _ in parts]
    elif len({head for head, _, _, _ in parts}) == 1:
        kept = [tail for _, _, tail, _ in parts]
    else:
        return list(names)
    return [
        f"{key}{_OF}{label}" if label else key for key, (*_, label) in zip(kept, parts, strict=True)
    ]
