"""Writing down how a study stands, no more often than there is something to say."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from tui_lab.errors import HomeError
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.status import StudyStatus

_HEARTBEAT = 1.0
"""Seconds after which it is written down again that the coordinator lives."""


class StatusWriter:
    """Keeps the status.json of a study."""

    def __init__(
        self,
        study: StudyDirectory,
        keep_lock: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._study = study
        self._keep_lock = keep_lock
        self._clock = clock
        self._last = StudyStatus()
        self._at = float("-inf")

    def tell(self, status: StudyStatus) -> None:
        """Write it where it is another than before, and now and then in any case; on a full disk
        what stands there stays."""
        is_same = replace(status, heartbeat=self._last.heartbeat) == self._last
        if not is_same or self._clock() - self._at > _HEARTBEAT:
            self._last, self._at = status, self._clock()
            with suppress(OSError, HomeError):
                self._keep_lock()
            with suppress(OSError):
                self._study.write_status(status)

    def end(self, status: StudyStatus) -> None:
        """Write down how the study ended; where even that can't be, the log says it."""
        try:
            self._study.write_last(status)
        except OSError as error:
            print(f"{status.state}: {status.error} ({error.strerror or error})", flush=True)
