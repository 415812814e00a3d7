"""How the state of a run looks: a sign, its word, and a colour that says the same again."""

from __future__ import annotations

from textual.content import Content

from tui_lab.run import RunStatus

SIGNS = {
    RunStatus.PENDING: "…",
    RunStatus.RUNNING: "●",
    RunStatus.PAUSED: "◐",
    RunStatus.FINISHED: "✓",
    RunStatus.STOPPED: "■",
    RunStatus.FAILED: "✗",
    RunStatus.CRASHED: "!",
}
_COLOURS = {
    RunStatus.PENDING: "status-paused",
    RunStatus.RUNNING: "status-live",
    RunStatus.PAUSED: "status-paused",
    RunStatus.FINISHED: "status-finished",
    RunStatus.STOPPED: "status-finished",
    RunStatus.FAILED: "status-failed",
    RunStatus.CRASHED: "status-failed",
}


def status_variable(status: RunStatus) -> str:
    """The theme's variable with the colour of a state."""
    return _COLOURS[status]


def status_content(status: RunStatus, *, readable: bool = True) -> Content:
    """`● running`; a directory that can't be read is `? unreadable`."""
    if not readable:
        return Content.styled("? unreadable", "$status-failed")
    return Content.styled(f"{SIGNS[status]} {status}", f"${_COLOURS[status]}")
