"""The runs of one population from their requests to their last events, in one process."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from tui_lab.errors import RunError
from tui_lab.events import Remarked, RunEnded, RunFailed, RunFinished, RunStopped
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import sweep
from tui_lab.training.device import resolve_device
from tui_lab.training.population import Population
from tui_lab.training.program import Program
from tui_lab.worker.beginning import Beginning
from tui_lab.worker.driving import failure, started
from tui_lab.worker.interruption import Stopped, breaking_off, stopping
from tui_lab.worker.out_of_memory import explained
from tui_lab.worker.pace import most_threads
from tui_lab.worker.population.loop import PopulationLoop
from tui_lab.worker.population.member import MemberRun
from tui_lab.worker.population.obedience import Bell
from tui_lab.worker.population.portraits import remark
from tui_lab.worker.population.reception import Reception
from tui_lab.worker.position import Position
from tui_lab.worker.programs import made_of

_FILES = 8
"""Open files of a member, and some to spare."""


def conduct_population(directories: Sequence[RunDirectory]) -> int:
    """Drive the runs in `directories` as one; returns the exit status of their process."""
    sweep()
    _allow_files(_FILES * len(directories))
    bell, position = Bell(), Position()
    members = _taken(directories, position, bell)
    reception = Reception(members)
    reception.start()
    try:
        with breaking_off():
            end = _driven(members, position, bell)
    except Stopped as stop:
        end = _stopped(position, str(stop))
    except (Exception, SystemExit) as error:  # the process edge: what went wrong is the last event
        end = _failed(position, error)
    reception.close()
    ended = [member for member in members if not member.is_over]
    for member in ended:
        member.end(end(member))
    return 1 if any(isinstance(end(member), RunFailed) for member in ended[:1]) else 0


_End = Callable[[MemberRun], RunEnded]


def _taken(directories: Sequence[RunDirectory], position: Position, bell: Bell) -> list[MemberRun]:
    """The members that are there and that nobody else drives, each with its number."""
    members: list[MemberRun] = []
    for directory in directories:
        try:
            members.append(MemberRun(directory, len(members), position, bell.set))
        except (OSError, RunError) as error:
            print(f"{directory.id} is left out: {error}", flush=True)
    return members


def _driven(members: Sequence[MemberRun], position: Position, bell: Bell) -> _End:
    """Build and train them; how each that has not ended ends."""
    if not members:
        raise Stopped
    experiment, chosen = made_of(members[0].directory)
    population = _built(members, experiment, chosen)
    gc.freeze()  # as a run by itself: a full collection would look at all that torch consists of
    position.go_to(0, 0, 0.0)
    loop = PopulationLoop(experiment, population, members, position, bell)
    _begin(loop, population, members)
    run = explained(population.program.device, experiment)(loop.run)
    try:
        with stopping(loop.obedience.request_stop):
            run()
        end, kept = _finished(position), "end"
    except Stopped as stop:
        end, kept = _stopped(position, str(stop)), "stop"
    loop.portraits.end(loop.obedience.live, kept)
    return end


def _built(
    members: Sequence[MemberRun], experiment: Experiment, chosen: type[Program]
) -> Population:
    requests = [member.directory.request() for member in members]
    device = resolve_device(requests[0].device)
    torch.set_num_threads(requests[0].threads or most_threads())
    torch.manual_seed(requests[0].seed)
    with explained(device, experiment):
        return Population(
            chosen,
            [experiment.choose(request.hyperparameters) for request in requests],
            [request.seed for request in requests],
            device=device,
            data=requests[0].data,
        )


def _begin(loop: PopulationLoop, population: Population, members: Sequence[MemberRun]) -> None:
    first = started(Beginning(population.program), members[0].directory.request())
    for member in members:
        request = replace(member.directory.request(), declaration=None)
        member.emit(replace(first, request=request.to_json()))
        said = remark(len(members), member.index)
        member.emit(Remarked(t=0.0, step=0, message=said))
    loop.portraits.begin(members)


def _finished(position: Position) -> _End:
    return lambda member: RunFinished(
        t=position.t, step=position.step, epoch=position.epoch, metrics=member.metrics()
    )


def _stopped(position: Position, reason: str) -> _End:
    return lambda member: RunStopped(
        t=position.t,
        step=position.step,
        epoch=position.epoch,
        reason=reason,
        metrics=member.metrics(),
    )


def _failed(position: Position, error: Exception | SystemExit) -> _End:
    said = failure(error, t=position.t, step=position.step, epoch=position.epoch, metrics={})
    return lambda member: replace(said, metrics=member.metrics())


def _allow_files(count: int) -> None:
    """As many open files as the members need, where the system allows them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 256 + count)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
