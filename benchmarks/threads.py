"""What it costs that a run finds out by itself how many threads to take.

The same run with the count left to it, with one thread and with all: in turn, first on the box as
it is, then beside two processes that keep two cores busy. Wall time of the whole command, as a
person waits for it; the best of a few turns of each, because what else runs here only ever adds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory

from benchmarks.lab import COMMAND
from benchmarks.measurement import Measurement

_RUNS = (
    ("linear-regression", "epochs=200"),
    ("mlp", "epochs=2"),
    ("gradient-flow", "epochs=4"),
)
_TURNS = 3
_BUDGET = 1.1
_BUSY = [sys.executable, "-c", "while True: pass"]


def measure() -> Iterator[Measurement]:
    """Our time ÷ the better of one thread and all, idle and loaded."""
    for loops in (0, 2):
        with _busy(loops):
            for experiment, epochs in _RUNS:
                yield _measured(experiment, epochs, loops)


def _measured(experiment: str, epochs: str, loops: int) -> Measurement:
    everything = str(len(os.sched_getaffinity(0)))
    taken: dict[str, list[float]] = {"auto": [], "1": [], everything: []}
    for _ in range(_TURNS):
        for threads, times in taken.items():
            times.append(_seconds(experiment, epochs, threads))
    best = {threads: min(times) for threads, times in taken.items()}
    beside = f", {loops} busy loops beside" if loops else ""
    return Measurement(
        f"time ÷ better of one thread and all, {experiment}{beside}",
        best["auto"] / min(best["1"], best[everything]),
        _BUDGET,
        note=", ".join(f"{threads}: {seconds:.1f} s" for threads, seconds in best.items()),
    )


def _seconds(experiment: str, epochs: str, threads: str) -> float:
    """Wall time of one run; torch sees every core, whatever bound this process has."""
    with TemporaryDirectory() as home:
        environ = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
        environ |= {"TUI_LAB_HOME": home}
        command = [*COMMAND, "run", experiment, epochs, "--device", "cpu", "--threads", threads]
        start = time.perf_counter()
        subprocess.run([*command, "--json"], check=True, capture_output=True, env=environ)
        return time.perf_counter() - start


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    """So many processes that do nothing but run."""
    with ExitStack() as stack:
        for _ in range(loops):
            process = stack.enter_context(subprocess.Popen(_BUSY))
            stack.callback(process.kill)
        yield


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
