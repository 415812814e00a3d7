"""What a script tells the lab itself, heard on its own thread and made part of its run."""

from __future__ import annotations

import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from numbers import Integral
from typing import Any

from torch import nn

from tui_lab.experiment import Picture
from tui_lab.training.phase import phase_name
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.script.declaring import CURVES
from tui_lab.worker.script.drawn import drawn
from tui_lab.worker.script.logged import Logged, line
from tui_lab.worker.script.loop import ScriptLoop
from tui_lab.worker.script.media import parted
from tui_lab.worker.script.own_knobs import own_knob
from tui_lab.worker.script.places import calling_frame

_ELSEWHERE = (
    "The script told the lab something in another thread or process than its own, where it is not "
    "heard."
)
_MOST = 100
"""Knobs, modules, and pictures."""
_PICTURES = 0.5
"""Seconds between two of one picture; a terminal shows no more."""


class Telling:
    """A listener of `tui_lab.told`; what it can't use it says once in the log."""

    def __init__(
        self,
        loop: ScriptLoop,
        publisher: Publisher,
        logged: Logged,
        took: Callable[[float], object],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`took` is told how many seconds went into listening."""
        self._loop = loop
        self._finding = loop.finding
        self._publisher = publisher
        self._logged = loop.logged = logged
        self._took, self._clock = took, clock
        self._next: dict[str, float] = {}
        """By picture: when another may come."""
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._elsewhere = mmap.mmap(-1, 1)
        """Shared with processes that the script forks: whether one was heard."""

    def log(self, data: Any, step: Any) -> None:
        with self._listening() as heard:
            if heard and isinstance(data, Mapping):
                numbers, shown = parted(data)
                self._logged.add(numbers, step)
                for name, (content, caption) in shown.items():
                    self._show_now_and_then(str(name), content, caption)
                if not self._finding.trains:
                    self._stand()
            elif heard:
                self._remark(f"log() takes numbers by key, not {type(data).__name__}.")

    def knob(self, name: str, default: Any, **domain: Any) -> Any:
        known = self._finding.own.get(str(name))
        if known is not None:
            return default if known.value is None else known.value
        with self._listening() as heard:
            return self._new_knob(name, default, domain) if heard else default

    def picture(self, name: str, data: Any, caption: str | Sequence[str]) -> None:
        with self._listening() as heard:
            if heard:
                self._show_now_and_then(str(name), data, caption)

    def configured(self, values: Mapping[str, Any]) -> None:
        with self._listening() as heard:
            if heard and values:
                self._show("config", {"columns": ("name", "value"), "rows": [*values.items()]}, "")

    def watch(self, models: Sequence[Any], name: str) -> None:
        with self._listening() as heard:
            for model in models if heard else ():
                self._know(model, name)

    def phase(self, name: str) -> AbstractContextManager[None]:
        if not self._is_own:
            self._elsewhere[0] = 1
            return nullcontext()
        return self._within(name)

    def epoch(self, over: Any) -> None:
        with self._listening() as heard:
            if not heard:
                return
            if not _is_count(over):
                self._remark(f"epoch() takes how many epochs are over, not {over!r}.")
            elif self._loop.epochs.told(int(over), self._loop.position.step):
                self._loop.end_epoch(int(over))
                self._loop.steps.go_on()

    def end(self) -> None:
        """The script is over: write what waits to be written."""
        self._look_around()
        self._logged.write()
        if self._finding.is_new:
            self._loop.learn(None)

    @property
    def _is_own(self) -> bool:
        return threading.get_ident() == self._thread and os.getpid() == self._process

    @contextmanager
    def _listening(self) -> Iterator[bool]:
        """Whether what is told is heard."""
        if not self._is_own:
            self._elsewhere[0] = 1
            yield False
            return
        begun = self._clock()
        try:
            self._look_around()
            yield True
        finally:
            self._took(self._clock() - begun)

    def _stand(self) -> None:
        """In a script that trains nothing, so that no hook comes by: say what is known, and obey
        what was asked for."""
        if self._finding.is_new:
            self._loop.learn(calling_frame())
        self._loop.steps.publish()
        self._loop.steps.go_on()

    def _look_around(self) -> None:
        if self._elsewhere[0]:
            self._remark(_ELSEWHERE)

    def _new_knob(self, name: str, default: Any, domain: Mapping[str, Any]) -> Any:
        """A knob that can't be is asked for without effect."""
        try:
            if len(self._finding.own) >= _MOST:
                raise ValueError(f"A script can have {_MOST} knobs of its own; the others stay.")
            knob = own_knob(name, default, **domain)
        except (TypeError, ValueError) as error:
            self._remark(str(error))
            return default
        self._finding.own[str(name)] = knob
        return default

    @contextmanager
    def _within(self, name: str) -> Iterator[None]:
        """An error within is no phase that was done."""
        yield
        with self._listening() as heard:
            if heard:
                self._loop.enter(phase_name(name))

    def _show_now_and_then(self, name: str, data: Any, caption: str | Sequence[str]) -> None:
        """A picture that comes a moment after another of its name is passed over."""
        if self._clock() >= self._next.get(name, 0.0):
            self._show(line(name), data, caption)
            self._next[name] = self._clock() + _PICTURES

    def _show(self, name: str, data: Any, caption: str | Sequence[str]) -> None:
        title = f"{name} picture" if name in CURVES else name
        try:
            picture, layer, content = drawn(title, data, caption)
            self._declare(picture)
        except ValueError as error:
            self._remark(str(error))
        else:
            step = self._publisher.position.step
            self._publisher.log_pictures(step, {title: {layer: content}})

    def _declare(self, picture: Picture) -> None:
        """Raises `ValueError` where there can be no such picture."""
        known = self._finding.drawn
        if picture.title not in known and len(known) >= _MOST:
            raise ValueError(f"A script can have {_MOST} pictures; the others are left out.")
        before = known.setdefault(picture.title, picture)
        if type(before) is not type(picture):
            kinds = f"{type(before).__name__} and then {type(picture).__name__}"
            raise ValueError(f"picture() was given {before.title} as {kinds}; use two names.")

    def _know(self, model: Any, name: str) -> None:
        watched = self._finding.watched
        if not isinstance(model, nn.Module):
            self._remark(f"watch() takes a module, not {type(model).__name__}.")
        elif not any(known is model for known in watched.values()) and len(watched) < _MOST:
            word = str(name) or type(model).__name__.lower()
            free = word if word not in watched else f"{word}{len(watched) + 1}"
            watched[free] = model

    def _remark(self, message: str) -> None:
        self._publisher.remark(self._publisher.position.step, message)


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and int(value) >= 0
