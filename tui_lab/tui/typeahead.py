"""Keys that come faster than the screen follows: each waits until the one before has done its work.

The toolkit hands a key to whoever has the focus when it comes. Of keys that come at once, typed
ahead or sent by a program, all would go to whoever has it now: in `/lr` the letters too, to a list
that knows nothing of them, instead of to the field that the first key opens.
"""

from __future__ import annotations

import asyncio
from collections import deque

from textual.app import App, ScreenStackError
from textual.events import Event, Key, Paste

_TURNS = 100
"""Looks, one for each turn of the event loop, after which a key's work takes long."""
_LOOKS = 100
"""Looks at work that takes long; then a key is handed on whatever goes on."""
_PAUSE = 0.005
"""Seconds between two of them."""


class TypeaheadApp(App[int]):
    """Hands on what is typed, piece by piece."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._ahead = deque[Key | Paste]()
        self._due = deque[Key | Paste]()
        """What has waited, and is handed on now."""
        self._handing_on: asyncio.Task[None] | None = None

    async def on_event(self, event: Event) -> None:
        if self._due and event is self._due[0]:
            self._due.popleft()
        elif isinstance(event, Key | Paste) and not event.is_forwarded and self._is_early:
            self._wait(event)
            return
        await super().on_event(event)

    @property
    def _is_early(self) -> bool:
        """Whether something comes before what was typed now."""
        # The message that comes next may have left the queue already.
        is_next = self._peek_message() is not None
        return bool(self._ahead or self._due or is_next) or not self._has_settled()

    def _wait(self, event: Key | Paste) -> None:
        self._ahead.append(event)
        if self._handing_on is None or self._handing_on.done():
            self._handing_on = asyncio.create_task(self._hand_on())

    async def _hand_on(self) -> None:
        while self._ahead and self.is_running:
            await self._settled()
            self._due.append(self._ahead.popleft())
            self.post_message(self._due[-1])

    async def _settled(self) -> None:
        """Wait until all that was begun is done, but no longer than half a second."""
        for look in range(_TURNS + _LOOKS):
            if self._has_settled():
                return
            await asyncio.sleep(0 if look < _TURNS else _PAUSE)

    def _has_settled(self) -> bool:
        """Whether the screen is there, and nobody on it has anything left to do."""
        try:
            screen = self.screen
        except ScreenStackError:
            return False
        if self.message_queue_size or not (
            screen.is_mounted and getattr(screen, "is_complete", True)
        ):
            return False
        return not any(each.message_queue_size for each in screen.walk_children(with_self=True))
