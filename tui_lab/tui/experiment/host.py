"""What the parts of an experiment's screen may ask of the screen that they are in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from textual.message import Message
from textual.screen import ModalScreen

Ask = Callable[[ModalScreen[Any], Callable[[Any], None]], object]
"""Shows a dialog, and passes its answer on."""


class Host(NamedTuple):
    """The screen, as far as its parts know it."""

    post: Callable[[Message], object]
    """Tells the screen what happened."""
    work: Callable[[Coroutine[Any, Any, None]], object]
    """Does what takes time, in the background."""
    ask: Ask
