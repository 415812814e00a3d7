"""What a run is told to do, one order at a time: each is carried out, written down, answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from tui_lab.commands import Acknowledgement, Stop
from tui_lab.worker.control import Control, Request
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.room import no_room, wait_for_room

_POLL = 0.25
"""Seconds between two looks at whether something else than an order ends the waiting."""

CarryOut = Callable[[Request], Acknowledgement]


class Orders:
    """Takes the requests that `control` hands over, for a loop that carries them out.

    On a full disk the run waits for room; `when_there_is_room` is called once it goes on.
    """

    def __init__(
        self,
        control: Control,
        publisher: Publisher,
        when_there_is_room: Callable[[], object] = lambda: None,
    ) -> None:
        self._control = control
        self._publisher = publisher
        self._when_there_is_room = when_there_is_room
        self.stop_reason: str | None = None
        """Why the run is to end; None while it is not."""

    def request_stop(self, reason: str) -> None:
        """End the run at the next step boundary; safe to call from a signal handler."""
        self.stop_reason = reason

    def busy(self, doing: str) -> AbstractContextManager[None]:
        """In here no request is come to, and whoever waits is told why."""
        return self._control.busy(doing)

    @property
    def pending(self) -> bool:
        """Whether there is something to attend to; cheap enough to ask at every step."""
        return self._control.pending or self.stop_reason is not None

    def attend(self, carry_out: CarryOut, *, wait: bool) -> None:
        """Have one request carried out, if there is one; `wait` a little for it. An order to stop
        is answered by the end of the run. Raises `Stopped` when told to."""
        self._check()
        with self._publisher.cost.held() if wait else nullcontext():
            request = self._control.take(timeout=_POLL if wait else 0.0)
        if request is not None:
            self._obey(request, carry_out)
        self._check()

    def publish(self) -> None:
        """Write what has happened; a full disk holds the run until there is room or someone
        decides. Raises `Stopped`."""
        try:
            self._publisher.publish()
        except OSError as error:
            self._wait_for_room(error)

    def _obey(self, request: Request, carry_out: CarryOut) -> None:
        """What an order changed is written before it is answered."""
        if isinstance(request.command, Stop):
            self.stop_reason = request.command.reason
            self.publish()
            return
        answer = carry_out(request)
        try:
            self._publisher.publish()
        except OSError as error:
            request.answer(Acknowledgement(False, self._step, no_room(error)))
            self._wait_for_room(error)
        request.answer(answer)

    def _wait_for_room(self, error: OSError) -> None:
        publisher = self._publisher
        with publisher.cost.held():
            wait_for_room(publisher, self._control, self._step, error, lambda: self.stop_reason)
        self._when_there_is_room()

    @property
    def _step(self) -> int:
        return self._publisher.position.step

    def _check(self) -> None:
        if self.stop_reason is not None:
            raise Stopped(self.stop_reason)
