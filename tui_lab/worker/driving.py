"""Driving a run: its program, its loops, and how it ended."""

from __future__ import annotations

import functools
import gc
import inspect
import os
import random
import socket
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tui_lab.errors import TuiLabError
from tui_lab.events import RunEnded, RunFailed, RunFinished, RunStarted, RunStopped
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.generators import generators_kept
from tui_lab.training.passes import caveats
from tui_lab.training.preparation import prepare
from tui_lab.training.program import Demonstration, Program
from tui_lab.worker.beginning import Beginning, at_fork, begin
from tui_lab.worker.captured.beginning import recorded_on_card
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.control import Control
from tui_lab.worker.demonstration import DemonstrationLoop
from tui_lab.worker.distance import ParentDistance
from tui_lab.worker.fault import sentence
from tui_lab.worker.interruption import Stopped, stopping
from tui_lab.worker.interventions import ForkDue
from tui_lab.worker.loop import Loop
from tui_lab.worker.out_of_memory import explained
from tui_lab.worker.past import Past
from tui_lab.worker.position import Position
from tui_lab.worker.probe import WITHOUT_END, described
from tui_lab.worker.programs import made_of
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


class Driver:
    """Drives the run in `directory`, with orders from `control`, and writes it down in `record`.

    Raises what is wrong with the request, and with the building of its program.
    """

    def __init__(
        self,
        directory: RunDirectory,
        record: RunRecord,
        control: Control,
        request: RunRequest | None = None,
    ) -> None:
        """`request` is what is asked for in the place of what run.json says."""
        self._directory = directory
        self._record = record
        self._control = control
        self.request = request or directory.request()
        self.experiment, program = made_of(directory)
        self.build = functools.partial(build, program, self.request, self.experiment)

    def run(self) -> RunEnded:
        """From where the run begins to its end."""
        self._record.keep_for(self.experiment)
        beginning = begin(self.build, self._directory, self.request, self.experiment)
        if isinstance(beginning.program, Demonstration):
            return self._demonstrate(beginning)
        checkpoints = Checkpoints(self._directory.path, beginning.program)
        checkpoints.forget_after(beginning.place.step)
        return self.train(beginning, checkpoints)

    def train(self, beginning: Beginning, checkpoints: Checkpoints) -> RunEnded:
        """Take steps from where a program stands, with another where the run forks."""
        request, hold = self.request, self.request.hold
        try:
            while True:
                publisher, program = self._publisher(beginning), beginning.program
                past = self._past(beginning, publisher, checkpoints)
                loop = Loop(
                    self.experiment,
                    program,
                    self._control,
                    publisher,
                    past=past,
                    hold=None if beginning.is_resumed else hold,
                    guard=request.guard,
                    recorded=recorded_on_card(program, publisher),
                )
                run = explained(program.device, self.experiment)(loop.run)
                try:
                    return _driven(loop, run, publisher, self._record)
                except ForkDue as due:
                    interventions = due.interventions
                beginning = at_fork(beginning, past, interventions, self.build, self.experiment)
                checkpoints.follow(beginning.program)
                hold = None
        finally:
            checkpoints.close()

    def _demonstrate(self, beginning: Beginning) -> RunEnded:
        publisher, program = self._publisher(beginning), beginning.program
        again = functools.partial(self.build, program.device)
        loop = DemonstrationLoop(self.experiment, program, again, self._control, publisher)
        run = functools.partial(loop.run, interactive=self.request.interactive)
        with_memory = explained(program.device, self.experiment)(run)
        return _driven(loop, with_memory, publisher, self._record)

    def _past(self, beginning: Beginning, publisher: Publisher, checkpoints: Checkpoints) -> Past:
        return Past(
            self.experiment,
            beginning.program,
            publisher,
            checkpoints,
            planned=beginning.planned,
            done=beginning.done,
            values=beginning.values,
            taken=beginning.place.taken,
            parent=self._parent(beginning.program.device),
        )

    def _parent(self, device: torch.device) -> ParentDistance | None:
        """What measures a branch; None for a run that is none, or whose parent is gone."""
        parent = RunDirectory(self._directory.path.parent / self.request.parent)
        if not self.request.parent or not parent.path.is_dir():
            return None
        values = self.experiment.choose(parent.request().hyperparameters)
        return ParentDistance(parent.path, functools.partial(self.build, device, values))

    def _publisher(self, beginning: Beginning) -> Publisher:
        """The account of the run from here on, with its first events."""
        place = beginning.place
        publisher = Publisher(
            beginning.program,
            self._record,
            total_steps=extent(beginning),
            position=Position(place.step, place.epoch, place.t),
            alarms=beginning.alarms,
        )
        if beginning.is_resumed:
            publisher.standing.taken_up(place.step)
        publisher.emit(started(beginning, self.request))
        for event in beginning.events:
            publisher.emit(event)
        program = beginning.program
        unsure = [] if isinstance(program, Demonstration) else caveats(program.batches)
        for remark in (*beginning.remarks, *unsure):
            publisher.remark(place.step, remark)
        with generators_kept(program.device, program.generator):
            publisher.log_pictures(place.step, program.start_pictures())
        return publisher


def _driven(
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
        return failure(error, **reached(), metrics=record.metrics)


def build(
    chosen: type[Program],
    request: RunRequest,
    experiment: Experiment,
    device: torch.device,
    hyperparameters: Hyperparameters,
) -> Program:
    """A program ready for its first step; the default generators are seeded too, those of torch,
    numpy and Python."""
    torch.manual_seed(request.seed)
    np.random.seed(request.seed % 2**32)
    random.seed(request.seed)
    with explained(device, experiment):
        program = chosen(hyperparameters, seed=request.seed, device=device, data=request.data)
        program.build()
        prepare(program)
    return program


def extent(beginning: Beginning) -> int:
    """How many steps there are to choose those from that are watched; 0 where all are."""
    return 0 if beginning.watched else beginning.total_steps or WITHOUT_END


def started(beginning: Beginning, request: RunRequest) -> RunStarted:
    """The first event of a run: what it is trained on, and what its program consists of."""
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
        request=replace(request, declaration=None).to_json(),
        step=place.step,
        epoch=place.epoch,
        epoch_offset=beginning.epoch_offset,
    )


def failure(
    error: Exception | SystemExit, *, t: float, step: int, epoch: int, metrics: dict[str, Any]
) -> RunFailed:
    """The last event of a run whose program, or whose building, raised this."""
    if isinstance(error, TuiLabError):
        return RunFailed(t=t, step=step, epoch=epoch, error=str(error), metrics=metrics)
    trace = "".join(traceback.format_exception(error))
    print(trace, flush=True)
    said = sentence(error)
    return RunFailed(t=t, step=step, epoch=epoch, error=said, traceback=trace, metrics=metrics)
