"""What a run's log says of its past: how it was started, what was done to it, how far it got."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tui_lab.errors import RunError
from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    MetricsLogged,
    PictureLogged,
    RunEvent,
    RunResumed,
    RunStarted,
)
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.interventions import schedule_of
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import Intervention


@dataclass(frozen=True)
class Former:
    """The past of a run, as far as those need it who go on from it."""

    started: RunStarted | None = None
    """How it was started last; None when it never was."""
    done: tuple[Intervention, ...] = ()
    """What was done to it while it ran, in the order of steps."""
    alarms: dict[str, int] = field(default_factory=dict)
    """The step of each kind of alarm that was raised."""
    step: int = 0
    """The last that stands in the log."""
    t: float = 0.0
    """Seconds until then."""

    def until(self, step: int) -> Former:
        """The same, had nothing come after `step`."""
        return replace(
            self,
            done=tuple(each for each in self.done if each.step <= step),
            alarms={kind: at for kind, at in self.alarms.items() if at <= step},
            step=min(self.step, step),
        )


def former(directory: RunDirectory) -> Former:
    """The past of a run that nobody drives now. Raises `RunUnreadable` where its log can't be
    read."""
    found, told = Former(), list[RunEvent]()
    for event in RunTail(directory.events_path, settled=True):
        found = _folded(found, event)
        if not isinstance(event, MetricsLogged | PictureLogged | GradientsLogged):
            told.append(event)
    return replace(found, done=tuple(schedule_of(told)))


def require_begun(found: Former, name: str) -> RunStarted:
    """How the run was started; raises `RunError` for one that never was."""
    if found.started is None:
        raise RunError(f"{name} never began: there is nothing to go on from.")
    return found.started


def _folded(found: Former, event: RunEvent) -> Former:
    found = replace(found, t=max(found.t, event.t))
    match event:
        case RunStarted():
            return replace(found, started=event)
        case RunResumed(from_step=int(step)):
            return found.until(step)
        case MetricsLogged(kind="step"):
            rows = max(map(len, event.columns.values()), default=0)
            return replace(found, step=max(found.step, event.first + rows - 1))
        case AlarmRaised():
            return replace(found, alarms={event.kind: event.step} | found.alarms)
    return found
