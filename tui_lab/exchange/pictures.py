"""The pictures of a run by their names, laid out to be written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui_lab.errors import UsageError
from tui_lab.exchange.formats import Options, Size
from tui_lab.exchange.graphics.chart import Caption, chart
from tui_lab.exchange.graphics.shapes import Scene
from tui_lab.exchange.graphics.tiles import heatmap, images
from tui_lab.experiment import (
    Bars,
    Contour,
    Curve,
    Heatmap,
    Histogram,
    Images,
    Picture,
    Scatter,
)
from tui_lab.history import folded
from tui_lab.plugins import declared_by
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.curves import curve_figure, legend, nonfinite_note
from tui_lab.view_models.figure import Figure
from tui_lab.view_models.picture_data import heatmap_cells, image_grid
from tui_lab.view_models.pictures import picture_figure, picture_legend, variants
from tui_lab.view_models.run import RunView
from tui_lab.watching import undeclared

SIZE = Options().size
DRAWN = (Curve, Scatter, Contour, Bars, Histogram, Heatmap, Images)
"""Kinds of pictures that are no text."""


def view_of(run: RunDirectory) -> RunView:
    """All that a run's log says; raises `RunUnreadable`."""
    request = run.request()
    if request.script is not None:
        return folded(run, undeclared(request.script))
    return folded(run, declared_by(request))


def drawn_pictures(view: RunView) -> list[Picture]:
    """Those the run's experiment declares, and where it declares none curves of all it measured."""
    experiment = view.experiment
    declared = experiment.pictures if experiment is not None else ()
    found: list[Picture] = [picture for picture in declared if isinstance(picture, DRAWN)]
    return found or [_curve(view, key) for key in dict.fromkeys(key for _, key in view.series)]


def scene_of(view: RunView, name: str = "", size: Size = SIZE) -> Scene:
    """The picture of that name, or of the metric, or the first that shows something; `name/variant`
    is one of several that a picture has. Raises `UsageError`, which names those there are."""
    if not name:
        return _first(view, size)
    for picture in drawn_pictures(view):
        if picture.title.casefold() == name.casefold():
            return picture_scene(view, picture, size)
        for number, one in enumerate(variants(picture, view)):
            if f"{picture.title}/{one}".casefold() == name.casefold():
                return picture_scene(view, picture, size, number)
    if any(key == name for _, key in view.series):
        return picture_scene(view, _curve(view, name), size)
    raise UsageError(_unknown(name, view))


def picture_scene(view: RunView, picture: Picture, size: Size = SIZE, variant: int = 0) -> Scene:
    """One picture, laid out; of some there are several variants."""
    if isinstance(picture, Heatmap):
        return heatmap(heatmap_cells(picture, view), picture.title, size)
    if isinstance(picture, Images):
        return images(image_grid(picture, view), picture.title, size)
    if isinstance(picture, Curve):
        return _curve_scene(view, picture, size)
    figure = picture_figure(picture, view, variant=variant)
    names = variants(picture, view)
    of = f" · {names[variant % len(names)]}" if names else ""
    return chart(figure, Caption(picture.title + of, picture_legend(figure)), size)


def is_shown(view: RunView, picture: Picture) -> bool:
    """Whether there is anything to draw."""
    if isinstance(picture, Heatmap):
        return not heatmap_cells(picture, view).note
    if isinstance(picture, Images):
        return not image_grid(picture, view).note
    if isinstance(picture, Curve):
        return not curve_picture(view, picture).is_empty
    return not picture_figure(picture, view).is_empty


def curve_picture(view: RunView, curve: Curve) -> Figure:
    """A curve over epochs where it has those, as far as the run came."""
    by_epoch = curve.every == "epoch" and view.steps_per_epoch > 0
    figure = curve_figure(view, curve, x="epoch" if by_epoch else "step")
    last = max((float(line.x[-1]) for line in figure.lines if len(line.x)), default=0.0)
    return replace(figure, x_range=(0.0, last) if last > 0 else None)


def _curve_scene(view: RunView, curve: Curve, size: Size) -> Scene:
    figure = curve_picture(view, curve)
    title = curve.title + (" (log)" if figure.log_y else "")
    note = nonfinite_note(view, curve, log=figure.log_y)
    return chart(figure, Caption(title, legend(figure), note), size)


def _first(view: RunView, size: Size) -> Scene:
    found = drawn_pictures(view)
    if not found:
        raise UsageError("The run has nothing that can be drawn.")
    shown = (picture for picture in found if is_shown(view, picture))
    return picture_scene(view, next(shown, found[0]), size)


def _curve(view: RunView, key: str) -> Curve:
    return Curve(key, (key,), every="epoch" if ("epoch", key) in view.series else "step")


def _unknown(name: str, view: RunView) -> str:
    names = list(_names(view))
    near = difflib.get_close_matches(name, names, 1)
    if near:
        return f"The run has no picture {name!r}; did you mean {near[0]}?"
    return f"The run has no picture {name!r}; it has {', '.join(names) or 'none'}."


def _names(view: RunView) -> Iterator[str]:
    for picture in drawn_pictures(view):
        several: Sequence[str] = variants(picture, view)
        yield from (f"{picture.title}/{each}" for each in several)
        if not several:
            yield picture.title
    yield from dict.fromkeys(key for _, key in view.series)
