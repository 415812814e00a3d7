"""Repeating a run from what its log says was done to it, and comparing it step by step.

Nothing of the run is touched, unless a curve that it did not log is asked for: that is added to its
log once every number was the same.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tui_lab.errors import RunError, TuiLabError
from tui_lab.events import (
    CheckpointWritten,
    MetricsLogged,
    RunEnded,
    RunFailed,
    RunStarted,
)
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock
from tui_lab.runs.log import RunLog
from tui_lab.runs.standing import Limits
from tui_lab.runs.tail import RunTail, last_event
from tui_lab.training.program import Program
from tui_lab.versions import current_versions
from tui_lab.worker.beginning import anew
from tui_lab.worker.comparison import LOSS, Comparison, Digests, Replayed, Silence
from tui_lab.worker.driving import Driver
from tui_lab.worker.former import former, require_begun


def replay(
    directory: RunDirectory, keys: Sequence[str], say: Callable[[int], object] = lambda step: None
) -> Replayed:
    """Repeat the run in `directory` and compare the loss of each step, and the state at each
    checkpoint. `keys` are curves to record on the way (`norm/W1`); `say` is told now and then which
    step it has come to. Raises `RunError` for a run that can't be repeated."""
    past = former(directory)
    started = require_begun(past, directory.id)
    if not (started.total_steps or past.step):
        raise RunError(f"{directory.id} is a demonstration: there are no steps to repeat.")
    request = replace(
        directory.request(),
        device=started.device,
        threads=started.threads,
        schedule=past.done,
        hold=None,
        guard="off",
    )
    result = Replayed(remarks=list(_remarks(request, started)))
    comparison = Comparison(_losses(directory), keys, result, say)
    driver = Driver(directory, comparison, Silence(), request)
    beginning = anew(driver.build, directory, request, driver.experiment)
    result.remarks += _of_source(beginning.program, started)
    digests = Digests(_checkpoints(directory, past.done), beginning.program, result)
    ended = driver.train(replace(beginning, watched=bool(keys)), digests)
    if isinstance(ended, RunFailed) and not result.difference:
        result.difference = f"the replay failed after step {ended.step:,}: {ended.error}"
    comparison.finish()
    return result


def _losses(directory: RunDirectory) -> Iterator[tuple[int, float]]:
    """The loss of each step that stands in the log."""
    for block in _blocks(directory.events_path):
        for place, value in enumerate(block.columns[LOSS]):
            yield block.first + place, float(value)


def _checkpoints(directory: RunDirectory, done: Sequence[Any]) -> dict[int, str]:
    """The digests in the log by their steps; but for those before which a knob may have been turned
    already, when the state was kept."""
    log = directory.events_path
    events = RunTail(log, settled=True, wanted=lambda line: b'"metrics"' not in line[:100])
    turned = {each.step - 1 for each in done}
    return {
        event.step: event.digest
        for event in Limits.of(log, settled=True).standing(events)
        if isinstance(event, CheckpointWritten) and event.step not in turned
    }


def _remarks(request: RunRequest, started: RunStarted) -> Iterator[str]:
    now = current_versions()
    for name, was in request.versions.items():
        if name in now and now[name] != was:
            yield f"{name} is {now[name]}, the run had {was}."
    if not started.device.startswith("cpu"):
        torch.use_deterministic_algorithms(True, warn_only=True)
        yield (
            f"On {started.device} torch is asked for deterministic algorithms; what has none adds "
            "in no fixed order, and equal numbers are not promised."
        )


def _of_source(program: Program, started: RunStarted) -> list[str]:
    lines, _ = inspect.getsourcelines(program.step_source())
    if [line.rstrip("\n") for line in lines] == list(started.source):
        return []
    return ["The program's step is not written as it was when the run began."]


def tell_replay(directory: RunDirectory, keys: Sequence[str]) -> int:
    """Repeat a run and say in JSON lines on standard output how far it has come and how it ended;
    what its program prints goes elsewhere. The exit status is 0 when it was the same."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(**words: Any) -> None:
        out.write(json.dumps(words) + "\n")

    try:
        result = replay(directory, keys, lambda step: say(step=step))
        if result.recorded and not result.difference:
            add_curves(directory, result.recorded)
    except TuiLabError as error:
        say(error=str(error))
        return 1
    say(steps=result.steps, difference=result.difference, remarks=result.remarks)
    return 1 if result.difference else 0


def add_curves(directory: RunDirectory, recorded: Mapping[str, Sequence[float]]) -> None:
    """Add curves to the log of a run that nobody drives, block by block as its losses stand there,
    and its end once more. Raises `RunError` when a worker has it."""
    log = directory.events_path
    lock = RunLock(directory.path)
    lock.acquire()
    try:
        ended = last_event(log)
        blocks = list(_blocks(log))
        first = min((block.first for block in blocks), default=1)
        writer = RunLog(log)
        for block in blocks:
            start = block.first - first
            rows = slice(start, start + len(block.columns[LOSS]))
            columns = {key: values[rows] for key, values in recorded.items()}
            writer.append(replace(block, columns=columns))
        if isinstance(ended, RunEnded):
            writer.append(ended)
        writer.close()
    finally:
        lock.release()


def _blocks(log: Path) -> Iterator[MetricsLogged]:
    for event in Limits.of(log, settled=True).standing(RunTail(log, settled=True)):
        if isinstance(event, MetricsLogged) and event.kind == "step" and LOSS in event.columns:
            yield event
