"""A program of one's own, driven in this process as a worker drives it, with states to go back
to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import torch

from tests.worker.conducted import ScriptedControl
from tui_lab import events
from tui_lab.commands import Acknowledgement, Command, GuardMode
from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import Intervention
from tui_lab.training.program import Program
from tui_lab.worker.beginning import Beginning, Build
from tui_lab.worker.captured.beginning import recorded
from tui_lab.worker.captured.card import Card
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.driving import build, extent
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.past import Past
from tui_lab.worker.position import Position
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

CPU = torch.device("cpu")


def building(program: type[Program], experiment: Experiment, data: str = "") -> Build:
    """What builds the program as a worker does."""
    request = RunRequest(
        experiment=experiment.name, program="", hyperparameters={}, data=data, device="cpu"
    )
    return partial(build, program, request, experiment)


def drive(
    directory: RunDirectory,
    experiment: Experiment,
    program: Program,
    before: Mapping[int, list[Command]] | None = None,
    *,
    planned: Sequence[Intervention] = (),
    guard: GuardMode = "say",
    begun: Beginning | None = None,
    card: Card | None = None,
) -> tuple[list[events.RunEvent], list[Acknowledgement]]:
    """From where it stands to its end, its steps recorded by a `card`; the log and the answers to
    the commands."""
    beginning = begun or Beginning(program)
    place = beginning.place
    publisher = Publisher(
        program,
        RunRecord(directory),
        total_steps=extent(beginning),
        position=Position(place.step, place.epoch),
    )
    control = ScriptedControl(before or {})
    checkpoints = Checkpoints(directory.path, program)
    past = Past(experiment, program, publisher, checkpoints, planned=planned, taken=place.taken)
    clock = partial(next, count(0.0, 1e-5))
    steps = None if card is None else recorded(program, card, publisher, clock)
    loop = Loop(
        experiment,
        program,
        control,  # type: ignore[arg-type]
        publisher,
        past=past,
        guard=guard,
        recorded=steps,
    )
    control.loop = loop
    try:
        with suppress(Stopped):
            loop.run()
    finally:
        publisher.publish()
        checkpoints.close()
    return RunTail(directory.events_path).read(), control.answers


def column(log: Sequence[Any], key: str, kind: str = "step") -> list[float]:
    """The values of a metric, step after step, as a reader has them in the end."""
    rows: dict[int, float] = {}
    for event in log:
        if isinstance(event, events.MetricsLogged) and event.kind == kind and key in event.columns:
            steps = event.steps or range(event.first, event.first + len(event.columns[key]))
            rows |= zip(steps, event.columns[key], strict=True)
    return [rows[step] for step in sorted(rows)]
