"""A run of an experiment on a card, driven in this process as a worker drives it: its steps taken
one by one, or from CUDA graphs."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from tui_lab.events import MetricsLogged, Remarked, RunEvent
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events
from tui_lab.schedule import Intervention
from tui_lab.training.program import Program
from tui_lab.training.state import State, capture, restore
from tui_lab.worker.captured.beginning import recorded
from tui_lab.worker.captured.card import Cuda, Recording
from tui_lab.worker.checkpoints import Checkpoints, Place
from tui_lab.worker.control import Control
from tui_lab.worker.driving import build
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.past import Past
from tui_lab.worker.position import Position
from tui_lab.worker.programs import program_class
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

CARD = torch.device("cuda", 0)
_MANY = 1 << 40
"""Steps of a run of which only those that are due by the clock are watched."""


class Timed(Cuda):
    """A card whose recordings are timed."""

    def __init__(self) -> None:
        super().__init__(CARD)
        self.seconds: list[float] = []

    def record(
        self,
        work: Callable[[], None],
        draws: Iterable[torch.Generator] = (),
        beside: Recording | None = None,
    ) -> Recording:
        begun = time.perf_counter()
        recording = super().record(work, draws, beside)
        self.seconds.append(time.perf_counter() - begun)
        return recording


@dataclass
class Run:
    """How a run went."""

    state: State
    """All that the program holds, as it was left."""
    place: Place
    log: list[RunEvent]
    seconds: float
    recordings: list[float] = field(default_factory=list)
    """Seconds that each recording took."""
    replayed: int = 0
    """Steps that were taken from graphs."""

    @property
    def refusals(self) -> list[str]:
        """Why steps were not recorded."""
        return [e.message for e in self.log if isinstance(e, Remarked) and "CUDA" in e.message]

    @property
    def columns(self) -> dict[tuple[str, str], list[float]]:
        """Every metric, after steps and after epochs."""
        found: dict[tuple[str, str], list[float]] = {}
        for event in self.log:
            if isinstance(event, MetricsLogged):
                for key, column in event.columns.items():
                    found.setdefault((event.kind, key), []).extend(map(float, column))
        return found


def made(name: str, values: dict[str, Any], seed: int = 0) -> Program:
    """A program on the card, ready for its first step."""
    experiment = load_experiment(name)
    program = experiment.program
    request = RunRequest(experiment=name, program=program, hyperparameters={}, seed=seed)
    make = functools.partial(build, program_class(program), request, experiment)
    return make(CARD, experiment.choose(values))


def run(
    name: str,
    values: dict[str, Any],
    *,
    graphs: bool,
    planned: Sequence[Intervention] = (),
    begun: Run | None = None,
    within: AbstractContextManager[Any] | None = None,
) -> Run:
    """Take all steps of an experiment, from CUDA graphs or one by one; what is `planned` is done on
    the way. A run that another has `begun` goes on where that one stopped."""
    experiment, program = load_experiment(name), made(name, values)
    place = begun.place if begun else Place(0, 0, 0, 0.0)
    if begun:
        restore(program, begun.state)
    with TemporaryDirectory() as folder:
        request = RunRequest(experiment=name, program=experiment.program, hyperparameters={})
        directory = RunDirectory.create(Path(folder), request, datetime.now(UTC))
        position = Position(place.step, place.epoch)
        publisher = Publisher(program, RunRecord(directory), total_steps=_MANY, position=position)
        checkpoints = Checkpoints(directory.path, program)
        past = Past(experiment, program, publisher, checkpoints, planned=planned, taken=place.taken)
        card, control = Timed(), Control(Path(folder) / "control")
        steps = recorded(program, card, publisher) if graphs else None
        loop = Loop(experiment, program, control, publisher, past=past, recorded=steps)
        gc.freeze()  # as a worker does
        start = time.perf_counter()
        try:
            with suppress(Stopped):
                loop.run()
            publisher.publish()
            torch.cuda.synchronize()
        finally:
            control.close()
            checkpoints.close()
        seconds = time.perf_counter() - start
        log = list(read_events(directory.events_path))
        replayed = 0 if steps is None else steps.replayed
        return Run(capture(program), past.place, log, seconds, card.seconds, replayed)


def different(one: Any, other: Any) -> float:
    """By how much two trees differ at most, relatively; infinite where they are not alike, or one
    has a number where the other has none."""
    match one, other:
        case torch.Tensor(), torch.Tensor() if one.shape == other.shape:
            return _apart(one.double(), other.double()) if one.numel() else 0.0
        case dict(), dict() if one.keys() == other.keys():
            return max((different(one[key], other[key]) for key in one), default=0.0)
        case ((list() | tuple()), (list() | tuple())) if len(one) == len(other):
            return max(map(different, one, other), default=0.0)
        case float(), float():
            return _apart(*torch.tensor((one, other), dtype=torch.float64))
    return 0.0 if one == other else float("inf")


def _apart(one: torch.Tensor, other: torch.Tensor) -> float:
    if torch.allclose(one, other, rtol=0.0, atol=0.0, equal_nan=True):
        return 0.0
    scale = torch.maximum(one.abs(), other.abs()).max().item() or 1.0
    apart = (one - other).abs().max().item() / scale
    return apart if apart == apart else float("inf")
