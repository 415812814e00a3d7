"""The curves of a run as rows of characters, drawn as the lab draws them.

numpy and Textual come with the drawing, so commands import this once there is something to draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from rich.color import ColorSystem
from rich.style import Style

from tui_lab.commandline.console import Console, escape
from tui_lab.commandline.table import cut
from tui_lab.config import Marker
from tui_lab.experiment import Curve, Experiment
from tui_lab.plots.plot import Drawing, draw
from tui_lab.plots.style import Layer, PlotStyle
from tui_lab.view_models.curves import curve_figure, legend, nonfinite_note
from tui_lab.view_models.figure import Figure, Role
from tui_lab.view_models.run import RunView

_MOST = 2
"""Curves shown: the first declared are the ones an experiment is about."""
_HEIGHTS = (15, 10)
_UNDECLARED = Curve("loss", ("train/loss",), every="step")
"""What is shown of a run whose experiment is not installed any more."""

# The terminal's own palette: nobody knows here whether it is dark or light.
_STYLES: Mapping[Role | Layer, Style] = {
    "first": Style(color="blue"),
    "second": Style(color="yellow"),
    "third": Style(color="green"),
    "fourth": Style(color="magenta"),
    "fifth": Style(color="red"),
    "sixth": Style(color="cyan"),
    "accent": Style(color="magenta"),
    "mark": Style(color="magenta"),
    "alarm": Style(color="red"),
}


def draw_curves(view: RunView, experiment: Experiment | None, console: Console) -> Iterator[str]:
    """Each of the first curves that have something to show: a title, a chart, its marks."""
    style = plot_style(console)
    shown = list(_worth_showing(view, experiment))[:_MOST]
    for height, (curve, figure) in zip(_HEIGHTS, shown, strict=False):
        yield _title(curve, view, figure, style, console.columns)
        yield from drawn_rows(draw(figure, console.columns, height, style), style)
        for mark in figure.marks:
            yield escape(f"  {mark.label}  {mark.text}")


def plot_style(console: Console) -> PlotStyle:
    """Braille where it can be shown, colours where they are wanted."""
    marker: Marker = "braille" if console.unicode else "ascii"
    return PlotStyle(marker, console.colour, styles=_STYLES if console.colour else {})


def _worth_showing(view: RunView, experiment: Experiment | None) -> Iterator[tuple[Curve, Figure]]:
    """Curves of at least two points that can be placed, else of any; where there are too few
    epochs for that, another curve of the same metrics may have the steps."""
    figures = list(_figures(view, experiment))
    fewest = 2 if any(_placed(figure) > 1 for _, figure in figures) else 0
    seen = set()
    for curve, figure in figures:
        if curve.keys not in seen and figure.lines and _placed(figure) >= fewest:
            seen.add(curve.keys)
            yield curve, figure


def _figures(view: RunView, experiment: Experiment | None) -> Iterator[tuple[Curve, Figure]]:
    for curve in experiment.pictures if experiment else (_UNDECLARED,):
        if isinstance(curve, Curve):
            by_epoch = curve.every == "epoch" and view.steps_per_epoch > 0
            figure = curve_figure(view, curve, x="epoch" if by_epoch else "step")
            yield curve, replace(figure, x_range=_reached(figure))


def _reached(figure: Figure) -> tuple[float, float] | None:
    """The x axis up to where the run came: it goes no further, whatever was planned."""
    last = max((float(line.x[-1]) for line in figure.lines if len(line.x)), default=0.0)
    return (0.0, last) if last > 0 else None


def _placed(figure: Figure) -> int:
    """The most points of one line that the axes have a place for."""
    low = 0.0 if figure.log_y else -np.inf
    placed = (np.isfinite(line.y) & (line.y > low) for line in figure.lines)
    return max((int(np.count_nonzero(mask)) for mask in placed), default=0)


def _title(curve: Curve, view: RunView, figure: Figure, style: PlotStyle, width: int) -> str:
    """`loss (log)   train 0.0013   + test 0.09`, in the colours of the lines."""
    parts = [(curve.title + (" (log)" if curve.log else ""), Style())]
    for role, text in legend(figure):
        parts.append((f"{style.sample(role)} {text}".strip(), style.styles.get(role, Style())))
    if note := nonfinite_note(view, curve, log=curve.log):
        parts.append((note, style.styles.get("alarm", Style())))
    return title_row(parts, style, width)


def title_row(parts: Sequence[tuple[str, Style]], style: PlotStyle, width: int) -> str:
    """Words side by side above a chart, each in its colour where all of them have room."""
    plain = "   ".join(escape(text) for text, _ in parts)
    if cut(plain, width) != plain or not style.colour:
        return cut(plain, width)
    return "   ".join(_coloured(escape(text), look) for text, look in parts)


def drawn_rows(drawing: Drawing, style: PlotStyle) -> Iterator[str]:
    """The rows of a drawing, in colours where they are wanted."""
    for row in drawing.rows:
        if style.colour:
            yield "".join(_coloured(segment.text, segment.style) for segment in row)
        else:
            yield row.text.rstrip()


def _coloured(text: str, style: Style | None) -> str:
    return style.render(text, color_system=ColorSystem.STANDARD) if style else text
