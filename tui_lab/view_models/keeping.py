"""What a run can be taken back to by hand, and what guards it."""

from __future__ import annotations

from typing import Any, cast, get_args

from tui_lab.commands import GuardMode
from tui_lab.events import AlarmRaised, CheckpointWritten, RunEvent, RunResumed, RunStarted
from tui_lab.guarding import GuardChanged


class Keeping:
    """A fold over the events that tell."""

    def __init__(self) -> None:
        self.guard: GuardMode = "say"
        """What happens when a loss or a gradient is not finite."""
        self.alarm: AlarmRaised | None = None
        """The last that held a step; whether it still does, the run's state says."""
        self._kept: list[int] = []

    @property
    def kept(self) -> int | None:
        """The last step whose state a person had kept."""
        return self._kept[-1] if self._kept else None

    def fold(self, event: RunEvent) -> None:
        """Take over what tells of it."""
        match event:
            case RunStarted():
                self.guard = _mode(event.request.get("guard"))
            case GuardChanged():
                self.guard = event.mode
            case CheckpointWritten(reason="asked"):
                self._kept.append(event.step)
            case AlarmRaised(held=True):
                self.alarm = event
            case RunResumed(from_step=int(step)):
                self._kept = [kept for kept in self._kept if kept <= step]

    @property
    def state(self) -> dict[str, Any]:
        """All of it but the alarm, as plain data."""
        return {"guard": self.guard, "kept": self._kept}

    def recall(self, state: dict[str, Any]) -> None:
        """Take over what another had come to; raises `LookupError` where something lacks."""
        self.guard, self._kept = _mode(state["guard"]), [int(step) for step in state["kept"]]


def _mode(text: Any) -> GuardMode:
    """What a log says of the guard; older ones say nothing, and nothing was held."""
    return cast("GuardMode", text) if text in get_args(GuardMode) else "say"
