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
from tui_lab.worker.beginning import Beginning, at_fork, begin
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.control import Control
from tui_lab.worker.demonstration import DemonstrationLoop
from tui_lab.worker.interruption import Stopped, breaking_off, stopping
from tui_lab.worker.interventions import ForkDue
from tui_lab.worker.loop import Loop
from tui_lab.worker.out_of_memory import explained
from tui_lab.worker.past import Past
from tui_lab.worker.position import Position
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
            ended = _prepare_and_drive(directory, record, control)
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


def _prepare_and_drive(directory: RunDirectory, record: RunRecord, control: Control) -> RunEnded:
    request = directory.request()
    experiment = _experiment(request)
    record.keep_for(experiment)
    build = functools.partial(_build, program_class(request.program), request, experiment)
    beginning = begin(build, directory, request, experiment)
    publisher = _publisher(beginning, request, record)
    program = beginning.program
    if isinstance(program, Demonstration):
        again = functools.partial(build, program.device)
        demonstration = DemonstrationLoop(experiment, program, again, control, publisher)
        drive = functools.partial(demonstration.run, interactive=request.interactive)
        with_memory = explained(program.device, experiment)(drive)
        return _drive(demonstration, with_memory, publisher, record)
    hold = None if beginning.is_resumed else request.hold
    checkpoints = Checkpoints(directory.path, program)
    checkpoints.forget_after(beginning.place.step)
    try:
        while True:
            past = _past(beginning, experiment, publisher, checkpoints)
            loop = Loop(
                experiment, program, control, publisher, past=past, hold=hold, guard=request.guard
            )
            run = explained(program.device, experiment)(loop.run)
            try:
                return _drive(loop, run, publisher, record)
            except ForkDue as due:
                beginning = at_fork(beginning, past, due.interventions, build, experiment)
                program, hold = beginning.program, None
                publisher = _publisher(beginning, request, record)
                checkpoints.follow(program)
    finally:
        checkpoints.close()


def _past(
    beginning: Beginning, experiment: Experiment, publisher: Publisher, checkpoints: Checkpoints
) -> Past:
    return Past(
        experiment,
        beginning.program,
        publisher,
        checkpoints,
        planned=beginning.planned,
        done=beginning.done,
        values=beginning.values,
        taken=beginning.place.taken,
    )


def _publisher(beginning: Beginning, request: RunRequest, record: RunRecord) -> Publisher:
    """The account of a run from here on, with its first events."""
    place = beginning.place
    publisher = Publisher(
        beginning.program,
        record,
        total_steps=beginning.total_steps,
        position=Position(place.step, place.epoch, place.t),
        alarms=beginning.alarms,
    )
    if beginning.is_resumed:
        publisher.taken_up(place.step)
    publisher.emit(_started(beginning, request))
    for event in beginning.events:
        publisher.emit(event)
    for remark in beginning.remarks:
        publisher.remark(place.step, remark)
    publisher.log_pictures(place.step, beginning.program.start_pictures())
    return publisher


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
    except ForkDue:
        raise
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


def _started(beginning: Beginning, request: RunRequest) -> RunStarted:
    program, place = beginning.program, beginning.place
    lines, first = inspect.getsourcelines(program.step_source())
    device = program.device
    on_gpu = device.type == "cuda"
    return RunStarted(
        t=place.t,
        pid=os.getpid(),
        host=socket.gethostname(),
        device=str(device),
        device_name=torch.cuda.get_device_name(device) if on_gpu else "",
        threads=torch.get_num_threads(),
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        total_steps=beginning.total_steps,
        steps_per_epoch=beginning.steps_per_epoch,
        parameters=described(program.parameters()),
        source=[line.rstrip("\n") for line in lines],
        source_line=first,
        source_file=Path(inspect.getsourcefile(program.step_source()) or "").name,
        request=request.to_json(),
        step=place.step,
        epoch=place.epoch,
        epoch_offset=beginning.epoch_offset,
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
