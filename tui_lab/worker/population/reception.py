"""Who looks after all members at once: lets their clients in, and keeps their heartbeats."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Sequence

from tui_lab.worker.population.member import MemberRun

_WAIT = 0.2
"""Seconds until members whose socket was bound anew are listened to."""
_ROUND = 5.0
"""Seconds in which each member is looked after once: a heartbeat is believed for three times as
long, and what proves a member alive is its lock."""


class Reception:
    """One thread for what a run alone has two."""

    def __init__(self, members: Sequence[MemberRun]) -> None:
        self._members = members
        self._closing = False
        self._turn = 0
        self._thread = threading.Thread(target=self._serve, name="reception", daemon=True)

    def start(self) -> None:
        """Begin to take clients."""
        self._thread.start()

    def close(self) -> None:
        """Take no more, and look after nobody."""
        self._closing = True
        self._thread.join()

    def _serve(self) -> None:
        begun = time.monotonic()
        while not self._closing:
            poll = select.poll()
            controls = {m.control.fileno(): m.control for m in self._members if not m.is_over}
            controls.pop(-1, None)
            for descriptor in controls:
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll(1000 * _WAIT):
                controls[descriptor].accept()
            self._look_after(time.monotonic() - begun)

    def _look_after(self, passed: float) -> None:
        """As many members as are due."""
        due = int(passed / _ROUND * len(self._members))
        while self._turn < due and not self._closing:
            member = self._members[self._turn % len(self._members)]
            self._turn += 1
            if not member.is_over:
                member.record.beat()
