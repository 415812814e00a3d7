"""A session without files or processes: recorded events in, every request written down."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.tui.fake_studies import FakeStudies
from tui_lab.annotation import Annotation
from tui_lab.commands import Acknowledgement, Command, Unit
from tui_lab.config import Again, Settings
from tui_lab.errors import ExperimentError, ExperimentNotFound, RunError, RunNotFound, RunNotLive
from tui_lab.events import RunEvent
from tui_lab.exchange.formats import Exported
from tui_lab.exchange.graphics.shapes import Scene
from tui_lab.experiment import Curve, Experiment, Metric, Preset
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Int, Value
from tui_lab.moment import Moment, past_view
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.runs.interventions import schedule_of
from tui_lab.view_models.card import Card, card_of
from tui_lab.view_models.run import RunView

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
LIVE = (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.PAUSED)


class FakeClock:
    """A time that stands still until told to move."""

    def __init__(self, now: datetime = NOON) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FakeSource:
    """A log that holds what the test put there."""

    def __init__(self, events: list[RunEvent]) -> None:
        self._events = events
        self._place = 0
        self.damage: dict[str, int] = {}
        self.kept = 0
        """How often a view was kept."""

    def view(self, experiment: Experiment | None) -> RunView:
        return RunView(experiment)

    def settle(self, settled: bool = True) -> None:
        """No reader waits for what is not there yet."""

    def keep(self, view: RunView) -> None:
        self.kept += 1

    def read(self) -> list[RunEvent]:
        new = self._events[self._place :]
        self._place = len(self._events)
        return new


class FakeSession:
    """A `Session` and its `Runs`: recorded events; `calls` lists what was asked of it."""

    def __init__(
        self,
        experiments: Sequence[Experiment | ExperimentError] = (),
        runs: Iterable[RunSummary] = (),
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.again: Again = self.settings.again
        self.last_run = ""
        self.terminal = ""
        self.clock = FakeClock()
        self.calls: list[tuple[Any, ...]] = []
        self.sent: list[tuple[str, Command]] = []
        self.damage: dict[str, dict[str, int]] = {}
        """Lines of a run's log that can't be read."""
        self.answer = Acknowledgement(True, 1)
        self.own: set[str] = set()
        self.warm_ready = True
        self.device_line = ""
        self.output: dict[str, str] = {}
        self.start_error: Exception | None = None
        self.stop_error: Exception | None = None
        self.recompute_error: Exception | None = None
        self.export_error: Exception | None = None
        self.runs_error: Exception | None = None
        self.studies = FakeStudies()
        self._experiments = list(experiments or [TOY, OTHER])
        self._runs = {run.id: run for run in runs}
        self._events: dict[str, list[RunEvent]] = {}

    def record(self, run_id: str, *events: RunEvent) -> None:
        """Append to a run's log."""
        self._events.setdefault(run_id, []).extend(events)

    def put(self, run: RunSummary) -> None:
        """Add a run to the catalogue, or replace it."""
        self._runs[run.id] = run

    def now(self) -> datetime:
        return self.clock()

    def experiments(self) -> Sequence[Experiment | ExperimentError]:
        return self._experiments

    def experiment(self, name: str) -> Experiment:
        for experiment in self._experiments:
            if isinstance(experiment, Experiment) and experiment.name == name:
                return experiment
        raise ExperimentNotFound(f"There is no experiment {name!r}.")

    def place_of(self, run: RunSummary) -> str:
        return run.id if run.script else run.experiment

    def request(
        self, experiment: Experiment, values: Mapping[str, Value], seed: int, device: str
    ) -> RunRequest:
        threads, written = self.settings.threads, experiment.to_json(values)
        return RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=written,
            seed=seed,
            device=device,
            threads=threads,
        )

    @property
    def runs(self) -> FakeSession:
        """What is asked of the runs is asked of the session too."""
        return self

    async def listed(self) -> AsyncIterator[Sequence[RunSummary]]:
        if self.runs_error is not None:
            raise self.runs_error
        yield _newest_first(self._runs.values())

    def live(self) -> Sequence[RunSummary]:
        return [run for run in _newest_first(self._runs.values()) if run.live]

    def summary(self, run_id: str) -> RunSummary:
        if run_id not in self._runs:
            raise RunNotFound(f"There is no run {run_id!r}.")
        return self._runs[run_id]

    def status(self, run_id: str) -> RunStatus:
        return self.summary(run_id).status

    def start(
        self,
        experiment: Experiment,
        hyperparameters: Hyperparameters,
        seed: int,
        device: str,
        hold: Unit | None = None,
    ) -> str:
        held = (hold,) if hold else ()
        self.calls.append(("start", experiment.name, dict(hyperparameters), seed, device, *held))
        if self.start_error is not None:
            raise self.start_error
        run = summary(
            len(self._runs) + 1,
            experiment=experiment.name,
            hyperparameters=experiment.to_json(hyperparameters),
            status=RunStatus.RUNNING,
            seed=seed,
            created=self.now(),
        )
        self._runs[run.id] = run
        if not experiment.demonstration:
            self.last_run = run.id
        self.own.add(run.id)
        return run.id

    def run_again(self, run_id: str, hold: Unit | None = None) -> str:
        self.calls.append(("run_again", run_id, *((hold,) if hold else ())))
        before = self.summary(run_id)
        number = len(self._runs) + 1
        run = summary(number, experiment=before.experiment, script=True, status=RunStatus.RUNNING)
        self._runs[run.id] = run
        self.last_run = run.id
        return run.id

    def tail(self, run_id: str) -> FakeSource:
        source = FakeSource(self._events.setdefault(run_id, []))
        source.damage = self.damage.setdefault(run_id, {})
        return source

    def members(self, run_id: str) -> Sequence[str]:
        name = self.summary(run_id).population
        found = [run for run in self._runs.values() if name and run.population == name]
        return [run.id for run in sorted(found, key=lambda run: run.member)]

    def worker_output(self, run_id: str) -> str:
        return self.output.get(run_id, "")

    async def send(self, run_id: str, command: Command) -> Acknowledgement:
        self.sent.append((run_id, command))
        if run_id not in self._runs or not self._runs[run_id].live:
            raise RunNotLive(f"{run_id} is not running.")
        return self.answer

    async def stop(self, run_id: str) -> None:
        self.calls.append(("stop", run_id))
        if self.stop_error is not None:
            raise self.stop_error
        run = self.summary(run_id)
        self.put(dataclasses.replace(run, status=RunStatus.STOPPED, live=False))

    async def export(self, what: str | Scene, to: Path) -> Exported:
        self.calls.append(("export", what, to))
        if self.export_error is not None:
            raise self.export_error
        return Exported(f"Wrote {to}.", self.damage.get(str(what), {}))

    async def card(self, run_id: str, experiment: Experiment | None) -> Card:
        run = self.summary(run_id)
        asked = RunRequest(
            experiment=run.experiment,
            program="",
            hyperparameters=run.hyperparameters,
            seed=run.seed,
            device=run.device,
        )
        return card_of(asked, schedule_of(self._events.get(run_id, []), after=-1), experiment)

    async def annotate(self, run_id: str, **words: Any) -> None:
        self.calls.append(("annotate", run_id, words))
        run = self.summary(run_id)
        now = Annotation(run.name, run.note, run.tags).changed(**words)
        self.put(dataclasses.replace(run, **vars(now)))

    async def delete(self, run_id: str) -> None:
        self.calls.append(("delete", run_id))
        if self.summary(run_id).live:
            raise RunError(f"{run_id} is running; stop it first.")
        del self._runs[run_id]

    async def branch(
        self,
        experiment: Experiment,
        parent: str,
        step: int,
        values: Mapping[str, Any],
        *,
        weights_only: bool = False,
    ) -> str:
        self.calls.append(("branch", parent, step, dict(values), weights_only))
        if self.start_error is not None:
            raise self.start_error
        run = summary(
            len(self._runs) + 1, experiment=experiment.name, parent=parent, parent_step=step
        )
        self.put(run)
        self.own.add(run.id)
        return run.id

    async def look_back(self, run_id: str, step: int, view: RunView) -> RunView:
        self.calls.append(("look_back", run_id, step))
        return past_view(view, Moment(step=step, hyperparameters={"lr": 0.5}))

    async def recompute(self, experiment: Experiment, run_id: str, past: RunView) -> None:
        self.calls.append(("recompute", run_id, past.cursor))
        if self.recompute_error is not None:
            raise self.recompute_error
        past.metrics["train/loss"] = 0.125
        past.revision += 1

    async def take_up(self, run_id: str, values: Mapping[str, Any]) -> None:
        self.calls.append(("take_up", run_id, dict(values)))
        if self.start_error is not None:
            raise self.start_error

    def warm(self) -> None:
        self.calls.append(("warm",))

    def gpu(self, run_id: str = "") -> str:
        return self.device_line

    def poll(self) -> None:
        self.calls.append(("poll",))

    def close(self) -> None:
        self.calls.append(("close",))


