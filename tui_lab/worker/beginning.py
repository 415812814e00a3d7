"""Where a run begins: at its first step, as another was after some step, or where it left off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tui_lab.errors import RunError
from tui_lab.events import HyperparameterChanged, RunBranched, RunEvent, StepAltered
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS, Hyperparameters
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.schedule import Intervention
from tui_lab.training.adoption import adopt, adopt_parameters
from tui_lab.training.generators import generators_kept
from tui_lab.training.passes import length, taken_of
from tui_lab.training.program import Program
from tui_lab.training.state import restore
from tui_lab.worker.checkpoints import Found, Place, find
from tui_lab.worker.fitting import fit
from tui_lab.worker.former import Former, former, require_begun
from tui_lab.worker.interventions import Interventions, forks
from tui_lab.worker.past import Past
from tui_lab.worker.playback import Playback, set_values

Build = Callable[[torch.device, Hyperparameters], Program]
"""A program ready for its first step."""
START = Place(0, 0, 0, 0.0)


@dataclass(frozen=True)
class Beginning:
    """A program that stands at `place`, and what is known of the run until then."""

    program: Program
    place: Place = START
    remarks: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    """The hyperparameters the run began with, in their JSON form."""
    planned: tuple[Intervention, ...] = ()
    done: tuple[Intervention, ...] = ()
    alarms: Mapping[str, int] = field(default_factory=dict)
    events: tuple[RunEvent, ...] = ()
    """What happened with it."""
    is_resumed: bool = False
    watched: bool = False
    """Whether every step is to be watched, whatever that costs."""

    @property
    def steps_per_epoch(self) -> int:
        """Batches of a whole epoch; 0 for a demonstration, or where that is not known."""
        return (length(self.program.batches) or 0) if self.program.epochs else 0

    @property
    def epoch_offset(self) -> int:
        """Steps by which the epochs are shifted: what lies behind may have had other batches."""
        behind = self.place.epoch * self.steps_per_epoch + self.place.taken
        return self.place.step - behind if self.steps_per_epoch else 0

    @property
    def total_steps(self) -> int:
        """The number of the last step, as things stand; 0 where that is not known."""
        of_epochs = self.epoch_offset + self.program.epochs * self.steps_per_epoch
        bounds = [n for n in (self.program.total_steps, of_epochs) if n]
        return min(bounds, default=0)


def begin(
    build: Build, directory: RunDirectory, request: RunRequest, experiment: Experiment
) -> Beginning:
    """Where the run in `directory` begins: where it left off if it ever began, else as a branch of
    its parent if it has one, else at its first step. Raises `RunError` where it can't."""
    asked = directory.resumption()
    if asked is not None:
        return resumed(build, directory, request, experiment, asked)
    return anew(build, directory, request, experiment)


def anew(
    build: Build, directory: RunDirectory, request: RunRequest, experiment: Experiment
) -> Beginning:
    """Where the run began: as a branch of its parent if it has one, else at its first step. Raises
    `RunError` where it can't."""
    if request.parent:
        return branched(build, directory, request, experiment)
    return fresh(build, request, experiment)


def fresh(build: Build, request: RunRequest, experiment: Experiment) -> Beginning:
    """A run from its first step on."""
    hyperparameters = experiment.choose(request.hyperparameters)
    fitted = fit(lambda device: build(device, hyperparameters), request)
    return Beginning(
        fitted.program,
        remarks=fitted.remarks,
        values=request.hyperparameters,
        planned=tuple(request.schedule),
    )


def resumed(
    build: Build,
    directory: RunDirectory,
    request: RunRequest,
    experiment: Experiment,
    asked: Mapping[str, Any],
) -> Beginning:
    """A run that goes on from its newest usable checkpoint, with everything done to it again that
    was done since, and the values that are `asked` for (JSON form) from where its log ends. Raises
    `RunError`."""
    past = former(directory)
    program, place, _, complaints = restored(build, directory, request, experiment, past, None)
    until = past.until(place.step)
    last = max(place.step, past.step)
    new = [Intervention(step=last + 1, values=asked)] if asked else []
    return Beginning(
        program,
        replace(place, t=past.t),
        remarks=complaints,
        values=request.hyperparameters,
        planned=(*_left(past, request, place.step), *new),
        done=until.done,
        alarms=until.alarms,
        is_resumed=True,
    )


def _left(past: Former, request: RunRequest, step: int) -> Iterator[Intervention]:
    """What is to be done after `step`: what was, and what the request says besides; that the run
    was stopped is over."""
    known = {(each.step, each.act, *each.values) for each in past.done}
    new = (e for e in request.schedule if (e.step, e.act, *e.values) not in known)
    for each in (*past.done, *new):
        if each.step > step and each.act != "stop":
            yield each


