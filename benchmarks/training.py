"""Training speed with the lab on screen, against the same training with nothing around it.

The lab trains in its worker while its screen draws every pane; in between, with the lab closed,
the bare loops run: the notes' own, and our step driven by nothing but a `for`. Ratios are formed
pair by pair from neighbours in time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.lab import (
    has_curve,
    is_painted,
    lab,
    newest_run,
    steps_per_second,
    threads_taken,
)
from benchmarks.measurement import Measurement, scatter

_SECONDS = 4.0
_PAIRS = 5


def measure() -> Iterator[Measurement]:
    """The budgets on training speed."""
    pairs = [_pair("linear-regression", {"epochs": "100000"}) for _ in range(_PAIRS)]
    against_notes = [shown / bare["notes"] for shown, bare in pairs]
    against_own = [shown / bare["own"] for shown, bare in pairs]
    yield Measurement(
        "steps/s, lab on screen ÷ the notes' bare loop, linear regression",
        statistics.median(against_notes),
        1.0,
        at_least=True,
        note=scatter(against_notes),
    )
    yield Measurement(
        "steps/s, lab on screen ÷ our step driven bare, linear regression",
        statistics.median(against_own),
        0.90,
        at_least=True,
        note=scatter(against_own),
    )
    mlp = [_pair("mlp", {"epochs": "1000"}) for _ in range(_PAIRS)]
    ratios = [shown / bare["own"] for shown, bare in mlp]
    yield Measurement(
        "steps/s, lab on screen ÷ our step driven bare, MLP, same thread count",
        statistics.median(ratios),
        0.95,
        at_least=True,
        note=scatter(ratios),
    )


def _pair(experiment: str, values: dict[str, str]) -> tuple[float, dict[str, float]]:
    shown, threads = _shown(experiment, values)
    return shown, _bare(experiment, values, threads)


def _shown(experiment: str, values: dict[str, str]) -> tuple[float, int]:
    """Steps per second of a run whose screen is on, and the threads that it took."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        with lab(home, experiment, *(f"{k}={v}" for k, v in values.items())) as terminal:
            terminal.wait_for(is_painted)
            terminal.press("r")
            terminal.wait_for(has_curve)
            terminal.watch(_SECONDS + 1.0)
            run = newest_run(home)
            return steps_per_second(run, 1.0, 1.0 + _SECONDS), threads_taken(run)


def _bare(experiment: str, values: dict[str, str], threads: int) -> dict[str, float]:
    """Steps per second of the bare loops on `threads`, in a process of their own, as the worker
    is."""
    command = [sys.executable, "-m", "benchmarks.bare", experiment, json.dumps(values)]
    environ = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])  # a program may print before
    return figures


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
