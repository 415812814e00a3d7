"""What it costs that a run's states are kept on the way: the worker's loop with checkpoints against
the same loop without.

Both take turns in one process, each for a few seconds, and ratios are formed pair by pair. A second
ratio is of processor time, of all threads together: the one that writes the states to disk as well.
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
        pairs = [_pair(load_experiment(name)) for _ in range(_PAIRS)]
        wall, busy = zip(*pairs, strict=True)
        yield Measurement(
            f"steps/s, checkpoints ÷ none, {name}",
            statistics.median(wall),
            0.98,
            at_least=True,
            note=f"{scatter(wall)}; per second of a processor {statistics.median(busy):.3f}",
        )


def _pair(experiment: Experiment) -> Rates:
    """Rates with checkpoints ÷ those without, measured half before and half after."""
    before, kept, after = (rates(experiment, kept=kept) for kept in (False, True, False))
    return 2 * kept[0] / (before[0] + after[0]), 2 * kept[1] / (before[1] + after[1])


if __name__ == "__main__":
    print(*measure(), sep="\n")