def branched(
    build: Build, directory: RunDirectory, request: RunRequest, experiment: Experiment
) -> Beginning:
    """A run that begins as its parent was after `request.parent_step` steps, with its own values.
    Raises `RunError`."""
    parent = RunDirectory(directory.path.parent / request.parent)
    origin, past = parent.request(), former(parent)
    step = request.parent_step
    if step > past.step:
        raise RunError(f"{parent.id} has not been at step {step:,}; it came to {past.step:,}.")
    program, place, done, complaints = restored(build, parent, origin, experiment, past, step)
    playback = played(experiment, program, past, place, done)
    playback.to(step)
    before = experiment.to_json(vars(program.hp))
    values = {k: v for k, v in request.hyperparameters.items() if before[k] != v}
    program, taken = forked(build, program, experiment, values, weights_only=request.weights_only)
    place = Place(step, playback.epoch, playback.taken if taken is None else taken, 0.0)
    return Beginning(
        program,
        place,
        remarks=complaints,
        values=request.hyperparameters,
        planned=tuple(request.schedule),
        events=(_branching(request, values),),
    )


def _branching(request: RunRequest, values: Mapping[str, Any]) -> RunBranched:
    return RunBranched(
        t=0.0,
        step=request.parent_step,
        parent=request.parent,
        values=values,
        weights_only=request.weights_only,
    )


def played(
    experiment: Experiment,
    program: Program,
    past: Former,
    place: Place,
    done: Sequence[Intervention],
) -> Playback:
    """The steps after `place` as the run took them, for a program that stands there with what is
    `done` behind it."""
    return Playback(
        experiment,
        program,
        Interventions(done=(each for each in past.done if each not in done)),
        step=place.step,
        epoch=place.epoch,
        taken=place.taken,
    )


def forked(
    build: Build,
    program: Program,
    experiment: Experiment,
    values: Mapping[str, Any],
    *,
    weights_only: bool = False,
) -> tuple[Program, int | None]:
    """A program as this one is, with other `values` (JSON form); and where it was built anew, how
    many batches of the epoch under way lie behind it."""
    if not weights_only and all(experiment[name].live for name in values):
        set_values(experiment, program, values)
        return program, None
    before = experiment.to_json(vars(program.hp))
    device, chosen = program.device, experiment.choose({**before, **values})
    if weights_only:
        child = build(device, chosen)
        adopt_parameters(child, program)
        return child, 0
    with generators_kept(device):  # building draws, and seeds, anew
        twin, child = build(device, experiment.choose(before)), build(device, chosen)
    adopt(child, program, twin, [name for name in values if experiment[name].live])
    return child, taken_of(child.batches, program.batches)


def at_fork(
    beginning: Beginning,
    past: Past,
    due: Sequence[Intervention],
    build: Build,
    experiment: Experiment,
) -> Beginning:
    """How a run goes on that is to be another from where it stands."""
    program, place = beginning.program, past.place
    values = {name: value for each in due for name, value in each.values.items()}
    before = experiment.to_json(vars(program.hp))
    weights_only = any(each.act == "weights" for each in due)
    child, taken = forked(build, program, experiment, values, weights_only=weights_only)
    t, step = place.t, place.step + 1
    events: list[RunEvent] = [
        HyperparameterChanged(t=t, step=step, name=name, old=before[name], new=value)
        for name, value in values.items()
    ]
    events += [StepAltered(t=t, step=step, how="weights")] * weights_only
    return Beginning(
        child,
        place if taken is None else replace(place, taken=taken),
        values=beginning.values,
        planned=tuple(past.interventions.all_planned()),
        done=(*past.interventions.all_done(), *due),
        alarms=beginning.alarms,
        events=tuple(events),
    )


def restored(
    build: Build,
    directory: RunDirectory,
    request: RunRequest,
    experiment: Experiment,
    past: Former,
    step: int | None,
    program: Program | None = None,
) -> tuple[Program, Place, tuple[Intervention, ...], tuple[str, ...]]:
    """The program of a run at its nearest checkpoint before `step`, on the device and with the
    threads it had; what was done to it until then; what was wrong with other checkpoints. Where
    `step` is None it is the newest, from before what forks there. `program` is one of the same run
    that stood elsewhere before: it is used again where it fits."""
    started = require_begun(past, directory.id)
    if experiment.demonstration:
        raise RunError(f"{directory.id} is a demonstration: it has no steps to go on from.")
    found = find(directory.path, step)
    place = found.capture.place
    done = (*past.until(place.step).done, *_forking(found, past, step, experiment))
    anew = {n: v for each in done if forks(experiment, each) for n, v in each.values.items()}
    hyperparameters = experiment.choose({**request.hyperparameters, **anew})
    if program is None or not _was_built(program, experiment, hyperparameters):
        as_before = replace(request, device=started.device, threads=started.threads)
        program = fit(lambda device: build(device, hyperparameters), as_before).program
    live = {n: v for n, v in request.hyperparameters.items() if experiment[n].live}
    set_values(experiment, program, live)  # which are others in one that was used before
    for each in done:
        set_values(experiment, program, each.values)
    restore(program, found.capture.state)
    return program, place, done, found.complaints


def _forking(
    found: Found, past: Former, step: int | None, experiment: Experiment
) -> Iterator[Intervention]:
    """What made another program of the one before a checkpoint, which is of the one after."""
    if step is not None and found.record.reason == "fork":
        here = (each for each in past.done if each.step == found.capture.place.step + 1)
        yield from (each for each in here if forks(experiment, each))


def _was_built(program: Program, experiment: Experiment, hyperparameters: Hyperparameters) -> bool:
    """Whether a program was built with these, but for what may change on the way."""
    return all(
        experiment[name].live or name == EPOCHS or getattr(program.hp, name) == value
        for name, value in hyperparameters.items()
    )
