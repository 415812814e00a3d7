"""One run as a screen shows it: a fold over its events, live or long finished."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    RunEnded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    UnknownEvent,
    status_of,
)
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS
from tui_lab.run import RunStatus
from tui_lab.steering import Steering
from tui_lab.view_models.change import Change, change_of, said
from tui_lab.view_models.damage import damaged_lines
from tui_lab.view_models.divergence import diverged_at
from tui_lab.view_models.extent import Extent
from tui_lab.view_models.gradients import GradientHistory, GradientState
from tui_lab.view_models.keeping import Keeping
from tui_lab.view_models.log_book import LogBook
from tui_lab.view_models.measurements import Kind, Measurements
from tui_lab.view_models.opened import Opened
from tui_lab.view_models.pace import Pace
from tui_lab.view_models.series import Series
from tui_lab.view_models.stand import draw, enter_phase, find, leave_phase, reach
from tui_lab.view_models.watched import Watched
from tui_lab.watching import TrainingFound

LOSS = "train/loss"
"""The metric every program logs at every step."""
_ALARMS = 1000


class RunView:
    """The state of one run after the events folded so far.

    Read it at frame rate: folding is cheap, and what costs more (`gradients`) is made on demand.
    `experiment` gives marks their symbols and formats; without it names and plain values stand.
    """

    revision: int
    """Grows with every event folded: nothing has changed while it stands."""
    paused: bool
    """Whether the loop holds still, between two steps or inside one."""
    pause_reason: str
    """Why, when it was not a person who asked."""
    phase: str | None
    """While micro-stepping: the phase the step stands at, else None like `line`."""
    line: int | None
    """The line of the program's file that goes with it."""
    phase_step: int
    """The step that is under way there."""
    t: float
    """Seconds from the run's start to its newest event."""
    marks: list[Change]
    """Live changes of hyperparameters, in order."""
    changed: dict[str, Any]
    """The present values of hyperparameters that were changed live, in their JSON form."""
    pictures: dict[str, dict[str, Mapping[str, Any]]]
    """Data by picture's title and layer."""
    picture_steps: dict[str, int]
    """The step each picture's newest data are of."""
    total_steps: int
    """Steps the run will take; 0 when that is not known, or there are none."""
    metrics: dict[str, float]
    """The last value of every metric, the whole-set one where there are two."""

    cursor: int | None
    """The step that is looked back at; None in a view of now."""
    damage: Mapping[str, int]
    """Lines of the log that were passed over, by what was wrong with them."""

    def __init__(self, experiment: Experiment | None = None) -> None:
        self.experiment = experiment
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.revision = self.phase_step = 0
        self.cursor = None
        self.paused, self.pause_reason = False, ""
        self.phase = self.line = None
        self.t = 0.0
        self.marks, self.changed = [], {}
        self.watched = Watched()
        self.steering = Steering()
        self.keeping = Keeping()
        self.pictures, self.picture_steps = {}, {}
        self.alarms: deque[AlarmRaised] = deque(maxlen=_ALARMS)
        self.log = LogBook()
        self.damage = {}
        self.extent = Extent()
        self.total_steps = self.steps_per_epoch = self.total_epochs = 0
        self.measurements = Measurements()
        self.metrics = self.measurements.last
        self.gradient_history = GradientHistory()
        self.opened = Opened()
        self.pace = Pace()

    def fold(self, event: RunEvent) -> None:
        """Take over one event. One that does not hold what its type promises is said to be
        unreadable in the log lines, and nothing else."""
        self.revision += 1
        try:
            self.steering.fold(event)
            self.keeping.fold(event)
            self.opened.fold(event)
            self.pace.fold(event)
            self._dispatch(event)
            self.log.fold(event)
        except (TypeError, ValueError, AttributeError, LookupError, OverflowError) as error:
            self.log.refuse(type(event).__name__, str(error))

    def _dispatch(self, event: RunEvent) -> None:
        match event:
            case MetricsLogged():
                self._measure(event)
            case GradientsLogged():
                self.gradient_history.fold(event)
            case TrainingFound():
                find(self, event)
            case PictureLogged():
                draw(self, event)
            case PhaseEntered():
                enter_phase(self, event)
            case HyperparameterChanged():
                self._change(event)
            case RunResumed(from_step=int(step)):
                self._take_up(event, step)
                return  # time went back too
            case RunPaused() | RunResumed():
                self._pause_or_resume(event)
            case AlarmRaised():
                self.alarms.append(event)
            case RunStarted():
                self.start(event)
            case RunFinished() | RunStopped() | RunFailed():
                self._end(event)
            case UnknownEvent():
                return  # the log line is all there is to it; its time may be of another kind
        self.t = max(self.t, float(event.t))

    def note_damage(self, damage: Mapping[str, int]) -> None:
        """Take over what a reader passed over so far."""
        if damage != self.damage:
            self.damage = dict(damage)
            self.log.add(damaged_lines(damage))

    @property
    def status(self) -> RunStatus:
        """The state as far as the log tells it; that a worker has vanished it can't tell."""
        if self.ended is not None:
            return status_of(self.ended)
        if self.started is None:
            return RunStatus.PENDING
        return RunStatus.PAUSED if self.paused else RunStatus.RUNNING

    @property
    def diverged(self) -> int | None:
        """The first step at which a loss or a parameter was not finite; None while all are."""
        return diverged_at({alarm.kind: alarm.step for alarm in reversed(self.alarms)})

    @property
    def series(self) -> Mapping[tuple[Kind, str], Series]:
        """Every metric's points under ("step", key) or ("epoch", key)."""
        return self.measurements.series

    @property
    def step(self) -> int:
        """Steps taken."""
        return self.measurements.step

    @property
    def epoch(self) -> int:
        """The epoch that step belongs to, counted from 1; 0 before the first step."""
        return max(self.extent.epoch(self.step), self.measurements.epoch)

    @property
    def steps_per_second(self) -> float:
        """Over the last seconds; 0 while paused or not known. Over all its steps once ended."""
        return self.pace.steps_per_second

    @property
    def time_left(self) -> float | None:
        """Seconds to the last step at the present pace; None when there is no saying."""
        if self.ended is not None or not self.total_steps or not self.steps_per_second:
            return None
        return max(0, self.total_steps - self.step) / self.steps_per_second

    @property
    def lines(self) -> list[str]:
        """What happened, in words: the last of the `log.count` lines there were."""
        return self.log.lines

    @property
    def gradients(self) -> dict[str, GradientState]:
        """The newest snapshot of every parameter, with its history and a word on its health."""
        loss = self.series.get(("step", LOSS)) or self.series.get(("epoch", LOSS))
        first, last = (loss.first, loss.last) if loss else (None, None)
        return self.gradient_history.states(first, last, held=self.paused)

    @property
    def snapshot(self) -> GradientsLogged | None:
        """The event behind `gradients`: its step and phase, whether gradients are enabled and
        whether a graph is recorded."""
        return self.gradient_history.latest

    def start(self, event: RunStarted) -> None:
        self.started, self.ended = event, None
        reach(self, Extent.of(event))
        self.measurements.begin(int(event.step), int(event.epoch))
        self.gradient_history.start(event)
        self.opened.close()
        self.measurements.rest(float(event.t))
        self.pace.go(float(event.t), self.step)

    def _measure(self, event: MetricsLogged) -> None:
        if self.experiment is not None and self.experiment.demonstration:
            self.metrics.clear()  # it is computed as a whole: what it leaves out is true no more
        self.measurements.fold(event, self.extent)
        self.pace.reach(float(event.t), self.step)
        leave_phase(self, self.step)

    def _change(self, event: HyperparameterChanged) -> None:
        change = change_of(event, len(self.marks), self.experiment)
        self.marks.append(change)
        self.changed[event.name] = event.new
        if event.name == EPOCHS:
            reach(self, self.extent.changed(event.new))
        self.log.add(said(self.marks))

    def _pause_or_resume(self, event: RunPaused | RunResumed) -> None:
        self.paused = isinstance(event, RunPaused)
        self.pause_reason = event.reason if isinstance(event, RunPaused) else ""
        if self.paused:
            self.pace.hold()
            leave_phase(self, int(event.step))
        else:
            self.phase = self.line = None
            self.measurements.rest(float(event.t))
            self.pace.go(float(event.t), self.step)

    def _take_up(self, event: RunResumed, step: int) -> None:
        """Be as if what came after `step` never was; a picture or snapshot that was replaced since
        comes back with the next. The log lines stay: it is what happened."""
        self.t = float(event.t)
        self.measurements.cut_after(step, self.extent, self.t)
        self.gradient_history.cut_after(step)
        self.opened.cut_after(step)
        self.ended, self.paused, self.pause_reason = None, False, ""
        self.phase, self.line, self.phase_step = None, None, 0
        self.marks[:] = [mark for mark in self.marks if mark.step <= step]
        self.changed = {mark.name: mark.value for mark in self.marks}
        alarms = [alarm for alarm in self.alarms if alarm.step <= step]
        self.alarms.clear()
        self.alarms.extend(alarms)
        for title in [title for title, drawn in self.picture_steps.items() if drawn > step]:
            del self.pictures[title], self.picture_steps[title]
        if self.started is not None:
            reach(self, Extent.of(self.started).changed(self.changed.get(EPOCHS)))
        self.pace.go(self.t, step)

    def _end(self, event: RunEnded) -> None:
        self.ended = event
        self.paused, self.phase, self.line = False, None, None
        self.measurements.end(int(event.step), int(event.epoch), event.metrics)
        self.pace.reach(float(event.t), self.step)
        self.pace.end()
        self.opened.close()
