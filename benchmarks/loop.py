"""The worker's loop driven in this process for some seconds, for benchmarks of what it does."""

from __future__ import annotations

import gc
import threading
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from tui_lab.commands import GuardMode
from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.program import Program
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.control import Control
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.past import Past
from tui_lab.worker.programs import program_class
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

_WARM_UP, _SECONDS = 0.5, 1.5
_ENDLESS = 1 << 40
EPOCHS = {"linear-regression": 100_000, "weight-decay": 1_000_000, "mlp": 10_000}
"""More than are taken: steps of 0.1 ms in two programs, a state of two megabytes in the third."""

Rates = tuple[float, float]
"""Steps per second, and per second of a processor."""


def rates(experiment: Experiment, *, kept: bool, guard: GuardMode = "say") -> Rates:
    """How fast a run of the experiment goes, whose states are `kept` or not, with such a guard."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        program = built(experiment)
        directory = _directory(Path(folder), experiment)
        publisher = Publisher(program, RunRecord(directory), total_steps=_ENDLESS)
        checkpoints = Checkpoints(directory.path, program) if kept else None
        if checkpoints is not None:
            stack.callback(checkpoints.close)
        past = Past(experiment, program, publisher, checkpoints)
        control = Control(Path(folder) / "control")
        stack.callback(control.close)
        return _measured(Loop(experiment, program, control, publisher, past=past, guard=guard))


def built(experiment: Experiment) -> Program:
    """A program ready for its first step, on the CPU."""
    chosen = experiment.choose({"epochs": EPOCHS.get(experiment.name, 1000)})
    program = program_class(experiment.program)(chosen, seed=0, device=torch.device("cpu"))
    program.build()
    return program


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


def _directory(home: Path, experiment: Experiment) -> RunDirectory:
    request = RunRequest(
        experiment=experiment.name, program=experiment.program, hyperparameters={}, threads=1
    )
    return RunDirectory.create(home, request, datetime.now(UTC))
