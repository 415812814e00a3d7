"""How far a run is, as one line that is rewritten on a terminal and as a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tui_lab.commandline.console import Console
from tui_lab.commandline.interventions import beyond_the_end
from tui_lab.commandline.table import cut, number_text
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    Remarked,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
)
from tui_lab.schedule import Intervention
from tui_lab.view_models.number_format import duration

if TYPE_CHECKING:  # numpy comes with it
    from tui_lab.view_models.run import RunView

_INTERVAL = 0.1
"""Seconds between two writings of the line: fast enough to feel live, slow enough for a link."""
_QUARTERS = 4
_CLEAR = "\r\x1b[K"


class Progress:
    """Folds a run's events into `view` and talks of it on stderr."""

    def __init__(
        self,
        console: Console,
        view: RunView,
        schedule: Sequence[Intervention] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`schedule` is what was asked to be done to the run."""
        self.console = console
        self.view = view
        self.clock = clock
        self.ended = False
        """Whether the run has ended since this began to follow it."""
        self.pause_reason = ""
        """Why the worker holds it still by itself."""
        self._schedule = schedule
        self._shown = ""
        self._shown_at = float("-inf")
        self._quarter = 0
        self._rewrites = console.stderr.isatty() and console.environ.get("TERM") != "dumb"

    def catch_up(self, events: Iterable[RunEvent]) -> None:
        """Take in what a run has behind it, in silence."""
        for event in events:
            self.view.fold(event)
        self._quarter = self._quarters

    def fold(self, event: RunEvent) -> None:
        """Take notice of an event; what a person should look at becomes a line that stays."""
        self.view.fold(event)
        match event:
            case RunStarted():
                name = f" ({event.device_name})" if event.device_name else ""
                self.note(f"running on {event.device}{name}" if event.device else "running")
                self._check_schedule(event)
            case HyperparameterChanged():
                self.note(f"step {event.step}: {self.view.marks[-1].text}")
            case AlarmRaised():
                self.note(f"step {event.step}: {event.message}")
            case Remarked():
                self.note(event.message)
            case RunPaused() | RunResumed():
                self.pause_reason = event.reason if isinstance(event, RunPaused) else ""
            case RunFinished() | RunStopped() | RunFailed():
                self.ended = True

    def show(self) -> None:
        """Bring stderr up to date, if it is time to."""
        if not self._rewrites:
            self._show_quarter()
        elif self.clock() - self._shown_at >= _INTERVAL:
            self._rewrite(self.line())

    def note(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self.console.say(text)

    def clear(self) -> None:
        """Take the rewritten line away."""
        if self._shown:
            self.console.mutter(_CLEAR)
            self._shown = ""
            self._shown_at = float("-inf")

    def line(self) -> str:
        """The state in one line, such as `step 212/400  epoch 53/100  train/loss 0.0123 …`."""
        view = self.view
        if not view.total_steps:
            running = f"step {view.step:,}" if view.step else "running"
            return running if view.started else "starting PyTorch …"
        loss = view.metrics.get("train/loss")
        parts = [
            f"step {view.step:,}/{view.total_steps:,}",
            *([f"epoch {view.epoch:,}/{view.total_epochs:,}"] if view.total_epochs else []),
            *([] if loss is None else [f"train/loss {number_text(loss)}"]),
            *(["paused"] if view.paused else self._speed()),
        ]
        return "  ".join(parts)

    def _check_schedule(self, event: RunStarted) -> None:
        experiment = self.view.experiment
        if experiment and (sentence := beyond_the_end(experiment, self._schedule, event)):
            self.note(sentence)

    def _speed(self) -> list[str]:
        if not self.view.steps_per_second:
            return []
        left = self.view.time_left
        speed = f"{self.view.steps_per_second:,.0f} steps/s"
        return [speed] if left is None else [speed, f"{duration(left)} left"]

    def _rewrite(self, line: str) -> None:
        line = cut(line, self.console.columns - 1)
        if line != self._shown:
            self.console.mutter(_CLEAR + line)
            self._shown, self._shown_at = line, self.clock()

    def _show_quarter(self) -> None:
        if self._quarters > self._quarter:
            self._quarter = self._quarters
            self.console.say(self.line())

    @property
    def _quarters(self) -> int:
        """How many of all its steps are taken."""
        total = self.view.total_steps
        return _QUARTERS * self.view.step // total if total else 0
