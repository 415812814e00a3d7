"""The curves of an experiment side by side, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget

from tui_lab.config import Marker
from tui_lab.experiment import Curve
from tui_lab.tui.key_names import key_name
from tui_lab.tui.panes.chart import Chart

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.member_curves import MemberCurves
    from tui_lab.view_models.run import RunView

Across = Literal["step", "epoch", "time"]
ACROSS: tuple[Across, ...] = ("step", "epoch", "time")
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)
Item = TypeVar("Item")
PICKED = "picked"
"""The title of the curve of metrics that a person has picked."""
DISTANCE = Curve("‖w − w of the parent‖", ("distance/parent",))
"""Of a branch, measured at the steps at which its parent kept its state."""
LEAST = Size(38, 9)
"""Columns and rows that a chart needs to be worth having."""
COMFORTABLE = 13
"""Rows of a chart from which on a second row of them is better than larger ones."""
MOST_COLUMNS = 3


@dataclass(frozen=True)
class CurveOptions:
    """How the curves are drawn; the same for all but the logarithmic axes."""

    across: Across = "step"
    """What the horizontal axis counts."""
    smoothing: float = 0.0
    """Weight of the past in the moving average; the raw curve stays as a shadow."""
    log: frozenset[str] = field(default_factory=frozenset)
    """Titles of the curves with a logarithmic vertical axis."""

    def next_across(self) -> CurveOptions:
        """Count something else on the horizontal axis."""
        return replace(self, across=_after(ACROSS, self.across))

    def next_smoothing(self) -> CurveOptions:
        """Smooth more, and after the most not at all."""
        return replace(self, smoothing=_after(SMOOTHINGS, self.smoothing))

    def toggle_log(self, title: str) -> CurveOptions:
        """Change the vertical axis of one curve."""
        return replace(self, log=self.log ^ {title})


class ChartsPane(Container):
    """One chart per declared curve. `turn` brings those forward that found no room."""

    DEFAULT_CSS = """
    ChartsPane { layout: grid; grid-gutter: 0; }
    """

    def __init__(self, curves: Sequence[Curve], marker: Marker, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.curves = list(curves)
        self.options = CurveOptions(log=frozenset(c.title for c in curves if c.log))
        self._charts = {c.title: Chart(c.title, marker=marker) for c in curves}
        self._marker: Marker = marker
        self._drawn: dict[str, object] = {}
        self._alone: str | None = None

    def compose(self) -> ComposeResult:
        yield from self._charts.values()

    def on_resize(self) -> None:
        self._arrange()

    @property
    def shown(self) -> list[Curve]:
        """The curves that there is room for, in their order on screen."""
        return [curve for curve in self.curves if self._charts[curve.title].display]

    @property
    def waiting(self) -> bool:
        """Whether there are curves that found no room."""
        return len(self.shown) < len(self.curves)

    @property
    def focused(self) -> Curve | None:
        """The curve whose chart has the focus; the first one where none has."""
        marked = (c for c in self.shown if self._charts[c.title].has_focus)
        return next(marked, next(iter(self.shown), None))

    def __getitem__(self, title: str) -> Chart:
        return self._charts[title]

    def turn(self) -> None:
        """Bring the curves that found no room forward, and let the others wait."""
        count = len(self.shown)
        self.curves = self.curves[count:] + self.curves[:count]
        for before, after in zip(self.curves, self.curves[1:], strict=False):
            self.move_child(self._charts[after.title], after=self._charts[before.title])
        self._arrange()

    def bring(self, title: str) -> None:
        """Bring the curve of that title forward, if it found no room."""
        for _ in self.curves:
            if title not in (curve.title for curve in self.shown):
                self.turn()

    def bring_metric(self, key: str) -> bool:
        """Bring a curve of this metric forward; whether there is one."""
        titles = [curve.title for curve in self.curves if key in curve.keys]
        if titles:
            self.bring(titles[0])
        return bool(titles)

    def show_distance(self, shown: bool) -> None:
        """Have a chart of how far a branch is from its parent, or have none, from now on."""
        if shown == (DISTANCE.title in self._charts):
            return
        if shown:
            self._add(DISTANCE, len(self.curves))
        else:
            _take_away(self, DISTANCE.title)
        self._arrange()

    @property
    def picked(self) -> tuple[str, ...]:
        """The metrics that have a chart of their own because someone wants that."""
        return next((curve.keys for curve in self.curves if curve.title == PICKED), ())

    def pick(self, keys: Sequence[str]) -> None:
        """Draw these metrics in a chart of their own, the first of all; none: in no such chart."""
        if tuple(keys) == self.picked:
            return
        if self.picked:
            _take_away(self, PICKED)
        if keys:
            self._add(Curve(PICKED, tuple(keys)), 0)
        if self.is_mounted:
            self._arrange()

    def _add(self, curve: Curve, place: int) -> None:
        self.curves.insert(place, curve)
        chart = self._charts[curve.title] = Chart(curve.title, marker=self._marker)
        if self.is_mounted:
            self.mount(chart, before=0 if place == 0 and self.children else None)

    def zoom(self, widget: Widget | None) -> None:
        """Give the whole pane to one of the charts; back to all when it is none of them."""
        self._alone = next((t for t, chart in self._charts.items() if chart is widget), None)
        self._arrange()

    def forget(self) -> None:
        """Another run comes: its axes are its own."""
        self._drawn.clear()
        for chart in self._charts.values():
            chart.forget_limits()

    def show(
        self,
        view: RunView,
        overlays: Sequence[tuple[str, RunView]] = (),
        members: MemberCurves | None = None,
    ) -> None:
        """Draw the visible curves, where anything changed; those of a population's `members` as a
        median in a band."""
        laid_over = (*(o.revision for _, o in overlays), members and members.revision)
        state = (id(view), view.revision, self.options, *laid_over)
        for curve in self.shown:
            place = (state, len(overlays), self._charts[curve.title].size)
            if self._drawn.get(curve.title) != place:
                self._drawn[curve.title] = place
                self._show(curve, view, overlays, members)

    def _show(
        self,
        curve: Curve,
        view: RunView,
        overlays: Sequence[tuple[str, RunView]],
        members: MemberCurves | None,
    ) -> None:
        from tui_lab.view_models import curves  # with numpy: after the first paint

        log = curve.title in self.options.log
        figure = curves.curve_figure(
            view,
            curve,
            x=self.options.across,
            log=log,
            smoothing=self.options.smoothing,
            overlays=overlays,
        )
        if members is not None and not overlays:
            figure = members.over(figure, view, curve, self.options.across)
        notes = [
            curves.cursor_note(view, curve),
            curves.nonfinite_note(view, curve, log=log),
            self._more(curve),
        ]
        title = f"{curve.title} (log)" if log else curve.title
        chart = self._charts[curve.title]
        chart.heading = title
        chart.show(figure, curves.legend(figure), " · ".join(filter(None, notes)))

    def _more(self, curve: Curve) -> str:
        """On the last chart: how many found no room, and the key that shows them."""
        missing = len(self.curves) - len(self.shown)
        if not missing or curve is not self.shown[-1]:
            return ""
        return f"{key_name(self.app, 'pane.charts', '0')} shows {missing} more"

    def _arrange(self) -> None:
        shown = [c.title for c in self.curves if self._alone in (None, c.title)]
        columns, rows = grid(len(shown), self.size)
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        kept = shown[: columns * rows]
        for title, chart in self._charts.items():
            chart.display = title in kept
            # The last one takes what is left of its row.
            chart.styles.column_span = 1 + (-len(kept) % columns if title == kept[-1] else 0)
        self.screen.refresh_bindings()


def _take_away(pane: ChartsPane, title: str) -> None:
    """Have the curve of that title no more."""
    pane.curves = [curve for curve in pane.curves if curve.title != title]
    pane._drawn.pop(title, None)
    pane._charts.pop(title).remove()


def grid(count: int, size: Size) -> tuple[int, int]:
    """Columns and rows of charts that `size` has room for, no more than `count` need."""
    columns = max(1, min(count, size.width // LEAST.width, MOST_COLUMNS))
    height = LEAST.height if columns == 1 else COMFORTABLE
    rows = max(1, min(-(-count // columns), size.height // height))
    return max(1, min(columns, -(-count // rows))), rows


def _after(items: Sequence[Item], item: Item) -> Item:
    return items[(items.index(item) + 1) % len(items)]
