"""What a program gives beside what its experiment declares: metrics and pictures."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from tui_lab.events import PictureLogged
from tui_lab.experiment import (
    Bars,
    Contour,
    Curve,
    Experiment,
    Heatmap,
    Histogram,
    Images,
    KeyFigures,
    Picture,
    Scatter,
)
from tui_lab.runs.encoding import dumps, loads
from tui_lab.view_models.picture_data import (
    NOTHING_YET,
    WITHDRAWN,
    heatmap_cells,
    image_grid,
    text_table,
)
from tui_lab.view_models.pictures import picture_figure
from tui_lab.view_models.run import RunView
from tui_lab.worker.checking.tryout import Given

_MEASURED = ("norm/", "grad/", "update/", "step/")
"""What the lab gives itself; a picture may be of it."""


def undeclared_keys(experiment: Experiment) -> Iterator[str]:
    """What pictures are to be drawn of, and is no metric."""
    declared = [metric.key for metric in experiment.metrics]
    for picture in experiment.pictures:
        keys = picture.keys if isinstance(picture, Curve) else ()
        for key in (*keys, *(picture.path if isinstance(picture, Contour) else ())):
            if key and key not in declared and not key.startswith(_MEASURED):
                yield f"The picture {picture.title!r} is of {key}, {_near(key, declared)}."


def metric_sentences(experiment: Experiment, given: Given) -> Iterator[str]:
    """Metrics that are given or declared, but not both; and those that are no numbers."""
    declared = [metric.key for metric in experiment.metrics]
    for key, what in given.refused.items():
        yield f"evaluate() gives {key} as {what}; give one number."
    for key in given.metrics:
        if key not in declared and not key.startswith(_MEASURED):
            yield f"{key} is given, {_near(key, declared)}; add a Metric, or give it another key."
    for key in declared:
        if key not in (*given.metrics, *given.refused) and not key.startswith(_MEASURED):
            yield f"The metric {key} is declared, {_near(key, given.metrics, 'never given')}."


def picture_sentences(experiment: Experiment, given: Given) -> Iterator[str]:
    """Pictures that are given or declared, but not both; and those whose layers make no sense."""
    declared = {picture.title: picture for picture in experiment.pictures}
    for title in given.pictures:
        if title not in declared:
            yield f"The picture {title!r} is given, {_near(title, declared)}."
    for title, picture in declared.items():
        if title in given.pictures:
            yield from _unreadable(experiment, picture, given)
        elif not isinstance(picture, Curve | Contour | KeyFigures):
            never = _near(title, given.pictures, "never given")
            yield f"The picture {title!r} is declared, {never}."


def _unreadable(experiment: Experiment, picture: Picture, given: Given) -> Iterator[str]:
    view = RunView(experiment)
    for layer, data in given.pictures[picture.title].items():
        try:
            written = loads(dumps(data))
        except (AttributeError, TypeError, ValueError):
            yield (
                f"The layer {layer!r} of the picture {picture.title!r} is not made of lists, "
                "numbers and text; take .tolist() of a tensor."
            )
            return
        title = picture.title
        view.fold(PictureLogged(t=0.0, step=1, picture=title, layer=layer, data=written))
    note = _note(picture, view)
    layers = ", ".join(given.pictures[picture.title])
    if note == NOTHING_YET:
        note = f"nothing can be drawn of the layers {layers}"
    if note and note != WITHDRAWN:
        kind, doc = type(picture).__name__, "docs/experiments.md has the layers of each kind"
        yield f"The picture {picture.title!r} ({kind}): {note}; {doc}."


def _note(picture: Picture, view: RunView) -> str:
    """Why nothing is drawn of a picture; empty when something is."""
    match picture:
        case Curve() | KeyFigures():
            return ""
        case Scatter() | Contour() | Bars() | Histogram():
            return picture_figure(picture, view).note
        case Heatmap():
            return heatmap_cells(picture, view).note
        case Images():
            return image_grid(picture, view).note
    return text_table(picture, view).note


def _near(word: str, words: Iterable[str], what: str = "not declared") -> str:
    """`and not declared`, with the word that was perhaps meant."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    meant = f" (did you mean {near[0]}?)" if near and near[0] != word else ""
    return f"and {what}{meant}"
