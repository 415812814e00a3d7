"""The declared metrics of a run and their last values, as rows of a table."""

from __future__ import annotations

from tui_lab.view_models.number_format import short
from tui_lab.view_models.picture_data import NOTHING, NOTHING_YET, TextTable
from tui_lab.view_models.run import RunView


def key_figures(view: RunView) -> TextTable:
    """A row for each declared metric that was measured, in the order of the declaration."""
    declared = view.experiment.metrics if view.experiment is not None else ()
    known = [metric for metric in declared if metric.key in view.metrics]
    rows = tuple((m.key, short(view.metrics[m.key]), m.help) for m in known)
    if not rows:
        return TextTable(note=NOTHING if view.ended else NOTHING_YET)
    return TextTable(("metric", "value", "meaning"), rows, (False, True, False))
