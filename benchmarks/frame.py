"""One frame of a chart over a series that has seen a million points."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Measurement, scatter
from tui_lab.plots import plot
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Figure, Line
from tui_lab.view_models.series import Series


def measure() -> Iterator[Measurement]:
    """Drawing at 100×30, braille."""
    series = Series()
    generator = np.random.default_rng(0)
    for first in range(1, 1_000_001, 1000):
        steps = np.arange(first, first + 1000, dtype=np.float64)
        series.append(steps, np.exp(-steps / 2e5) + 0.05 * generator.random(1000))
    times = []
    for _ in range(50):
        start = time.perf_counter()
        line = Line("loss", series.steps, series.values)
        plot.draw(Figure(lines=(line,), x_range=(0.0, 1e6)), 100, 30, PlotStyle())
        times.append(1000 * (time.perf_counter() - start))
    yield Measurement(
        "one frame of a 1,000,000-point series",
        statistics.median(times),
        10,
        "ms",
        note=scatter(times),
    )


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
