"""Cases about `with`: what is called when, and what of it happens after an exception."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tui_lab.experiments.autograd.witness import Given, See


def with_statement(see: See, p: Given) -> None:
    """with calls __enter__ before its block and __exit__ after it: that is all no_grad is."""

    class NoGrad:
        def __enter__(self) -> None:
            self.before = torch.is_grad_enabled()
            torch.set_grad_enabled(False)
            see.print("__enter__: recording was", self.before)

        def __exit__(self, kind: object, error: object, trace: object) -> None:
            torch.set_grad_enabled(self.before)
            see.print("__exit__: recording is", self.before, "again")

    w = torch.tensor(p.w, requires_grad=True)
    with NoGrad():
        y = w * p.x
        see.print("the block")
    loss = (w * p.x) ** 2
    see.print("after it")
    see("after it", w=w, y=y, loss=loss)
    loss.backward()
    see("after backward", w=w, y=y, loss=loss)


def with_exception(see: See, p: Given) -> None:
    """An exception leaves a block through __exit__ as well; what was entered last is left first."""

    class Recording:
        def __enter__(self) -> None:
            see.print("__enter__: recording", torch.is_grad_enabled())

        def __exit__(self, kind: type | None, error: object, trace: object) -> None:
            see.print("__exit__: recording", torch.is_grad_enabled(), "after", kind)

    w = torch.tensor(p.w, requires_grad=True)
    with Recording(), torch.no_grad():
        loss = (w * p.x) ** 2
        see.print("the block: recording", torch.is_grad_enabled())
        loss.backward()
        see.print("never reached")


def with_generator(see: See, p: Given) -> None:
    """A generator in place of a class: up to yield it is __enter__, from there on __exit__."""

    @contextmanager
    def no_grad() -> Iterator[None]:
        before = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        see.print("up to yield")
        try:
            yield
        finally:
            torch.set_grad_enabled(before)
            see.print("from yield on")

    w = torch.tensor(p.w, requires_grad=True)
    with no_grad():
        y = w * p.x
        see.print("the block")
    loss = (w * p.x) ** 2
    see("after it", w=w, y=y, loss=loss)
    loss.backward()
    see("after backward", w=w, y=y, loss=loss)


def with_by_hand(see: See, p: Given) -> None:
    """torch.no_grad() without with: its two methods called by hand do the same."""
    w = torch.tensor(p.w, requires_grad=True)
    switch = torch.no_grad()
    see.print("made: recording", torch.is_grad_enabled())
    switch.__enter__()
    see.print("__enter__ called: recording", torch.is_grad_enabled())
    y = w * p.x
    switch.__exit__(None, None, None)
    see.print("__exit__ called: recording", torch.is_grad_enabled())
    loss = (w * p.x) ** 2
    see("after it", w=w, y=y, loss=loss)
    loss.backward()
    see("after backward", w=w, y=y, loss=loss)


CASES = (with_statement, with_exception, with_generator, with_by_hand)
