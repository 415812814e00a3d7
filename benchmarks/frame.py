"""One frame of a chart over a series that has seen a million points."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Measurement, scatter
from tui_lab.plots.plot import Plot
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Figure, Line
from tui_lab.view_models.series import Series

_STEPS, _BLOCK, _FRAMES = 1_000_000, 1000, 200


def measure() -> Iterator[Measurement]:
    """Drawing at 100×30, braille, as the lab does it: one chart again and again, with new data."""
    series, generator = Series(), np.random.default_rng(0)
    for first in range(1, _STEPS, _BLOCK):
        _append(series, first, generator)
    plot, style, times = Plot(), PlotStyle(), []
    for frame in range(_FRAMES + 1):
        _append(series, _STEPS + frame * _BLOCK + 1, generator)
        line = Line("loss", series.steps, series.values)
        start = time.perf_counter()
        plot.draw(Figure(lines=(line,), x_range=(0.0, 2.0 * _STEPS)), 100, 30, style)
        times.append(1000 * (time.perf_counter() - start))
    whole, later = times[0], times[1:]
    yield Measurement(
        "one frame of a 1,000,000-point series",
        statistics.median(later),
        1.5,
        "ms",
        note=f"{scatter(later)}; the first, with its frame laid out: {whole:.2g} ms",
    )


def _append(series: Series, first: int, generator: np.random.Generator) -> None:
    """Another block of a falling, noisy loss."""
    steps = np.arange(first, first + _BLOCK, dtype=np.float64)
    series.append(steps, np.exp(-steps / 2e5) + 0.05 * generator.random(_BLOCK))


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
