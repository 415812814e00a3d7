"""What a script may tell the lab in a few lines of its own, after `import tui_lab`.

Where no lab listens, nothing here does anything, imports torch or starts a thread; a call costs a
fraction of a microsecond. Under `tui-lab watch` the worker listens, on the thread that runs the
script. No call ever raises for what it was given: the lab says in the log what it could not use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, TypeVar

Setting = TypeVar("Setting", bool, int, float, str)


class Listener(Protocol):
    """Hears what a script tells; the functions of this module say what that means."""

    def log(self, data: Any, step: Any) -> None:
        """Numbers, by key."""

    def knob(self, name: str, default: Any, **domain: Any) -> Any:
        """The value of a knob now."""

    def picture(self, name: str, data: Any, caption: str | Sequence[str]) -> None:
        """Something to be shown."""

    def watch(self, models: Sequence[Any], name: str) -> None:
        """Modules to be known."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """A part of a step."""

    def epoch(self, over: Any) -> None:
        """So many epochs are over."""

    def configured(self, values: Mapping[str, Any]) -> None:
        """What the script was configured with."""


_listener: Listener | None = None
_NOTHING = nullcontext()


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """In here what is told is heard by `listener`."""
    global _listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before


def log(data: Mapping[str, Any], step: int | None = None, **_: Any) -> None:
    """Log numbers by key (`{"val/loss": 0.3}`): floats, or tensors and arrays of one element.

    Each is a curve of the run, those with one prefix (`val/`) in one chart. They stand at the
    number of updates taken so far, which is the axis of all charts; `step`, the script's own count,
    is where they stand in a script whose updates nobody sees. Keys within keys are joined by `/`.
    """
    if _listener is not None:
        _listener.log(data, step)


def knob(
    name: str,
    default: Setting,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    choices: Sequence[str] = (),
    about: str = "",
) -> Setting:
    """The value of a knob now: `default` until it is turned on the screen, where it stands from
    the first call on. Call it wherever the value is used, as often as that is.

    `low`, `high`: the range of a number. `log`: whether it is turned by factors. `choices`: the
    words that may stand for a text. `about`: what is shown beside it. A switch is a `bool`.
    """
    if _listener is None:
        return default
    value: Setting = _listener.knob(
        name, default, low=low, high=high, log=log, choices=choices, about=about
    )
    return value


def picture(name: str, data: Any, caption: str | Sequence[str] = "") -> None:
    """Show `data` under `name`, in the place of what was shown there before, at most twice a
    second; `caption` stands under an image, or one of several under each.

    An array, tensor or PIL image of two dimensions is a grey image, one of three a stack of those,
    or a colour image where an axis of 3 comes first or last; of four a stack of colour images.
    All are shown in grey, 24 at most; values from 0 to 1, or bytes, as they are, others scaled to
    that. One dimension is a histogram. Text, a list of texts and `{"columns": [...], "rows":
    [[...], ...]}` are tables.
    """
    if _listener is not None:
        _listener.picture(name, data, caption)


def watch(models: Any, *_: Any, name: str = "", **__: Any) -> None:
    """Know a module, or several in a list, by `name`: one that the lab did not find because no
    optimizer updates it, or under another name than that of its variable."""
    if _listener is not None:
        _listener.watch(models if isinstance(models, list | tuple) else [models], name)


def phase(name: str) -> AbstractContextManager[None]:
    """What is done within is a phase of the step: the lab can hold still after it."""
    return _NOTHING if _listener is None else _listener.phase(name)


def epoch(over: int) -> None:
    """So many epochs are over: `epoch(n)` as the first thing in `for n in range(epochs):`, or
    `epoch(n + 1)` as the last. From the first call on the lab counts none of its own."""
    if _listener is not None:
        _listener.epoch(over)


def configured(values: Mapping[str, Any]) -> None:
    """Show what the script was configured with; `tui_lab.tracking` says it."""
    if _listener is not None:
        _listener.configured(values)
