"""A figure in a frame, with its title and legend in the border."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from tui_lab.config import Marker
from tui_lab.tui.plot_style import PlotStyle
from tui_lab.tui.widgets.framed_rows import FramedRows
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy and plotext come with these, and the first paint must not wait for them
    from tui_lab.tui.plot import Drawing, Plot
    from tui_lab.view_models.figure import Figure, Role

_LINE, _DOTTED, _POINTS = " ──", " ┄┄", " ••"
"""What stands before a name in the legend: the series in small."""


class Chart(FramedRows):
    """Shows one `Figure`; hides how it is drawn."""

    HELP: ClassVar[str | None] = """\
A chart. `z` gives it the whole screen, `l` makes its axis logarithmic, `s` smooths its lines.

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
        self._note = ""
        self._words: tuple[object, ...] = ()

    def show(self, figure: Figure, legend: Sequence[tuple[Role, str]] = (), note: str = "") -> None:
        """Show this figure; does nothing when it is the one on screen.

        Args:
            figure: What to draw.
            legend: The role of each series and the words for it, the last value among them.
            note: A remark for the lower border; lost values and the scale are added to it.
        """
        from tui_lab.tui.plot import same  # deferred: see TYPE_CHECKING above

        words = (self.heading, tuple(legend), note)
        if words == self._words and same(figure, self._figure):
            return
        self._figure, self._words = figure, words
        _, self._legend, self._note = words
        self.update_rows()

    def forget_limits(self) -> None:
        """Fit the axes to the next figure alone: it is of another run."""
        if self._plot is not None:
            self._plot.forget()

    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        if self._figure is None:
            return ()
        if self._plot is None:
            from tui_lab.tui.plot import Plot  # deferred: see TYPE_CHECKING above

            self._plot = Plot()
        self.drawing = self._plot.draw(self._figure, width, height, style)
        return self.drawing.rows

    def title(self, style: PlotStyle) -> Content:
        parts: list[Any] = [Content(plain(self.heading))] if self.heading else []
        points = {line.role for line in self._figure.lines if line.points} if self._figure else ()
        for role, words in self._legend:
            sample = style.sample(role)
            rule = _LINE if sample else _rule(style, role, points=role in points)
            words = f"{sample} {plain(words)}".strip()
            parts.append((f"{rule} {words}", _look(style, role)))
        return Content.assemble(*parts)

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
            yield f"{drawing.nonfinite} non-finite from {unit} {drawing.first_nonfinite:.12g}"
        if drawing.off_scale and "above 0" not in self._note:
            yield f"{drawing.off_scale} not above 0"
        if unit in ("step", "epoch") and drawing.per_column >= 2:
            yield f"1 col = {_short(drawing.per_column)} {unit}s"


def _rule(style: PlotStyle, role: Role, *, points: bool) -> str:
    if points:
        return _POINTS
    return _DOTTED if style.dotted(role) else _LINE


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
