"""A chart of metrics that a person has picked out of all that a run has."""

from __future__ import annotations

from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.panes.charts_pane import ChartsPane

_HINT = "{columns.toggle=space} draws a metric or not; {dialog.cancel=esc} closes."


class MetricPicker:
    """Asks which, and has them drawn."""

    def __init__(self, run: RunFollower, charts: ChartsPane, host: Host) -> None:
        self._run = run
        self._charts = charts
        self._host = host

    @property
    def can_pick(self) -> bool:
        """Whether a run has metrics, and there are charts."""
        feed = self._run.feed
        return bool(self._charts.curves) and feed is not None and feed.view.measurements.has_points

    def pick(self) -> None:
        """Ask for metrics."""
        from tui_lab.tui.runs.column_dialogs import ColumnsDialog  # rarely needed

        if self._run.feed is not None:
            keys = sorted({key for _, key in self._run.feed.view.series})
            question = "Metrics in a chart of their own"
            dialog = ColumnsDialog(keys, self._charts.picked, question=question, hint=_HINT)
            self._host.ask(dialog, self._draw)

    def _draw(self, keys: tuple[str, ...] | None) -> None:
        if keys is not None:
            self._charts.pick(keys)
