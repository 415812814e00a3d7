"""Runs whose workers are killed, and what their logs say: what tests of taking up share."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.view_models.run import RunView
from tui_lab.worker import checkpoints, publisher
from tui_lab.worker.conduct import conduct
from tui_lab.worker.publisher import Publisher


def made(runs: Path, experiment: str, values: Mapping[str, Any], **more: Any) -> RunDirectory:
    declared = load_experiment(experiment)
    request = RunRequest(
        experiment=experiment,
        program=declared.program,
        hyperparameters=declared.to_json(declared.choose(values)),
        device="cpu",
        threads=1,
        **more,
    )
    return RunDirectory.create(runs, request, datetime.now(UTC))


def worker(directory: RunDirectory, *, kill_after: int = 0, kill_at: int = 0) -> int:
    """Drive the run in a process of its own; killed once so many steps stand in its log, or when so
    many are taken, with many a checkpoint behind it."""
    pid = os.fork()
    if not pid:
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.environ["TUI_LAB_DATA"] = str(SUBSET)
            if kill_at:
                _kill_at(kill_at)
            os._exit(conduct(directory))
        finally:
            os._exit(99)
    while kill_after:
        if steps(directory) >= kill_after:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _kill_at(last: int) -> None:
    """Blocks and checkpoints follow each other closely, and at this step all ends."""
    publisher._BLOCK = 0.002
    checkpoints._INTERVAL, checkpoints._TIMES = 0.0, 0
    add_step = Publisher.add_step

    def fatal(self: Publisher, step: int) -> bool:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return add_step(self, step)

    Publisher.add_step = fatal  # type: ignore[method-assign]


def steps(directory: RunDirectory) -> int:
    try:
        return view(directory).step
    except FileNotFoundError:
        return 0


def view(directory: RunDirectory, experiment: Experiment | None = None) -> RunView:
    found = RunView(experiment or load_experiment(directory.request().experiment))
    for event in RunTail(directory.events_path):
        found.fold(event)
    return found


def numbers(directory: RunDirectory) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Every measurement of the run, with its step."""
    return numbers_of(directory, load_experiment(directory.request().experiment))


def numbers_of(
    directory: RunDirectory, experiment: Experiment
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """The same of an experiment that is not one of the lab's."""
    series = view(directory, experiment).series
    return {
        key: list(zip(line.steps.tolist(), line.values.tolist(), strict=True))
        for key, line in series.items()
    }
