"""How many threads a run takes, against the better of one and all: on an idle box and a busy one.

Each run is the worker's own, without a screen, its time by its own clock from the first step to the
last. The three ways take turns, so that each ratio is of neighbours in time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryDirectory

from benchmarks.measurement import Measurement, scatter

_RUNS = {
    "linear-regression": ("epochs=200",),
    "mlp": ("epochs=2",),
    "gradient-flow": ("epochs=4",),
}
_ROUNDS = 5
_MOST = os.cpu_count() or 1
_BUSY = "while True: pass"


def measure() -> Iterator[Measurement]:
    """The budget on threads."""
    for busy in (0, 2):
        for experiment, values in _RUNS.items():
            with ExitStack() as stack:
                for _ in range(busy):
                    process = stack.enter_context(subprocess.Popen([sys.executable, "-c", _BUSY]))
                    stack.callback(process.kill)
                rounds = [_round(experiment, values) for _ in range(_ROUNDS)]
            ratios = [ours / best for ours, best in rounds]
            yield Measurement(
                f"{experiment}, {busy} busy beside: time ÷ the better of 1 and {_MOST} threads",
                statistics.median(ratios),
                1.1,
                note=scatter(ratios),
            )


def _round(experiment: str, values: tuple[str, ...]) -> tuple[float, float]:
    """Seconds with as many threads as the run takes, and with the better of one and all."""
    ours = _seconds(experiment, values, "auto")
    return ours, min(_seconds(experiment, values, str(count)) for count in (1, _MOST))


def _seconds(experiment: str, values: tuple[str, ...], threads: str) -> float:
    command = [sys.executable, "-m", "tui_lab", "run", experiment, *values, "--json"]
    environ = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    with TemporaryDirectory() as home:
        environ["TUI_LAB_HOME"] = home
        command += ["--device", "cpu", "--threads", threads]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    return float(result["elapsed_s"])


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
