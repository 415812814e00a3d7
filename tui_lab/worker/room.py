"""What a run does on a full disk: it holds still, says so where it can, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

from tui_lab.commands import Acknowledgement, Stop
from tui_lab.worker.control import Control
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.publisher import Publisher

_POLL = 1.0
"""Seconds between two tries."""


def no_room(error: OSError) -> str:
    """Why nothing can be written, and what to do."""
    return f"The log can't be written ({error.strerror}); free some space and it goes on."


def wait_for_room(
    publisher: Publisher,
    control: Control,
    step: int,
    error: OSError,
    stop_reason: Callable[[], str | None],
) -> None:
    """Hold at `step` until what was not written for `error` is; the lines stay buffered meanwhile.

    Raises `Stopped` once `stop_reason` has one, or when told to stop.
    """
    publisher.standing.disk_full(step, no_room(error))
    while not publisher.standing.try_again(step):
        request = control.take(timeout=_POLL)
        if request is not None and isinstance(request.command, Stop):
            raise Stopped(request.command.reason)
        if request is not None:
            request.answer(Acknowledgement(False, step, no_room(error)))
        if (reason := stop_reason()) is not None:
            raise Stopped(reason)