def _newest_first(runs: Iterable[RunSummary]) -> Sequence[RunSummary]:
    return sorted(runs, key=lambda run: run.created, reverse=True)


def summary(
    number: int = 1,
    *,
    experiment: str = "toy",
    status: RunStatus = RunStatus.FINISHED,
    hyperparameters: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    created: datetime | None = None,
    **fields: Any,
) -> RunSummary:
    """A run of the catalogue; a greater `number` is a newer run."""
    when = created or NOON - timedelta(hours=1) + timedelta(minutes=number)
    values: dict[str, Any] = {
        "id": f"{experiment}-{when:%Y%m%d-%H%M%S}-{number:04x}",
        "experiment": experiment,
        "status": status,
        "hyperparameters": hyperparameters or {},
        "seed": 0,
        "device": "cpu",
        "created": when,
        "step": 400,
        "epoch": 100,
        "metrics": metrics if metrics is not None else {"train/loss": 0.0013},
        "error": "",
        "live": status in LIVE,
    }
    return RunSummary(**{**values, **fields})


TOY = Experiment(
    name="toy",
    title="A toy",
    chapter="Basics",
    summary="A line through points.",
    hyperparameters=(
        Choice("implementation", ("scratch", "concise"), help="How it is written."),
        Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, log=True, live=True),
        Float("lr", default=0.003, low=1e-6, high=10.0, log=True, live=True),
        Int("epochs", default=100, low=1, high=1000),
    ),
    metrics=(Metric("train/loss", "Half squared error."), Metric("norm/w", "The norm of w.")),
    pictures=(
        Curve("loss", ("train/loss", "test/loss"), log=True),
        Curve("‖w‖", ("norm/w",)),
    ),
    program="toy.program:Toy",
    presets=(Preset("plain", "No weight decay", {"weight_decay": 0.0}),),
)
OTHER = Experiment(
    name="other",
    title="Another one",
    chapter="Regularization",
    summary="Something else.",
    hyperparameters=(Float("lr", default=0.1, low=0.0, high=1.0, live=True),),
    metrics=(Metric("train/loss", "Mean squared error."),),
    pictures=(Curve("loss", ("train/loss",)),),
    program="other.program:Other",
)
