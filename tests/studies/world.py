"""A world for coordinators without processes: runs that write real logs, an epoch at a time, and go
on whether or not a coordinator lives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.tui.fakes import TOY
from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    RunEnded,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
)
from tui_lab.experiment import Experiment, Metric
from tui_lab.ranges import Range
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.studies.coordinator import Coordinator
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.executor import LOST, Ended, Slot
from tui_lab.study import StudyRequest, StudyState, Trial

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXPERIMENT = replace(
    TOY,
    metrics=(
        Metric("train/loss", "Mean loss.", "minimize"),
        Metric("val/loss", "Mean loss.", "minimize"),
        Metric("test/loss", "Mean loss.", "minimize"),
    ),
)
REQUEST = StudyRequest(
    experiment="toy",
    program="toy.program:Toy",
    hyperparameters={"epochs": 3},
    ranges=(Range("weight_decay", values=(0.0, 1.0, 2.0)), Range("lr", values=(0.1, 0.2))),
    goal="val/loss",
    direction="minimize",
    trials=6,
    sampler="grid",
    slots=2,
)
Goal = Callable[[Mapping[str, Any], int, int], float]


class Killed(BaseException):
    """The coordinator was killed here."""


class Fuse:
    """Kills the coordinator at its so-many-th act."""

    def __init__(self, acts: int = 0) -> None:
        self.left = acts

    def burn(self) -> None:
        """One act more."""
        self.left -= 1
        if self.left == 0:
            raise Killed


def quadratic(values: Mapping[str, Any], epoch: int, seed: int) -> float:
    """A goal that falls from epoch to epoch, and is least at λ = 1 and a large learning rate."""
    decay, lr = float(values["weight_decay"]), float(values["lr"])
    return (decay - 1) ** 2 + 1 / lr + 1 / epoch + seed / 100


@dataclass
class World:
    """The runs that go on; each turn of `ended` is an epoch of all of them."""

    goal: Goal = quadratic
    key: str = "val/loss"
    error: str = ""
    """With which every run ends at once."""
    test: Callable[[Mapping[str, Any], int], float] = lambda values, seed: 7.0
    """What a run with these values and this seed ends with on the test examples."""
    turned: dict[str, str] = field(default_factory=dict)
    """The hyperparameter of each run that somebody turns in its next epoch."""
    live: dict[str, tuple[RunDirectory, int]] = field(default_factory=dict)
    """Each with the epochs it has behind it."""
    begun: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    """Why each was told to stop."""
    vanish: set[str] = field(default_factory=set)
    """Runs whose workers are gone with the next turn."""
    over: list[str] = field(default_factory=list)

    def begin(self, run: RunDirectory) -> None:
        """A worker writes its first event."""
        assert run.id not in self.live, "two workers on one run"
        assert not run.events_path.exists(), "a log that another attempt began"
        self.begun.append(run.id)
        self.live[run.id] = (run, 0)
        started = RunStarted(
            pid=1,
            host="",
            device="cpu",
            device_name="",
            threads=1,
            started="",
            total_steps=0,
            steps_per_epoch=1,
        )
        self._log(run, started)

    def step(self) -> None:
        """An epoch of every run."""
        for run_id, (run, behind) in list(self.live.items()):
            if run_id in self.vanish:
                self._release(run_id)
            elif run_id in self.stopped:
                self._end(run, RunStopped(t=1.0, step=behind, reason=self.stopped[run_id], **_END))
            elif self.error:
                self._end(run, RunFailed(t=1.0, step=0, error=self.error, traceback="", **_END))
            else:
                self._epoch(run, behind + 1)

    def _epoch(self, run: RunDirectory, epoch: int) -> None:
        request = run.request()
        goal = self.goal(request.hyperparameters, epoch, request.seed)
        column = {self.key: [goal]}
        if name := self.turned.pop(run.id, ""):
            self._log(run, HyperparameterChanged(t=epoch, step=epoch, name=name, old=0.0, new=9.0))
        self._log(
            run, MetricsLogged(t=epoch, kind="epoch", steps=[epoch], epochs=[epoch], columns=column)
        )
        self.live[run.id] = (run, epoch)
        if epoch == request.hyperparameters["epochs"]:
            tested = self.test(request.hyperparameters, request.seed)
            metrics = {self.key: goal, "test/loss": tested}
            self._end(run, RunFinished(t=epoch, step=epoch, epoch=epoch, metrics=metrics))

    def _end(self, run: RunDirectory, ended: RunEnded) -> None:
        self._log(run, ended)
        self._release(run.id)

    def _release(self, run_id: str) -> None:
        del self.live[run_id]
        self.over.append(run_id)

    def _log(self, run: RunDirectory, event: Any) -> None:
        log = RunLog(run.events_path)
        log.append(event)
        log.close()


_END: dict[str, Any] = {"epoch": 0, "metrics": {}}


class WorldExecutor:
    """An `Executor` of one coordinator in the world."""

    def __init__(self, world: World, slots: int, fuse: Fuse | None = None) -> None:
        self._world = world
        self._slots = slots
        self._fuse = fuse or Fuse()
        self._own: set[str] = set()

    def free(self) -> Sequence[Slot]:
        return [Slot(str(n)) for n in range(self._slots - len(self._own))]

    def start(self, run: RunDirectory, slot: Slot) -> None:
        self._fuse.burn()
        self._world.begin(run)
        self._own.add(run.id)
        self._fuse.burn()

    def adopt(self, run: RunDirectory) -> bool:
        self._fuse.burn()
        if run.id in self._world.live:
            self._own.add(run.id)
        return run.id in self._world.live

    def stop(self, run_id: str, reason: str) -> None:
        self._world.stopped.setdefault(run_id, reason)
        self._fuse.burn()

    def ended(self) -> Iterator[Ended]:
        self._fuse.burn()
        self._world.step()
        for run_id in sorted(self._own - self._world.live.keys()):
            self._own.discard(run_id)
            yield Ended(run_id, LOST if run_id in self._world.vanish else 0)

    def close(self) -> None:
        """Nothing is held."""


class Clock:
    """Every look at it is a second later."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def begin_study(home: Path, request: StudyRequest = REQUEST) -> StudyDirectory:
    """A study that is written down."""
    return StudyDirectory.create(home / "studies", request, NOON)


def coordinator(
    study: StudyDirectory,
    world: World,
    *,
    experiment: Experiment = EXPERIMENT,
    fuse: Fuse | None = None,
    clock: Clock | None = None,
    **options: Any,
) -> Coordinator:
    """A coordinator of it in the world."""
    executor = WorldExecutor(world, study.request().slots, fuse)
    known: dict[str, Any] = {"now": clock or Clock(), "sleep": lambda seconds: None}
    return Coordinator(study, experiment, executor, **known, **options)


def finish(
    study: StudyDirectory, world: World, **options: Any
) -> tuple[StudyState, dict[int, Trial]]:
    """Drive the study to its end; its state, and its trials."""
    driver = coordinator(study, world, **options)
    state = driver.run(lambda: False)
    return state, driver.record.trials


def never(values: Mapping[str, Any], epoch: int, seed: int) -> float:
    """A goal that is no number."""
    return math.nan
