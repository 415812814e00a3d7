"""One run from its request to its last event."""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import os
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from tui_lab.commands import Acknowledgement, Stop
from tui_lab.errors import ExperimentError, TuiLabError
from tui_lab.events import RunEnded, RunFailed, RunFinished, RunStarted, RunStopped, status_of
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.plugins import load_experiment, load_experiment_file
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock, socket_path, sweep
from tui_lab.training.program import Demonstration, Program
from tui_lab.worker.control import Control
from tui_lab.worker.demonstration import DemonstrationLoop
from tui_lab.worker.fitting import fit
from tui_lab.worker.interruption import Stopped, breaking_off, stopping
from tui_lab.worker.loop import Loop
from tui_lab.worker.out_of_memory import explained
from tui_lab.worker.presence import Presence
from tui_lab.worker.probe import described
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


def conduct(directory: RunDirectory) -> int:
    """Drive the run in `directory`; returns the exit status of its process."""
    sweep()
    lock = RunLock(directory.path)
    lock.acquire()
    record = RunRecord(directory)
    record.start()
    control = Control(socket_path(directory.path))
    control.start()
    presence = Presence(directory, lock, control)
    record.each_second = presence.check
    try:
        with breaking_off():
            ended = _prepare_and_drive(directory.request(), record, control)
    except Stopped as stop:
        ended = RunStopped(t=0.0, step=0, epoch=0, reason=str(stop))
    except (Exception, SystemExit) as error:  # the process edge: what went wrong is the last event
        ended = _failure(error, t=0.0, step=0, epoch=0, metrics={})
    record.append(ended)
    with suppress(Stopped), breaking_off():
        _write_rest(record, control, told_to_stop=isinstance(ended, RunStopped))
    control.close()
    record.close(status_of(ended), getattr(ended, "error", ""))
    presence.close()
    lock.release()
    return 1 if isinstance(ended, RunFailed) else 0


def _write_rest(record: RunRecord, control: Control, *, told_to_stop: bool) -> None:
    """Have the whole log on disk; on a full one wait for room, unless told to stop already."""
    while not record.try_flush() and not told_to_stop:
        request = control.take(timeout=1.0)
        if request is not None and isinstance(request.command, Stop):
            request.answer(Acknowledgement(True, message="The end of the log is lost."))
            return
        if request is not None:
            request.answer(Acknowledgement(False, message="The disk is full; free some."))


def _prepare_and_drive(request: RunRequest, record: RunRecord, control: Control) -> RunEnded:
    experiment = _experiment(request)
    record.keep_for(experiment)
    build = functools.partial(_build, program_class(request.program), request, experiment)
    hyperparameters = experiment.choose(request.hyperparameters)
    fitted = fit(lambda device: build(device, hyperparameters), request)
    program = fitted.program
    steps_per_epoch = len(program.batches) if program.epochs else 0
    total = program.epochs * steps_per_epoch
    publisher = Publisher(program, record, total_steps=total)
    publisher.emit(_started(program, total, steps_per_epoch))
    for remark in fitted.remarks:
        publisher.remark(0, remark)
    publisher.log_pictures(0, program.start_pictures())
    if isinstance(program, Demonstration):
        again = functools.partial(build, program.device)
        demonstration = DemonstrationLoop(experiment, program, again, control, publisher)
        drive = functools.partial(demonstration.run, interactive=request.interactive)
        with_memory = explained(program.device, experiment)(drive)
        return _drive(demonstration, with_memory, publisher, record)
    loop = Loop(experiment, program, control, publisher, hold=request.hold, guard=request.guard)
    return _drive(loop, explained(program.device, experiment)(loop.run), publisher, record)


def _drive(
    loop: Loop | DemonstrationLoop,
    drive: Callable[[], object],
    publisher: Publisher,
    record: RunRecord,
) -> RunEnded:
    """Run the loop to its end and say how it ended."""
    gc.freeze()  # torch's own objects stay: a full collection would look at all of them, for 60 ms

    def reached() -> dict[str, Any]:
        position = publisher.position
        return {"t": position.t, "step": position.step, "epoch": position.epoch}

    try:
        with stopping(loop.request_stop):
            drive()
        publisher.draw_last()
        return RunFinished(**reached(), metrics=publisher.last_metrics())
    except Stopped as stop:
        return RunStopped(**reached(), metrics=publisher.last_metrics(), reason=str(stop))
    except (Exception, SystemExit) as error:  # the program's own: its event has the traceback
        return _failure(error, **reached(), metrics=record.metrics)


def _experiment(request: RunRequest) -> Experiment:
    if request.plugin:
        return load_experiment_file(Path(request.plugin))
    return load_experiment(request.experiment)


def program_class(reference: str) -> type[Program]:
    """The program that a declaration names as `module:Class`; raises `ExperimentError`."""
    module, _, name = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ExperimentError(f"{reference} can't be loaded: {error}.") from error
    if not (isinstance(found, type) and issubclass(found, Program)):
        raise ExperimentError(f"{reference} is not a Program.")
    return found


def _build(
    chosen: type[Program],
    request: RunRequest,
    experiment: Experiment,
    device: torch.device,
    hyperparameters: Hyperparameters,
) -> Program:
    """A program ready for its first step; torch's default generators are seeded too."""
    torch.manual_seed(request.seed)
    with explained(device, experiment):
        program = chosen(hyperparameters, seed=request.seed, device=device, data=request.data)
        program.build()
    return program


def _started(program: Program, total_steps: int, steps_per_epoch: int) -> RunStarted:
    lines, first = inspect.getsourcelines(program.step_source())
    device = program.device
    on_gpu = device.type == "cuda"
    return RunStarted(
        pid=os.getpid(),
        host=socket.gethostname(),
        device=str(device),
        device_name=torch.cuda.get_device_name(device) if on_gpu else "",
        threads=torch.get_num_threads(),
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        total_steps=total_steps,
        steps_per_epoch=steps_per_epoch,
        parameters=described(program.parameters()),
        source=[line.rstrip("\n") for line in lines],
        source_line=first,
        source_file=Path(inspect.getsourcefile(program.step_source()) or "").name,
    )


def _failure(
    error: Exception | SystemExit, *, t: float, step: int, epoch: int, metrics: dict[str, Any]
) -> RunFailed:
    if isinstance(error, TuiLabError):
        return RunFailed(t=t, step=step, epoch=epoch, error=str(error), metrics=metrics)
    trace = "".join(traceback.format_exception(error))
    print(trace, flush=True)
    sentence = "".join(traceback.format_exception_only(error)).strip()
    return RunFailed(t=t, step=step, epoch=epoch, error=sentence, traceback=trace, metrics=metrics)
