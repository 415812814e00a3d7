"""A chart alone on a screen, and what a test asks of it."""

from __future__ import annotations

import numpy as np
from textual.app import App, ComposeResult

from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.theme import THEMES
from tui_lab.view_models.figure import Figure, Line

TOTAL = 400
STEPS = np.arange(1.0, TOTAL + 1)
LOSS = 90 * np.exp(-STEPS / 60) * (1 + 0.1 * np.sin(STEPS))


def growing(size: int) -> Figure:
    """The first steps of a run whose length is known."""
    return Figure(
        (Line("train", STEPS[:size], LOSS[:size]),),
        log_y=True,
        x_label="step",
        x_range=(0, TOTAL),
    )


class ChartApp(App[None]):
    """One chart and nothing else."""

    CSS = "Chart { min-height: 1; }"

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self.chart = chart
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "lab-dark"

    def compose(self) -> ComposeResult:
        yield self.chart


def texts(chart: Chart) -> list[str]:
    return [row.text for row in chart.rows or ()]
