"""How far a run is, as one line that is rewritten on a terminal and as a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui_lab.commandline.console import Console, escape
from tui_lab.commandline.table import cut, number_text
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    RunEvent,
    RunPaused,
    RunResumed,
    RunStarted,
)
from tui_lab.view_models.number_format import duration

_INTERVAL = 0.1
"""Seconds between two writings of the line: fast enough to feel live, slow enough for a link."""
_QUARTERS = 4
_CLEAR = "\r\x1b[K"


class Progress:
    """A fold over a run's events that talks on stderr."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self.clock = clock
        self.step = 0
        self.epoch = 0
        self.total_steps = 0
        self.steps_per_epoch = 0
        self.t = 0.0
        self.loss = ""
        self.paused = False
        self.pause_reason = ""
        """Why the worker holds still, when nobody asked it to."""
        self._shown = ""
        self._shown_at = float("-inf")
        self._quarter = 0
        self._rewrites = console.stderr.isatty() and console.environ.get("TERM") != "dumb"

    def fold(self, event: RunEvent) -> None:
        """Take notice of an event."""
        match event:
            case RunStarted():
                self._start(event)
            case MetricsLogged():
                self._measure(event)
            case RunPaused():
                self.paused, self.pause_reason = True, event.reason
            case RunResumed():
                self.paused, self.pause_reason = False, ""
            case HyperparameterChanged():
                self.note(f"step {event.step}: {event.name} {event.old} → {event.new}")
            case AlarmRaised():
                self.note(f"step {event.step}: {event.message}")

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
        if not self.total_steps:
            return "starting PyTorch …" if not self.t else "running"
        epochs = -(-self.total_steps // self.steps_per_epoch) if self.steps_per_epoch else 0
        parts = [
            f"step {self.step:,}/{self.total_steps:,}",
            f"epoch {self.epoch:,}/{epochs:,}",
            *([f"train/loss {self.loss}"] if self.loss else []),
            *(["paused"] if self.paused else self._speed()),
        ]
        return "  ".join(parts)

    def _start(self, event: RunStarted) -> None:
        self.total_steps, self.steps_per_epoch = event.total_steps, event.steps_per_epoch
        self.t = event.t
        self.note(f"running on {event.device} ({event.device_name})")

    def _measure(self, event: MetricsLogged) -> None:
        self.t = max(self.t, event.t)
        if event.kind == "step":
            rows = max((len(column) for column in event.columns.values()), default=0)
            self.step = max(self.step, event.first + rows - 1)
        elif event.kind == "epoch" and event.epochs:
            self.step = max(self.step, event.steps[-1])
            self.epoch = max(self.epoch, event.epochs[-1])
        loss = event.columns.get("train/loss", ())
        if len(loss):
            self.loss = escape(number_text(loss[-1]))

    def _speed(self) -> list[str]:
        if not (self.t and self.step):
            return []
        speed = self.step / self.t
        left = (self.total_steps - self.step) / speed
        return [f"{speed:,.0f} steps/s", f"{duration(left)} left"]

    def _rewrite(self, line: str) -> None:
        line = cut(line, self.console.columns - 1)
        if line != self._shown:
            self.console.mutter(_CLEAR + line)
            self._shown, self._shown_at = line, self.clock()

    def _show_quarter(self) -> None:
        if not self.total_steps:
            return
        quarter = _QUARTERS * self.step // self.total_steps
        if quarter > self._quarter:
            self._quarter = quarter
            self.console.say(self.line())
