"""The drawing of several runs side by side: their curves, their tables, what must be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.style import Style

from tui_lab.tui.compare.choices import Choices
from tui_lab.tui.compare.feeds import RunFeeds
from tui_lab.tui.compare.panes import ComparePanes
from tui_lab.tui.compare.rows import RowHead
from tui_lab.tui.panes.chart import Chart, rule
from tui_lab.tui.runs.columns import Order
from tui_lab.tui.widgets.status_sign import SIGNS, status_variable
from tui_lab.view_models.comparison.comparison import Comparison
from tui_lab.view_models.comparison.overlay import looks_of
from tui_lab.view_models.comparison.tables import (
    Column,
    all_columns,
    difference_columns,
    in_order,
    name_column,
    result_columns,
    sorting_by,
)
from tui_lab.view_models.figure import Figure

_NOTHING_DIFFERS = "nothing that was asked of them"


class CompareDisplay:
    """Draws the runs as they stand, where anything changed."""

    def __init__(self, feeds: RunFeeds, chart: Chart, panes: ComparePanes) -> None:
        self.choices = Choices()
        self.comparison = Comparison(())
        """The runs as they were drawn last."""
        self.cursor = ""
        """The run that keys act on."""
        self._feeds, self._chart, self._panes = feeds, chart, panes
        self._refused: tuple[str, ...] = ()
        self._order: list[int] = []
        self._state: object = None

    def begin(self, refused: Sequence[str]) -> None:
        """Other runs are compared from now on, and the first of them is the reference; `refused`
        says of each that can't be why."""
        self.cursor = next(iter(self._feeds.ids), "")
        self.choices, self._refused, self._state = Choices(self.cursor), tuple(refused), None
        self._chart.forget_limits()

    def draw(self) -> None:
        """Bring everything up to date, if anything changed."""
        state = (self._feeds.state, self._chart.style, self.choices)
        if state == self._state:
            return
        self._state = state
        if self._feeds.ids:
            reference = self._feeds.ids.index(self.choices.reference)
            self.comparison = Comparison(self._feeds.runs(), reference, self.choices.metric)
            self._draw_curves()
            self._draw_tables()
            said = (*self._refused, *self.comparison.remarks, self.comparison.band_words)
            self._panes.remarks.show([*filter(None, said)])
        else:
            self._draw_nothing()

    @property
    def columns(self) -> list[Column]:
        """All that the runs can be sorted by."""
        return all_columns(self.comparison)

    @property
    def order(self) -> Order | None:
        """The heading of the column that they are sorted by."""
        sorting = self.choices.sorting
        found = (each for each in self.columns if sorting and each.key == sorting.key)
        column = next(found, None)
        return Order(column.heading, sorting.falling) if column and sorting else None

    def move_to(self, row: int) -> None:
        """The cursor is on a row of one table, and so in the other."""
        if row < len(self._order):
            self.cursor = self.comparison.runs[self._order[row]].id
            for table in self._panes.tables:
                table.cursor = row

    def hold_against_current(self) -> None:
        """The run under the cursor is the reference from now on."""
        self.choices = replace(self.choices, reference=self.cursor)
        self.draw()

    def next_metric(self, direction: int) -> None:
        """Look at another metric."""
        metrics = self.comparison.metrics
        if metrics:
            place = (metrics.index(self.comparison.metric) + direction) % len(metrics)
            self.choices = replace(self.choices, metric=metrics[place])
            self._chart.forget_limits()
            self.draw()

    def sort_by(self, heading: str) -> None:
        """Sort by the column of that heading, or turn its order round."""
        found = sorting_by(self.comparison, self.columns, heading)
        self.choices = self.choices.sorted_by(found)
        self.draw()

    def change(self, option: str) -> None:
        """Draw the curves in another way; the next of them in `front`."""
        if option == "front":
            self._chart.next_front()
        else:
            self.choices = self.choices.changed(option, self.comparison.metric)
            self.draw()

    def _draw_curves(self) -> None:
        comparison, drawn = self.comparison, self.choices.drawing(self.comparison)
        figure = comparison.figure(drawn)
        metric = comparison.metric or "nothing measured yet"
        self._chart.heading = f"{metric} (log)" if drawn.log else metric
        smoothing = f"smoothed by {drawn.smoothing:g}" if drawn.smoothing else ""
        self._chart.show(figure, comparison.legend(figure), smoothing)

    def _draw_tables(self) -> None:
        comparison = self.comparison
        self._order = in_order(comparison, self.columns, self.choices.sorting)
        heads = self._heads()
        differing = self._headed(difference_columns(comparison))
        note = "" if differing else _NOTHING_DIFFERS
        self._panes.differing.show(heads, differing, self._order, note)
        self._panes.results.show(heads, self._headed(result_columns(comparison)), self._order)
        self._panes.say(comparison.held_against)
        ids = [comparison.runs[place].id for place in self._order]
        self.move_to(ids.index(self.cursor))

    def _draw_nothing(self) -> None:
        self.comparison = Comparison(())
        self._chart.heading = ""
        self._chart.show(Figure())
        for table in self._panes.tables:
            table.show((), (), ())
        self._panes.say("")
        self._panes.remarks.show(self._refused)

    def _headed(self, columns: Sequence[Column]) -> list[tuple[Column, str]]:
        """Each with its heading, and a sign on the one that the runs are sorted by."""
        order = self.order
        signs = {order.key: order.sign} if order else {}
        return [(each, f"{signs.get(each.heading, '')}{each.heading}") for each in columns]

    def _heads(self) -> list[RowHead]:
        cells = name_column(self.comparison).cells
        return [self._head(place, cells[place]) for place in self._order]

    def _head(self, place: int, name: str) -> RowHead:
        style, looks, status = self._chart.style, looks_of(place), self._feeds.statuses[place]
        sample = 2 * (looks.sign or style.sample(looks.role)) or rule(style, looks.role, None)
        look = style.styles.get(looks.role, Style())
        return RowHead(sample.strip(), look, SIGNS[status], status_variable(status), name)
