"""What the guard costs a healthy run: the worker's loop that would hold at a number that is not
finite against the same loop that does not look.

Both take turns in one process, each for a few seconds, and ratios are formed pair by pair. Both
keep their states, and say what is not finite: what that costs is another figure.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.loop import EPOCHS, Rates, rates
from benchmarks.measurement import Measurement, scatter
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment

_PAIRS = 9


def measure() -> Iterator[Measurement]:
    """A row for each of three programs."""
    for name in EPOCHS:
        wall, busy = zip(*(_pair(load_experiment(name)) for _ in range(_PAIRS)), strict=True)
        yield Measurement(
            f"steps/s, guard holds ÷ off, {name}",
            statistics.median(wall),
            0.97,
            at_least=True,
            note=f"{scatter(wall)}; per second of a processor {statistics.median(busy):.3f}",
        )


def _pair(experiment: Experiment) -> Rates:
    """Rates with the guard ÷ those without, measured half before and half after."""
    before = rates(experiment, kept=True, guard="off")
    held = rates(experiment, kept=True, guard="hold")
    after = rates(experiment, kept=True, guard="off")
    return 2 * held[0] / (before[0] + after[0]), 2 * held[1] / (before[1] + after[1])


if __name__ == "__main__":
    print(*measure(), sep="\n")
