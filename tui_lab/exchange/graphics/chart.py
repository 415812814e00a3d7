"""A figure laid out as a picture: title, legend, axes with their grid, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tui_lab.exchange.formats import Size
from tui_lab.exchange.graphics.drawing import Drawing, dashes_of
from tui_lab.exchange.graphics.shapes import Dots, Ink, Path, Scale, Scene, Shape, Words, breadth
from tui_lab.plots import limits
from tui_lab.plots.axes import Axis, Ticks, drawn
from tui_lab.view_models.figure import Figure, Line, Role

_PAD, _LINE = 14.0, 17.0
_TICK = 11.0
"""Size of the letters at the axes."""
_PER_TICK = (90, 45)
"""Pixels for each tick across and upwards."""
_MOST_MARKS = 8
"""Marks that are named below a chart."""


@dataclass(frozen=True)
class Caption:
    """What stands around a chart."""

    title: str
    legend: Sequence[tuple[Role, str]] = ()
    note: str = ""
    """What it can't show, in a few words."""


def chart(figure: Figure, caption: Caption, size: Size) -> Scene:
    """The figure as a picture of this size in pixels."""
    width, height = size
    above = list(_heading(figure, caption, width))
    top = max(shape.y for shape in above if isinstance(shape, Words)) + 20
    if figure.is_empty:
        message = Words(width / 2, height / 2, figure.note or "no data yet", "label", 12, "middle")
        return Scene(width, height, (*above, message), caption.title)
    named = [f"{mark.label}  {mark.text}" for mark in figure.marks if mark.text]
    below = list(_marks(named, height))
    bottom = height - _PAD - _LINE * (len(below) + 1 + bool(figure.x_label))
    x = limits.x_axis(figure, None)
    lines = [limits.thinned(line, x, width, figure) for line in figure.lines]
    y = limits.y_axis(figure, lines, None)
    up = y.ticks(max(2, int(bottom - top) // _PER_TICK[1]))
    left = _PAD + max((breadth(label, _TICK) for _, label in up), default=0.0) + 6
    right = width - _PAD - 8
    if figure.equal:
        x, y = limits.equal(x, y, round(right - left), round((bottom - top) / 2))
        up = y.ticks(max(2, int(bottom - top) // _PER_TICK[1]))
    drawing = Drawing(x, y, (left, top, right, bottom))
    frame = [*_across(figure, drawing), *_upwards(up, drawing), *_labels(figure, drawing)]
    shapes = (*drawing.field(figure.field), *frame, *drawing.inside(figure, lines))
    across = Scale(left, right, x.low, x.high, x.log)
    upwards = Scale(bottom, top, y.low, y.high, y.log)
    return Scene(width, height, (*above, *shapes, *below), caption.title, (across, upwards))


def _heading(figure: Figure, caption: Caption, width: int) -> Iterator[Shape]:
    """Title and legend, on as many lines as they need."""
    yield Words(_PAD, _PAD + 10, caption.title, size=14.0, bold=True)
    x, y = _PAD, _PAD + 10 + _LINE + 3
    items: list[tuple[Ink, str]] = [*caption.legend]
    items += [("alarm", caption.note)] * bool(caption.note)
    for (ink, text), line in zip(items, _looks(figure, items), strict=True):
        needed = 24 + breadth(text, 12) + 18
        if x > _PAD and x + needed > width - _PAD:
            x, y = _PAD, y + _LINE
        if line is not None:
            yield _sample(line, figure.bars, x, y)
        yield Words(x + (24 if line is not None else 0), y, text, ink)
        x += needed


def _looks(figure: Figure, items: Sequence[tuple[Ink, str]]) -> Iterator[Line | None]:
    """The line that each of the words is of: of several in one colour the next, where as many have
    words, else the last."""
    of_ink: dict[Ink, list[Line]] = {}
    for line in {(line.role, line.name): line for line in figure.lines}.values():
        of_ink.setdefault(line.role, []).append(line)
    taken: dict[Ink, int] = {}
    for ink, _ in items:
        lines = of_ink.get(ink, [])
        in_order = len(lines) == sum(ink == other for other, _ in items)
        place = taken[ink] = taken.get(ink, -1) + 1
        yield lines[place if in_order else -1] if lines else None


def _sample(line: Line, bars: bool, x: float, y: float) -> Shape:
    """What a line looks like, beside its name."""
    if line.points or bars:
        return Dots(np.array([[x + 10, y - 4]]), line.role, 4.0)
    return Path(np.array([[x, y - 4], [x + 19, y - 4]]), line.role, 2.5, dashes_of(line))


def _across(figure: Figure, drawing: Drawing) -> Iterator[Shape]:
    left, top, right, bottom = drawing.box
    most = max(2, int(right - left) // _PER_TICK[0])
    words = _word_ticks(figure, drawing.x)
    for at, label in words or drawing.x.ticks(most):
        place = left + (at - drawing.x.low) / (drawing.x.high - drawing.x.low) * (right - left)
        if not words:
            yield Path(np.array([[place, top], [place, bottom]]), "grid", 1.0)
        yield Words(place, bottom + 15, label, "label", _TICK, "middle")
    yield Path(np.array([[left, bottom], [right, bottom]]), "axis", 1.0)


def _upwards(ticks: Ticks, drawing: Drawing) -> Iterator[Shape]:
    left, top, right, bottom = drawing.box
    for at, label in ticks:
        place = bottom - (at - drawing.y.low) / (drawing.y.high - drawing.y.low) * (bottom - top)
        yield Path(np.array([[left, place], [right, place]]), "grid", 1.0)
        yield Words(left - 6, place + 4, label, "label", _TICK, "end")
    yield Path(np.array([[left, top], [left, bottom]]), "axis", 1.0)


def _labels(figure: Figure, drawing: Drawing) -> Iterator[Shape]:
    left, top, right, bottom = drawing.box
    if figure.x_label:
        yield Words(right, bottom + 15 + _LINE, figure.x_label, "label", 12, "end")
    if figure.y_label:
        yield Words(left, top - 6, figure.y_label, "label", 12)


def _marks(named: Sequence[str], height: int) -> Iterator[Words]:
    """What happened where a letter stands, below the chart."""
    more = len(named) - _MOST_MARKS
    rows = [*named[:_MOST_MARKS], *([f"and {more:,} more"] if more > 0 else [])]
    for place, text in enumerate(rows):
        yield Words(_PAD, height - _PAD - _LINE * (len(rows) - 1 - place), text, "mark")


def _word_ticks(figure: Figure, x: Axis) -> Ticks:
    placed = [(float(drawn(np.array([at]), x.log)[0]), word) for at, word in figure.tick_labels]
    return [(at, word) for at, word in placed if x.low <= at <= x.high]
