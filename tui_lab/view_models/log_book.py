"""What happened in a run, in words, one line per event that a person would want to read."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from tui_lab import events
from tui_lab.events import MetricsLogged, RunBranched, RunEvent, RunFailed, RunStarted, UnknownEvent
from tui_lab.guarding import GuardChanged
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

LONGEST = 1000
"""Lines kept; the log on disk has them all."""


class LogBook:
    """The last lines of a run's log, and how many there were."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LONGEST)
        self.count = 0
        """Lines written so far, those already dropped included."""
        self._unreadable: set[str] = set()

    @property
    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        unreadable = sorted(self._unreadable)
        return {"lines": self.lines, "count": self.count, "unreadable": unreadable}

    @classmethod
    def recalled(cls, state: Mapping[str, Any]) -> LogBook:
        """The book that had this `state`; raises `ValueError` and its like for what is none."""
        book = cls()
        book._lines.extend(map(plain, state["lines"]))
        book.count = int(state["count"])
        book._unreadable.update(map(str, state["unreadable"]))
        return book

    @property
    def lines(self) -> list[str]:
        """The last `LONGEST` of them, oldest first."""
        return list(self._lines)

    def add(self, line: str) -> None:
        """Write a line; it is made plain."""
        self._lines.append(plain(line))
        self.count += 1

    def fold(self, event: RunEvent) -> None:
        """Write down an event, if it is one to write down."""
        if isinstance(event, UnknownEvent) and event.reason:
            self.refuse(event.type, event.reason)
        for line in _lines(event):
            self.add(line)

    def refuse(self, kind: str, reason: str) -> None:
        """Say that events of a kind can't be read, and why the first can't."""
        if kind not in self._unreadable:
            self._unreadable.add(kind)
            self.add(f"an event could not be read: {kind}, {reason}")


def _lines(event: RunEvent) -> list[str]:
    match event:
        case RunStarted():
            return [_started(event)]
        case MetricsLogged(kind="evaluation"):
            return [_evaluated(event)]
        case events.RunPaused():
            return [f"paused at step {event.step}" + _reason(event.reason)]
        case events.RunResumed(from_step=None):
            return [f"resumed after step {event.step}"]
        case events.RunResumed():
            return [f"taken up after step {event.from_step}: what came later never happened"]
        case RunBranched():
            return [_branched(event)]
        case events.RunFinished():
            return [f"finished at step {event.step}, epoch {event.epoch}"]
        case events.RunStopped():
            return [f"stopped at step {event.step}" + _reason(event.reason)]
        case RunFailed():
            return [f"failed at step {event.step}: {event.error}", *_traceback(event)]
        case UnknownEvent(reason=""):
            return [f"an event this version does not know: {event.type}"]
    return _of_step(event)


def _of_step(event: RunEvent) -> list[str]:
    """What is said of a single step."""
    match event:
        case events.CheckpointWritten() if event.reason:
            return [f"checkpoint after step {event.step}" + _reason(event.reason)]
        case events.StepAbandoned():
            left = "its batch is left out" if event.then == "skip" else "its batch is taken again"
            return [f"step {event.step} was given up; {left}"]
        case events.StepAltered():
            return [f"step {event.step}: {event.how}"]
        case GuardChanged():
            return [_at(event.step, f"guard: {event.mode} from here on")]
        case events.AlarmRaised():
            return [_at(event.step, " ".join(filter(None, (event.message, event.advice))))]
        case events.Remarked():
            return [_at(event.step, event.message)]
    return []


def _at(step: int, text: str) -> str:
    return f"step {step}: {text}" if step else text


def _branched(event: RunBranched) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in event.values.items())
    taken = " with its parameters alone" if event.weights_only else ""
    return f"branched from {event.parent} after step {event.step}{taken}" + _reason(values)


def _started(event: RunStarted) -> str:
    device = f"{event.device} ({event.device_name})" if event.device_name else event.device
    steps = f", {event.total_steps} steps, {event.steps_per_epoch} an epoch"
    where = f" on {device}" if device else ""
    return f"started{where}" + (steps if event.total_steps else "")


def _evaluated(event: MetricsLogged) -> str:
    step = event.steps[-1] if event.steps else "?"
    last = {key: values[-1] for key, values in event.columns.items() if len(values)}
    values = ", ".join(f"{key} {short(number(value))}" for key, value in last.items())
    return f"evaluated at step {step}: {values}"


def _reason(reason: str) -> str:
    return f": {reason}" if reason else ""


def _traceback(event: RunFailed) -> list[str]:
    return event.traceback.splitlines()
