"""A figure in a frame, with its title and legend in the border."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from tui_lab.config import Marker
from tui_lab.plots.style import PlotStyle
from tui_lab.tui.panes.framed_rows import CORNERS, FramedRows
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy and plotext come with these, and the first paint must not wait for them
    from tui_lab.exchange.graphics.shapes import Scene
    from tui_lab.plots.plot import Drawing, Plot
    from tui_lab.view_models.figure import Figure, Line, Role

_SPARED = 4
"""Rows that a legend leaves to the picture, and two thirds of the others."""
_LINE, _DOTTED, _POINTS, _BAND = " ──", " ┄┄", " ••", " ░░"
"""What stands before a name in the legend: the series in small."""
_COUNTED = ("step", "epoch")
"""What an x axis counts: there the first point that can't be placed says when it began."""


class Chart(FramedRows):
    """Shows one `Figure`; hides how it is drawn."""

    HELP: ClassVar[str | None] = """\
A chart. `{pane.zoom=z}` gives it the whole screen, `{chart.log=l}` makes its axis logarithmic,
`{chart.smoothing=s}` smooths its lines, `{chart.front=c}` brings one of them to the front and dims
the others.

`↑` and `↓` at the edge are values that no axis can hold, `×` is NaN; a letter is a knob you moved.
"""

    def __init__(
        self,
        title: str = "",
        *,
        marker: Marker = "braille",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own word
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        """A chart that waits for its figure."""
        super().__init__(title, marker=marker, name=name, id=id, classes=classes, disabled=disabled)
        self.drawing: Drawing | None = None
        """What was drawn last."""
        self._plot: Plot | None = None
        self._figure: Figure | None = None
        self._legend: tuple[tuple[Role, str], ...] = ()
        self._front: Role | None = None
        """The series in front of the others, which are dimmed; None where all are alike."""
        self._note = ""
        self._words: tuple[object, ...] = ()
        self._below = 0
        """Rows that the legend takes where the border has no room for it."""
        self._room = (0, 0)

    def show(self, figure: Figure, legend: Sequence[tuple[Role, str]] = (), note: str = "") -> None:
        """Show this figure; does nothing when it is the one on screen.

        Args:
            figure: What to draw.
            legend: The role of each series and the words for it, the last value among them.
            note: A remark for the lower border; lost values and the scale are added to it.
        """
        from tui_lab.plots.plot import same  # deferred: see TYPE_CHECKING above

        words = (self.heading, tuple(legend), note)
        if words == self._words and same(figure, self._figure):
            return
        if len(legend) != len(self._legend):
            self._below = 0
        self._figure, self._words = figure, words
        _, self._legend, self._note = words
        self.update_rows()

    def scene(self) -> Scene | None:
        """What is shown, laid out as a picture; None where there is nothing to draw."""
        if self._figure is None or self._figure.is_empty:
            return None
        from tui_lab.exchange.formats import Options  # deferred: see TYPE_CHECKING above
        from tui_lab.exchange.graphics.chart import Caption, chart
        from tui_lab.view_models.figure import emphasised

        caption = Caption(plain(self.heading), self._legend, self._note)
        return chart(emphasised(self._figure, self._front), caption, Options().size)

    @property
    def can_dim(self) -> bool:
        """Whether it shows several series, so that one of them may come to the front."""
        return len(self._fronts()) > 1

    def next_front(self) -> None:
        """Bring the next series to the front and dim the others; after the last all are alike."""
        order = [None, *self._fronts()]
        here = order.index(self._front) if self._front in order else 0
        self._front = order[(here + 1) % len(order)]
        self.update_rows()

    def _fronts(self) -> list[Role]:
        return list(dict.fromkeys(role for role, _ in self._legend if role != "muted"))

    def forget_limits(self) -> None:
        """Fit the axes to the next figure alone: it is of another run."""
        self._below, self._front = 0, None
        if self._plot is not None:
            self._plot.forget()

    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        if self._figure is None:
            return ()
        from tui_lab.view_models.figure import emphasised  # deferred, as below

        if self._plot is None:
            from tui_lab.plots.plot import Plot  # deferred: see TYPE_CHECKING above

            self._plot = Plot()
        legend = self._legend_rows(width, height, style)
        figure = emphasised(self._figure, self._front)
        self.drawing = self._plot.draw(figure, width, height - len(legend), style)
        return (*legend, *self.drawing.rows)

    def title(self, style: PlotStyle) -> Content:
        entries = [] if self._below else self._entries(style)
        parts = ((words, _look(style, role)) for role, words in entries)
        return Content.assemble(Content(plain(self.heading)), *parts)

    def _entries(self, style: PlotStyle) -> list[tuple[Role, str]]:
        """The words of the legend, each with its line in small before it."""
        lines = self._figure.lines if self._figure else ()
        named = list({line.name: line for line in lines if line.role != "muted"}.values())
        entries = []
        for place, (role, words) in enumerate(self._legend):
            sample = style.sample(role)
            line = named[place] if len(named) == len(self._legend) else None
            small = _LINE if sample else rule(style, role, line)
            shown = role if self._front in (None, role) else "muted"
            entries.append((shown, f"{small} {f'{sample} {plain(words)}'.strip()}"))
        return entries

    def _legend_rows(self, width: int, height: int, style: PlotStyle) -> list[Strip]:
        """The legend above the picture, where the border has no room for it. The rows it took it
        keeps, or the picture would jump with every digit that comes and goes."""
        if (width, height) != self._room:
            self._room, self._below = (width, height), 0
        entries = self._entries(style)
        words = plain(self.heading) + "".join(words for _, words in entries)
        if not self._below and cell_len(words) <= width - CORNERS:
            return []
        rows = _wrapped(entries, width)
        self._below = min(max(self._below, len(rows)), max(0, height - _SPARED) // 3)
        strips = [_strip(row, width, style) for row in _cut(rows, self._below, width)]
        return strips + [_strip([], width, style)] * (self._below - len(strips))

    def notes(self) -> Sequence[str]:
        return tuple(self._notes())

    def _notes(self) -> Iterable[str]:
        if self._note:
            yield self._note
        drawing, figure = self.drawing, self._figure
        if drawing is None or figure is None:
            return
        unit = figure.x_label or "x"
        if drawing.nonfinite and "non-finite" not in self._note:
            since = f" from {unit} {drawing.first_nonfinite:.12g}" if unit in _COUNTED else ""
            yield f"{drawing.nonfinite} non-finite{since}"
        if drawing.off_scale and "above 0" not in self._note:
            yield f"{drawing.off_scale} not above 0"
        if unit in _COUNTED and drawing.per_column >= 2:
            yield f"1 col = {_short(drawing.per_column)} {unit}s"


def _wrapped(entries: Sequence[tuple[Role, str]], width: int) -> list[list[tuple[Role, str]]]:
    """As many entries in a row as fit, at least one."""
    rows: list[list[tuple[Role, str]]] = []
    room = 0
    for role, words in entries:
        if not rows or cell_len(words) > room:
            rows.append([])
            room = width
        rows[-1].append((role, words))
        room -= cell_len(words)
    return rows


def _cut(
    rows: Sequence[list[tuple[Role, str]]], most: int, width: int
) -> list[list[tuple[Role, str]]]:
    """The first rows; the last of them says how many entries are left out."""
    kept = [list(row) for row in rows[:most]]
    missing = sum(map(len, rows[most:]))
    if not missing or not kept:
        return kept
    last = kept[-1]
    while last and sum(cell_len(words) for _, words in last) + len(f" +{missing}") > width:
        last.pop()
        missing += 1
    last.append(("muted", f" +{missing}"))
    return kept


def _strip(entries: Sequence[tuple[Role, str]], width: int, style: PlotStyle) -> Strip:
    looks = style.styles
    parts = [Segment(w, style.base + looks.get(role, style.base)) for role, w in entries]
    return Strip(parts).adjust_cell_length(width, style.base)


def rule(style: PlotStyle, role: Role, line: Line | None) -> str:
    """A series in small, as it stands before its name."""
    if line is not None and line.upper is not None:
        return _BAND
    if line is not None and line.sign:
        return f" {2 * line.sign}"
    if line is not None and line.points:
        return _POINTS
    return _DOTTED if style.dotted(role, line.dotted if line else None) else _LINE


def _look(style: PlotStyle, role: Role) -> Style:
    found = style.styles.get(role)
    if found is None or found.color is None:
        return Style()
    return Style(foreground=Color.from_rich_color(found.color))


def _short(value: float) -> str:
    """`4`, `4.2`, `250`."""
    if math.isclose(value, round(value), rel_tol=1e-3) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}"
