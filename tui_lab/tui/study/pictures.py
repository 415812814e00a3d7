"""The pictures of a study: each knob against the goal, parallel coordinates, importance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.color import Color
from textual.containers import Container
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from tui_lab.config import Marker
from tui_lab.plots.style import PlotStyle
from tui_lab.study import FEWEST_RANKED, TrialState
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.panes.framed_rows import CORNERS, FramedRows
from tui_lab.view_models.study import StudyView

if TYPE_CHECKING:  # numpy comes with these, and the first paint must not wait for it
    from tui_lab.plots.parallel import ParallelPlot
    from tui_lab.view_models.figure import Role
    from tui_lab.view_models.parallel import Parallel


_IN_ONE_ROW = 3
"""Charts that stand side by side where all are shown."""


class KnobCharts(Container):
    """A chart per ranged knob: one at a time, or all of them where there is room."""

    DEFAULT_CSS = """
    KnobCharts { layout: grid; grid-size: 1; width: 1fr; height: 1fr; }
    """

    def __init__(self, view: StudyView, marker: Marker, *, id: str) -> None:  # noqa: A002
        self.charts = {n: Chart(view.label(n), marker=marker) for n in view.names}
        super().__init__(*self.charts.values(), id=id)
        self.view = view
        self.current = next(iter(self.charts))
        """The knob whose chart is shown where only one is."""
        self.log_goal = False
        """Whether the axis of the goal is logarithmic."""
        self._all = False

    def lay_out(self, *, together: bool) -> None:
        """Show the charts of all knobs, or of one."""
        self._all = together
        count = len(self.charts)
        columns = count if count <= _IN_ONE_ROW else math.ceil(math.sqrt(count))
        self.styles.grid_size_columns = columns if together else 1
        for name, chart in self.charts.items():
            chart.display = together or name == self.current

    def turn(self) -> None:
        """Go to the chart of the next knob; with the focus, if the one before had it."""
        names = list(self.charts)
        held = self.charts[self.current].has_focus
        self.current = names[(names.index(self.current) + 1) % len(names)]
        self.lay_out(together=self._all)
        if held or self._all:
            self.charts[self.current].focus()

    def draw(self, best: int) -> None:
        """Bring the charts that are shown up to date."""
        from tui_lab.view_models.study_figures import knob_figure  # deferred, for numpy

        names = list(self.charts)
        for name, chart in self.charts.items():
            if chart.display:
                figure = knob_figure(self.view, name, best, log=self.log_goal)
                alone = self._all or len(names) == 1
                where = "" if alone else f" {names.index(name) + 1}/{len(names)}"
                chart.heading = f"{self.view.request.goal} over {self.view.label(name)}{where}"
                chart.show(figure, (), _signs(self.view, best))


def _signs(view: StudyView, best: int) -> str:
    """What the signs of a chart stand for, of those that are there."""
    ranks = min(best, len(view.ranked))
    said = [f"1-{ranks} the best" if ranks > 1 else "1 the best"] * bool(ranks)
    return " · ".join([*said, *["dots pruned"] * bool(view.counts.get(TrialState.PRUNED))])


class ParallelChart(FramedRows):
    """Every complete trial as a path over its values to its goal."""

    HELP: ClassVar[str | None] = (
        "Parallel coordinates: an upright for each knob and one for the goal, a path for each "
        "complete trial. The best are whole lines with their ranks, the others dotted, coloured by "
        "the third they belong to. {trials.fewer=[} and {trials.more=]} change how many are best."
    )

    def __init__(self, marker: Marker, *, id: str) -> None:  # noqa: A002 # Textual's own word
        super().__init__("parallel coordinates", marker=marker, id=id)
        self._plot: ParallelPlot | None = None
        self._picture: Parallel | None = None
        self._best = 0

    def show(self, picture: Parallel, best: int) -> None:
        """Draw this picture, of which the first `best` are whole."""
        self._picture, self._best = picture, best
        self.update_rows()

    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        if self._picture is None:
            return ()
        if self._plot is None:
            from tui_lab.plots.parallel import ParallelPlot  # deferred, for numpy

            self._plot = ParallelPlot()
        return self._plot.draw(self._picture, width, height, style)

    def title(self, style: PlotStyle) -> Content:
        """The heading, and what the paths are as far as there is room."""
        parts = [Content(self.heading)]
        room = self.size.width - CORNERS - cell_len(self.heading)
        for role, words in self._legend():
            sample = style.sample(role)
            text = f" {sample} {words}" if sample else f" {words}"
            room -= cell_len(text)
            if room >= 0:
                parts.append(Content.styled(text, _look(style, role)))
        return Content.assemble(*parts)

    def _legend(self) -> Sequence[tuple[Role, str]]:
        if self._picture is None or self._picture.is_empty:
            return ()
        return (
            ("accent", f"── best {self._best}"),
            ("third", "┄┄ better"),
            ("first", "┄┄ middle"),
            ("muted", "┄┄ worse"),
        )


def _look(style: PlotStyle, role: Role) -> Style:
    found = style.styles.get(role)
    if found is None or found.color is None:
        return Style()
    return Style(foreground=Color.from_rich_color(found.color))


class ImportanceBars(FramedRows):
    """How much each knob matters for the goal, by Optuna's measure."""

    HELP: ClassVar[str | None] = (
        "The share of each knob in how the goals of the complete trials differ, as Optuna works it "
        "out (get_param_importances). With few trials it says little."
    )

    def __init__(self, marker: Marker, *, id: str) -> None:  # noqa: A002 # Textual's own word
        super().__init__("importance", marker=marker, id=id)
        self._bars: list[tuple[str, float]] = []
        self._note = f"from {FEWEST_RANKED} trials on"

    def show(self, shares: Mapping[str, float], note: str = "") -> None:
        """Show these shares by the words for each knob, the greatest first; `note` says why there
        are none."""
        bars = sorted(shares.items(), key=lambda pair: -pair[1])
        if (bars, note or self._note) != (self._bars, self._note):
            self._bars, self._note = bars, note or self._note
            self.update_rows()

    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        from tui_lab.plots.bar_list import bar_rows  # deferred, for numpy

        return bar_rows(self._bars, width, height, style, note=self._note)
