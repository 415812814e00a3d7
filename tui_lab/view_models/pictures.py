"""Declared pictures that are drawn on axes, from the layers a run has logged, as figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tui_lab.experiment import Bars, Contour, Histogram, Picture, Scatter
from tui_lab.view_models.curves import ROLES
from tui_lab.view_models.figure import Field, Figure, Floats, Line, Role
from tui_lab.view_models.picture_data import (
    BadPicture,
    Layer,
    array,
    layers,
    missing,
    numbers,
    words,
)
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import Series

_GRAIN = 2048
"""Places along each side that a path is told apart on: eight dots to a column of 256."""


def variants(picture: Picture, view: RunView) -> list[str]:
    """What a person can step through in a `Scatter` or `Histogram`: the names after `/` in its
    layers' names, in the order they were logged. Empty where the picture has but one view."""
    if not isinstance(picture, Scatter | Histogram):
        return []
    suffixes = (name.partition("/")[2] for name in layers(view, picture))
    return list(dict.fromkeys(plain(suffix) for suffix in suffixes if suffix))


def picture_figure(picture: Picture, view: RunView, *, variant: int = 0) -> Figure:
    """The picture as the run last logged it; `variant` counts around what `variants` names.

    Data that do not fit the declaration give an empty figure whose `note` says so. Raises
    `TypeError` for a picture that is not drawn on axes.
    """
    try:
        match picture:
            case Scatter():
                figure = _scatter(picture, view, variant)
            case Contour():
                figure = _contour(picture, view)
            case Bars():
                figure = _bars(picture, view)
            case Histogram():
                figure = _histogram(picture, view, variant)
            case _:
                raise TypeError(f"{type(picture).__name__} is not drawn on axes.")
    except BadPicture as error:
        return Figure(note=str(error))
    drawn = figure.field is not None or any(len(line.x) for line in figure.lines)
    return figure if drawn else Figure(note=missing(view, picture))


def picture_legend(figure: Figure) -> list[tuple[Role, str]]:
    """Role and name of each series, where there are several to tell apart."""
    named = [(line.role, line.name) for line in figure.lines]
    return named if len(named) > 1 else []


def _shown(picture: Picture, view: RunView, variant: int) -> tuple[str, dict[str, Layer]]:
    """What is chosen of `variants`, and the layers that belong to it or to all."""
    names = variants(picture, view)
    chosen = names[variant % len(names)] if names else ""
    shown = {
        name: data
        for name, data in layers(view, picture).items()
        if plain(name.partition("/")[2]) in ("", chosen)
    }
    return chosen, shown


def _scatter(picture: Scatter, view: RunView, variant: int) -> Figure:
    chosen, shown = _shown(picture, view, variant)
    # Points first: lines are drawn over them, and keep their colour whichever came first.
    ordered = sorted(shown.items(), key=lambda layer: _is_line(layer[0]))
    lines = [
        _points_or_line(_called(name), data, ROLES[i % len(ROLES)], _is_line(name))
        for i, (name, data) in enumerate(ordered)
    ]
    return Figure(
        lines=tuple(lines),
        log_x=picture.log_x,
        log_y=picture.log_y,
        x_label=f"{picture.x} {chosen}".rstrip(),
        y_label=picture.y,
        equal=picture.equal,
    )


def _is_line(name: str) -> bool:
    return name.startswith("line")


def _called(layer: str) -> str:
    """`gradient` for the layer `line gradient/x₁`; its kind where it has no name of its own."""
    kind, _, name = layer.partition("/")[0].partition(" ")
    return name or kind


def _points_or_line(name: str, data: Layer, role: Role, joined: bool) -> Line:
    x = numbers(data, "x")
    if "low" in data:
        low, high = numbers(data, "low"), numbers(data, "high")
        _check_lengths(x, low, high)
        return Line(plain(name), x, low, role, upper=high)
    y = numbers(data, "y")
    _check_lengths(x, y)
    return Line(plain(name), x, y, role, points=not joined)


def _check_lengths(x: Floats, *columns: Floats) -> None:
    for y in columns:
        if len(x) != len(y):
            raise BadPicture(f"the data can't be read: {len(x)} x but {len(y)} y")


