"""How a run ends before its time: by an order, or by SIGTERM."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

_LONGEST_STEP = 1.0
"""Seconds that a step may still take after SIGTERM; whoever sent it soon sends SIGKILL."""
_TERMINATED = "terminated"


class Stopped(Exception):
    """The run was told to end; the message is the reason."""


class BrokenOff(Stopped):
    """The same, wherever the run was: perhaps in the middle of a step."""


@contextmanager
def stopping(request_stop: Callable[[str], None]) -> Iterator[None]:
    """SIGTERM asks the loop to end at the next step; a step that goes on for too long is broken
    off, so that even then the log gets its last event."""

    def ask(*_: object) -> None:
        request_stop(_TERMINATED)
        signal.setitimer(signal.ITIMER_REAL, _LONGEST_STEP)

    signal.signal(signal.SIGALRM, _break_off)
    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGTERM, before)


@contextmanager
def breaking_off() -> Iterator[None]:
    """SIGTERM raises `Stopped` wherever the main thread is: while it builds, or waits."""
    signal.signal(signal.SIGTERM, _break_off)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is left to do is quickly done


def _break_off(*_: object) -> NoReturn:
    raise BrokenOff(_TERMINATED)
