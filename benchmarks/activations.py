"""What it costs to look at the units of the steps that are watched: ReLUs that are dead, sigmoids
that are saturated.

A forward pass that is looked at takes turns with one that is not, and the difference is set against
the time between two watched steps.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from benchmarks.loop import built
from benchmarks.measurement import Measurement, scatter
from tui_lab.plugins import load_experiment
from tui_lab.training.program import Program
from tui_lab.worker.activations import Activations
from tui_lab.worker.readings import Readings

_PROGRAMS = ("mlp", "gradient-flow")
_WATCHED = 5
"""Steps of a second, the most there are of a run that goes on."""
_TURNS = 300


def measure() -> Iterator[Measurement]:
    """A row for each program with units."""
    for name in _PROGRAMS:
        program = built(load_experiment(name))
        batch = next(iter(program.batches))
        for _ in range(20):
            _forward(program, batch, nullcontext())
        turns = [_turn(program, batch) for _ in range(_TURNS)]
        yield Measurement(
            f"share of the time, units of watched steps, {name}",
            _WATCHED * statistics.median(turns),
            0.01,
            note=f"ms more a step: {scatter([1000 * turn for turn in turns])}",
        )


def _turn(program: Program, batch: Any) -> float:
    """Seconds that a forward pass takes longer when its units are looked at."""
    plain = _forward(program, batch, nullcontext())
    return _forward(program, batch, Activations(program, Readings())) - plain


def _forward(program: Program, batch: Any, look: AbstractContextManager[object]) -> float:
    phases = program.step(batch)
    begun = time.perf_counter()
    with look:
        next(phases)
    taken = time.perf_counter() - begun
    for _ in phases:
        pass
    return taken


if __name__ == "__main__":
    print(*measure(), sep="\n")
