"""A declared curve over one run, or over several laid on each other, as a figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from tui_lab.experiment import Curve
from tui_lab.view_models.divergence import diverged_words
from tui_lab.view_models.figure import Figure, Floats, Line, Mark, Role
from tui_lab.view_models.number_format import short
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import Series, averaged, smooth

Axis = Literal["step", "epoch", "time"]
"""What lies along the horizontal axis."""

ROLES: tuple[Role, ...] = get_args(Role)[:6]
"""Given out in order, and again from the first where six are not enough."""
SIGNS = ("", "+", "x", "o")
"""What lines are drawn with each time the colours have been given out."""
CURSOR = "▼"
"""What stands over a step that is looked back at."""
FORK = "├"
"""What stands where a branch left its parent: the past before it is the parent's line alone."""
SMOOTHED_SPANS = 400
"""What a smoothed line is averaged into first. Smoothing then looks the same whether a run has
ten thousand steps or a million; with a weight per step it would vanish within one column."""
OF = " · "
"""Between the key and the run of an overlaid line, or what it is of many."""
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

    A key that is evaluated after each epoch and logged at each step too shows its steps from the
    first one on, as a `muted` shadow once there are evaluations. With `smoothing` (the weight of
    the past, below 1) the raw line stays as a shadow of the same name under the smooth one. `log`
    is the declaration's own choice when None. Each run has a colour where there are several, each
    key where there is one.
    """
    views = [("", view), *overlays]
    lines = [line for place in _places(views, curve) for line in place.lines(x, smoothing)]
    lines.sort(key=lambda line: line.role != "muted")  # shadows first: what comes later lies on top
    return Figure(
        lines=tuple(lines),
        marks=tuple(_marks(view, x)),
        log_y=curve.log if log is None else log,
        x_label="seconds" if x == "time" else x,
        x_range=extent_of([run for _, run in views], lines, x),
    )


def legend(figure: Figure) -> list[tuple[Role, str]]:
    """Role and text of each line with its last raw value: `("first", "train 0.00131")`.

    What all keys have in common is left out.
    """
    raw = {line.name: line for line in figure.lines if line.role == "muted"}
    shown = list({line.name: line for line in figure.lines if line.role != "muted"}.values())
    texts = _shortened([line.name for line in shown])
    return [
        (line.role, f"{text} {short(float(raw.get(line.name, line).y[-1]))}".strip())
        for line, text in zip(shown, texts, strict=True)
    ]


def nonfinite_note(view: RunView, curve: Curve, *, log: bool = False) -> str:
    """What the curve can't place, `3 non-finite from step 39`; empty when it places everything.
    Of a run that diverged it says that, with the step that is said everywhere.

    On a logarithmic axis values of 0 and below are counted too.
    """
    kept = [s for place in _places([("", view)], curve) for s in (place.steps, place.series) if s]
    firsts = [s.first_nonfinite for s in kept if s.first_nonfinite is not None]
    parts = []
    if firsts:
        lost = f"{sum(s.nonfinite for s in kept):,} non-finite"
        said = diverged_words(view.diverged)
        parts.append(f"{said}, {lost}" if said else f"{lost} from step {min(firsts):,}")
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


@dataclass(frozen=True)
class _Place:
    """A line there could be: a key of a run."""

    name: str
    run: RunView
    series: Series | None
    """As declared."""
    steps: Series | None
    """Of a key that is evaluated after each epoch: its value at each step, where it is logged."""
    is_overlay: bool
    """Whether it is of a run laid over another: shadows of several would hide each other."""
    role: Role
    dotted: bool | None
    sign: str

    def lines(self, x: Axis, smoothing: float) -> Iterator[Line]:
        """The steps, smoothed or not, and the evaluations over them."""
        steps, series = self._line(self.steps, x), self._line(self.series, x)
        if steps is not None and series is not None:
            if not self.is_overlay:
                shadow = f"{self.name} of each step"
                yield replace(steps, name=shadow, role="muted", dotted=None, sign="")
            if smoothing:
                yield smoothed(steps, smoothing)
            yield series
        elif (line := steps or series) is not None:
            if smoothing:
                yield replace(line, role="muted", dotted=None, sign="")
            yield smoothed(line, smoothing) if smoothing else line

    def _line(self, series: Series | None, x: Axis) -> Line | None:
        if series is None or not len(at := positions(series, self.run, x)):
            return None
        return Line(self.name, at, series.values, self.role, dotted=self.dotted, sign=self.sign)


def _places(views: Sequence[tuple[str, RunView]], curve: Curve) -> Iterator[_Place]:
    """Every line there could be, so that a key keeps its looks before the others have data."""
    for index, (label, run) in enumerate(views):
        for number, key in enumerate(curve.keys):
            name = f"{key}{OF}{label}" if label else key
            looks = _run_looks(index, number) if len(views) > 1 else looks_of_key(number)
            series, steps = _series(run, curve, key), _steps(run, curve, key)
            yield _Place(name, run, series, steps, index > 0, *looks)


def looks_of_key(number: int) -> tuple[Role, bool | None, str]:
    """Of a run alone: a colour for each key."""
    return ROLES[number % len(ROLES)], None, SIGNS[number // len(ROLES) % len(SIGNS)]


def _run_looks(index: int, number: int) -> tuple[Role, bool | None, str]:
    """Of one run among several: a colour for each run, the first for the run shown alone; its
    first key is drawn whole, the others in half their dots."""
    if index == 0:
        return ROLES[0], number > 0, ""
    round_, place = divmod(index - 1, len(ROLES) - 1)
    return ROLES[1 + place], number > 0, SIGNS[round_ % len(SIGNS)]


def series_shown(view: RunView, curve: Curve, key: str) -> Series | None:
    """The evaluations of a key where there are some, else its steps."""
    found = _series(view, curve, key)
    return found if found is not None and len(found) else _steps(view, curve, key)


def _steps(view: RunView, curve: Curve, key: str) -> Series | None:
    return view.series.get(("step", key)) if curve.every == "epoch" else None


def _series(view: RunView, curve: Curve, key: str) -> Series | None:
    """The series as declared, or the other kind where a key is never logged as declared."""
    found = view.series.get((curve.every, key))
    if found is None and curve.every == "step" and any(kind == "step" for kind, _ in view.series):
        return view.series.get(("epoch", key))
    return found  # the steps of what is evaluated are shown beside it


def positions(series: Series, view: RunView, x: Axis) -> Floats:
    """Where the points of a series lie along the axis."""
    if x == "time":
        return series.times
    return (series.steps - _origin(view, x)) / _per_unit(view, x)


def _per_unit(view: RunView, x: Axis) -> int:
    return view.steps_per_epoch if x == "epoch" and view.steps_per_epoch else 1


def _origin(view: RunView, x: Axis) -> int:
    return view.extent.offset if x == "epoch" and view.steps_per_epoch else 0


def smoothed(line: Line, weight: float) -> Line:
    """The moving average of a line; `weight` is that of the past."""
    x, y = averaged(line.x, line.y, SMOOTHED_SPANS)
    return replace(line, x=x, y=smooth(y, weight))


def _marks(view: RunView, x: Axis) -> Iterator[Mark]:
    for change in view.marks:
        at = change.t if x == "time" else (change.step - _origin(view, x)) / _per_unit(view, x)
        yield Mark(at, change.letter, change.text)
    request = view.started.request if view.started else {}
    if request.get("parent"):
        yield Mark(place_at(view, float(request.get("parent_step", 0)), x), FORK, "")
    if view.cursor is not None:
        yield Mark(place_at(view, float(view.cursor), x), CURSOR, "")


def place_at(view: RunView, step: float, x: Axis) -> float:
    """Where a step lies along the axis."""
    if x == "time":
        return _time(view, step)
    return (step - _origin(view, x)) / _per_unit(view, x)


def _time(view: RunView, step: float) -> float:
    """Seconds until a step, by the loss that was measured nearest to it."""
    line = view.series.get(("step", "train/loss"))
    if line is None or not len(line):
        return 0.0
    place = int(np.searchsorted(line.steps, step).clip(0, len(line) - 1))
    return float(line.times[place])


def cursor_note(view: RunView, curve: Curve) -> str:
    """`at 235: train 0.0213, test 0.0304` under the cursor; empty where there is none."""
    if view.cursor is None:
        return ""
    named = zip(curve.keys, _shortened(curve.keys), strict=True)
    found = [
        f"{name} {short(view.metrics[key])}".strip()
        for key, name in named
        if not math.isnan(view.metrics.get(key, math.nan))
    ]
    return f"at {view.cursor:,}: {', '.join(found)}" if found else f"at {view.cursor:,}"


def extent_of(
    views: Sequence[RunView], lines: Sequence[Line], x: Axis
) -> tuple[float, float] | None:
    """All the steps the runs will take where that is known; otherwise grown in jumps."""
    totals = [
        (view.total_steps - _origin(view, x)) / _per_unit(view, x) for view in views if view.started
    ]
    if x != "time" and totals and all(totals):
        return 0.0, float(max(totals))
    reached = max((float(line.x[-1]) for line in lines), default=0.0)
    return (0.0, round_up(reached)) if reached > 0 else None


def _shortened(names: Sequence[str]) -> list[str]:
    """`train/loss` and `test/loss` become `train` and `test`; `error/w`, `error/b` become `w`, `b`.

    The label of an overlaid run stays; where runs have one line each it is all that is needed.
    """
    keys = [name.partition(OF)[0] for name in names]
    labels = [name.partition(OF)[2] for name in names]
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
        f"{key}{OF}{label}" if label else key for key, (*_, label) in zip(kept, parts, strict=True)
    ]
