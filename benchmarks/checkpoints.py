"""What it costs that a run's states are kept on the way: the worker's loop with checkpoints against
the same loop without.

Both take turns in one process, each for a few seconds, and ratios are formed pair by pair. A second
ratio is of processor time, of all threads together: the one that writes the states to disk as well.
"""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.measurement import Measurement, scatter
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.program import Program
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.control import Control
from tui_lab.worker.driving import program_class
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

_WARM_UP, _SECONDS = 0.5, 1.5
_PAIRS = 9
_ENDLESS = 1 << 40
_EPOCHS = {"linear-regression": 100_000, "weight-decay": 1_000_000, "mlp": 10_000}
"""More than are taken: steps of 0.1 ms in two programs, a state of two megabytes in the third."""

Rates = tuple[float, float]
"""Steps per second, and per second of a processor."""


def measure() -> Iterator[Measurement]:
    """A row for each of three programs."""
    for name in _EPOCHS:
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
    before, kept, after = (_rates(experiment, kept=kept) for kept in (False, True, False))
    return 2 * kept[0] / (before[0] + after[0]), 2 * kept[1] / (before[1] + after[1])


def _rates(experiment: Experiment, *, kept: bool) -> Rates:
    with TemporaryDirectory() as folder:
        program = _built(experiment)
        directory = _directory(Path(folder), experiment)
        publisher = Publisher(program, RunRecord(directory), total_steps=_ENDLESS)
        checkpoints = Checkpoints(directory.path, program) if kept else None
        past = Past(experiment, program, publisher, checkpoints)
        control = Control(Path(folder) / "control")
        try:
            return _measured(Loop(experiment, program, control, publisher, past=past))
        finally:
            control.close()
            if checkpoints is not None:
                checkpoints.close()


def _measured(loop: Loop) -> Rates:
    """How fast the loop goes between its first half second and its end."""
    gc.freeze()  # as the worker does
    marks = list[tuple[int, float, float]]()

    def mark() -> None:
        marks.append((loop.position.step, time.perf_counter(), time.process_time()))

    def watch() -> None:
        time.sleep(_WARM_UP)
        mark()
        time.sleep(_SECONDS)
        mark()
        loop.request_stop("measured")

    watching = threading.Thread(target=watch)
    watching.start()
    with suppress(Stopped):
        loop.run()
    watching.join()
    steps, wall, busy = (end - begin for begin, end in zip(*marks, strict=True))
    return steps / wall, steps / busy


def _built(experiment: Experiment) -> Program:
    chosen = experiment.choose({"epochs": _EPOCHS[experiment.name]})
    program = program_class(experiment.program)(chosen, seed=0, device=torch.device("cpu"))
    program.build()
    return program


def _directory(home: Path, experiment: Experiment) -> RunDirectory:
    request = RunRequest(
        experiment=experiment.name, program=experiment.program, hyperparameters={}, threads=1
    )
    return RunDirectory.create(home, request, datetime.now(UTC))


if __name__ == "__main__":
    print(*measure(), sep="\n")