def _contour(picture: Contour, view: RunView) -> Figure:
    found = layers(view, picture)
    field = _field(found["field"]) if "field" in found else None
    named = [(name, data) for name, data in found.items() if name != "field"]
    roles = ROLES[1:] if any(picture.path) else ROLES  # the first is the path's
    points = [
        _points_or_line(name.partition("/")[2] or name, data, roles[i % len(roles)], _is_line(name))
        for i, (name, data) in enumerate(named)
    ]
    return Figure(
        lines=(*_path(picture, view, field), *points),
        field=field,
        x_label=picture.x,
        y_label=picture.y,
        equal=picture.equal,
    )


def _field(data: Layer) -> Field:
    x, y, z = array(data, "x", 1), array(data, "y", 1), array(data, "z", 2)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise BadPicture("the data can't be read: x and y must be finite numbers")
    if z.shape != (len(y), len(x)):
        raise BadPicture("the data can't be read: z does not have a row per y and a column per x")
    return Field(x, y, z)


def _path(picture: Contour, view: RunView, field: Field | None) -> Iterator[Line]:
    """The way of two metrics logged at every step."""
    first, second = (view.series.get(("step", key)) for key in picture.path)
    if first is None or second is None:
        return
    x, y = _together(first, second)
    if field is not None:
        kept = _moves(x, field.x) | _moves(y, field.y)
        x, y = x[kept], y[kept]
    yield Line("path", x, y, "first")


def _together(first: Series, second: Series) -> tuple[Floats, Floats]:
    """Both at the same steps. Long series keep steps of their own, between which lines run."""
    if np.array_equal(first.steps, second.steps):
        return first.values, second.values
    steps = np.union1d(first.steps, second.steps)
    x, y = (np.interp(steps, series.steps, series.values) for series in (first, second))
    return x, y


def _moves(values: Floats, axis: Floats) -> np.typing.NDArray[np.bool_]:
    """Where a path gets to another place on an axis; its first and last point always do."""
    width = abs(float(axis[-1] - axis[0])) or 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        place = np.floor((values - axis[0]) / width * _GRAIN)
    still = np.isnan(place[1:-1]) & np.isnan(place[:-2])
    kept = np.ones(len(values), dtype=bool)
    kept[1:-1] = (place[1:-1] != place[:-2]) & ~still
    return kept


def _bars(picture: Bars, view: RunView) -> Figure:
    bars = layers(view, picture)
    own = bars.pop("reference", None)
    references = [numbers(data, "reference") for data in bars.values() if "reference" in data]
    if own is not None:
        references.append(numbers(own, "values"))
    marks = [Line("reference", *_counted(values), "sixth", points=True) for values in references]
    heights = [_heights(name, data, ROLES[i % 5]) for i, (name, data) in enumerate(bars.items())]
    labels = next((found for data in bars.values() if (found := words(data, "labels"))), ())
    return Figure(
        lines=(*heights, *marks),
        bars=True,
        log_y=picture.log,
        tick_labels=tuple((float(i), label) for i, label in enumerate(labels, start=1)),
    )


def _heights(name: str, data: Layer, role: Role) -> Line:
    return Line(plain(name), *_counted(numbers(data, "values")), role)


def _counted(values: Floats) -> tuple[Floats, Floats]:
    return np.arange(1.0, len(values) + 1), values


def _histogram(picture: Histogram, view: RunView, variant: int) -> Figure:
    _, shown = _shown(picture, view, variant)
    bins = [(name, *_bins(data)) for name, data in shown.items()]
    lines = [
        Line(plain(name), (edges[:-1] + edges[1:]) / 2, counts, ROLES[i % len(ROLES)])
        for i, (name, edges, counts) in enumerate(bins)
    ]
    ends = [float(edge) for _, edges, _ in bins for edge in (edges[0], edges[-1])]
    known = bool(ends) and bool(np.isfinite(ends).all())
    return Figure(lines=tuple(lines), bars=True, x_range=(min(ends), max(ends)) if known else None)


def _bins(data: Layer) -> tuple[Floats, Floats]:
    edges, counts = array(data, "edges", 1), array(data, "counts", 1)
    if len(edges) != len(counts) + 1:
        raise BadPicture("the data can't be read: there must be one edge more than counts")
    return edges, counts
