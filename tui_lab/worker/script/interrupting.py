"""Interrupting a script that no hook reaches: in a validation, or while data are loaded."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tui_lab.worker.control import Control
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.record import RunRecord
from tui_lab.worker.script.loop import ScriptLoop

_PATIENCE = 1
"""Seconds, at least, that an order to stop waits for a hook to come by."""


class _Patience:
    """Looks once a second whether an order to stop has waited for too long."""

    def __init__(self, loop: ScriptLoop, control: Control) -> None:
        self._loop, self._control = loop, control
        self._script = threading.get_ident()
        self._waited = 0

    def look(self) -> None:
        """Interrupt the script where it is."""
        if not self._control.asks_to_stop or self._loop.steps.stopped is not None:
            return
        self._waited += 1
        if self._waited > _PATIENCE:
            self._loop.steps.stopped = Stopped("")
            signal.pthread_kill(self._script, signal.SIGINT)


@contextmanager
def interrupting(loop: ScriptLoop, control: Control, record: RunRecord) -> Iterator[None]:
    """An order to stop interrupts the script as ctrl+c does, wherever it is; so does SIGTERM."""
    patience, upkeep = _Patience(loop, control), record.each_second

    def each_second() -> None:
        upkeep()
        patience.look()

    def terminate(*_: object) -> None:
        loop.steps.stopped = Stopped("terminated")
        signal.default_int_handler(signal.SIGINT, None)

    record.each_second = each_second
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        record.each_second = upkeep
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
