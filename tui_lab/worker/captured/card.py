"""What records the work of a card: a thin layer over torch's CUDA graphs, with a protocol that
tests put a stub under."""

from __future__ import annotations

import gc
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Protocol, TextIO

import torch
from torch import Tensor

_WAITS = "called a synchronizing CUDA operation"
"""What torch warns of, while it is asked to, at each operation that waits for the card."""


_BETWEEN = (Path(torch.__file__).parent, Path(__file__).parent)


class NotRecorded(Exception):
    """The work can't be recorded; nothing of it was done."""


class Recording(Protocol):
    """Work of a card that can be done again at once."""

    def replay(self) -> None:
        """Have all of it done; nobody waits for that."""


class Mark(Protocol):
    """A place in the work a card was given."""

    def wait(self) -> None:
        """Until the card has come to it."""


class Card(Protocol):
    """A device that works through what it is given, in order."""

    device: torch.device

    def record(
        self,
        work: Callable[[], None],
        draws: Iterable[torch.Generator] = (),
        beside: Recording | None = None,
    ) -> Recording:
        """What `work` gives the card to do, of which nothing is done now. It may draw from the
        generators `draws` besides the default one. A recording made `beside` another shares its
        memory, and the two never run at once; either may be given up before the other. Raises
        `NotRecorded`, whatever `work` raises."""

    def waits(self) -> AbstractContextManager[list[str]]:
        """In here it is noted where the host waits for the card: a file and a line for each time,
        in the list, once it is left."""

    def upload(self, target: Tensor, source: Tensor) -> None:
        """Copy from the host to the card; nobody waits for that."""

    def mark(self) -> Mark:
        """The end of what the card was given so far."""


class _Graph:
    def __init__(self, graph: torch.cuda.CUDAGraph) -> None:
        self.graph = graph

    def replay(self) -> None:
        self.graph.replay()


class _Event:
    def __init__(self) -> None:
        self._event = torch.cuda.Event(blocking=True)
        self._event.record()

    def wait(self) -> None:
        self._event.synchronize()


class Cuda:
    """A CUDA device, whose work torch.cuda.CUDAGraph records."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._side = torch.cuda.Stream(device)

    def record(
        self,
        work: Callable[[], None],
        draws: Iterable[torch.Generator] = (),
        beside: Recording | None = None,
    ) -> Recording:
        """As `Card.record`, on a stream of its own, as torch asks. What other threads do with the
        card meanwhile is theirs."""
        graph, draws = torch.cuda.CUDAGraph(), tuple(draws)  # gone through again where it fails
        for generator in draws:
            graph.register_generator_state(generator)
        self._side.wait_stream(torch.cuda.current_stream(self.device))
        pool = beside.graph.pool() if isinstance(beside, _Graph) else None
        try:
            with _uncollected(), torch.cuda.stream(self._side):
                graph.capture_begin(pool=pool, capture_error_mode="thread_local")
                try:
                    work()
                finally:
                    graph.capture_end()
        except Exception as error:  # whatever it is, the card is to go on
            self._mend(draws)
            raise NotRecorded(_first_line(error.__context__ or error)) from error
        return _Graph(graph)

    def _mend(self, draws: Iterable[torch.Generator]) -> None:
        """A recording was broken off: one of nothing at all takes the generators out of it."""
        torch.cuda.synchronize(self.device)
        self._side = torch.cuda.Stream(self.device)
        graph = torch.cuda.CUDAGraph()
        for generator in draws:
            graph.register_generator_state(generator)
        with suppress(RuntimeError), warnings.catch_warnings(), torch.cuda.stream(self._side):
            warnings.simplefilter("ignore")  # that it is empty
            graph.capture_begin(capture_error_mode="thread_local")
            graph.capture_end()

    @contextmanager
    def waits(self) -> Iterator[list[str]]:
        """As `Card.waits`, as far as torch notices."""
        before = torch.cuda.get_sync_debug_mode()
        with told_of_waits() as places:
            torch.cuda.set_sync_debug_mode("warn")
            try:
                yield places
            finally:
                torch.cuda.set_sync_debug_mode(before)

    def upload(self, target: Tensor, source: Tensor) -> None:
        """As `Card.upload`, from pinned memory."""
        target.copy_(source.pin_memory(), non_blocking=True)

    def mark(self) -> Mark:
        """As `Card.mark`; who waits for it sleeps."""
        return _Event()


@contextmanager
def told_of_waits() -> Iterator[list[str]]:
    """In here torch's warnings that the host waits are taken down, with the line that did so: those
    of this thread, since another that writes a state to the disk waits for the card too."""
    places: list[str] = []
    thread = threading.get_ident()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show = warnings.showwarning

        def note(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if _WAITS not in str(message):
                show(message, category, filename, lineno, file, line)
            elif threading.get_ident() == thread:
                places.append(_line() or f"{Path(filename).name}, line {lineno}")

        warnings.showwarning = note
        yield places


def _line() -> str:
    """The line that has called what goes on: of what is neither torch's nor the lab's here."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.name != "warnings.py" and not any(own in path.parents for own in _BETWEEN):
            return f"{path.name}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is garbage stays for now: freeing a graph or a tensor of the card has no place in a
    recording."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
