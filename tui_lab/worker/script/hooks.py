"""What is attached to torch before a script runs, so that its training is seen from outside.

Optimizers have global hooks for this (pytorch#88446); backward passes, zeroed gradients, losses and
data loaders are seen by wrapping what a script calls. Nothing is computed in another way.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.modules.loss import _Loss
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

Closure = Callable[[], Any]
Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]
_TRACED = ("criterion",)
"""A criterion may be part of what torch.compile compiles, which a function that it leaves alone
would break in two; it looks for that itself."""

_CRITERIA = (
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
)
"""Functions of torch.nn.functional; the classes of torch.nn call these."""


class Listener(Protocol):
    """Is told what a script does; called on the script's own thread, in the middle of it."""

    def made(self, found: Optimizer | LRScheduler) -> None:
        """An optimizer or a scheduler of learning rates is there."""

    def before_backward(self, losses: list[Tensor]) -> None:
        """A backward pass through these is about to begin."""

    def after_backward(self) -> None:
        """Its gradients are there."""

    def before_update(self, optimizer: Optimizer) -> None:
        """All gradients of an update are there."""

    def after_update(self, optimizer: Optimizer) -> None:
        """The parameters have moved."""

    def after_zeroing(self) -> None:
        """Gradients were zeroed."""

    def scaled(self, scaled: Tensor, loss: Tensor) -> None:
        """A loss was multiplied for the sake of half precision."""

    def measured(self, value: Tensor, counted: int) -> None:
        """A criterion gave a value while no gradients were recorded: the sum of so many."""

    def drawn(self, iterator: object) -> None:
        """An iterator over a data loader gave a batch."""

    def exhausted(self, iterator: object) -> None:
        """It has no more."""

    def begun(self, iterator: object, loader: object, batches: int | None) -> None:
        """An iteration over a data loader of so many batches begins."""


@contextmanager
def attached(listener: Listener, took: Callable[[float], object]) -> Iterator[None]:
    """Tell `listener` what is done in this thread of this process, and `took` how many seconds it
    spent on that."""
    hooks = _Hooks(listener, took)
    with ExitStack() as stack:
        for owner, name, wrap in hooks.wrappers():
            stack.enter_context(_wrapped(owner, name, wrap))
        before = register_optimizer_step_pre_hook(_traced_never(hooks.before_step))
        after = register_optimizer_step_post_hook(_traced_never(hooks.after_step))
        stack.callback(before.remove)
        stack.callback(after.remove)
        yield


class _Hooks:
    """Passes on what happens in one thread, and not what torch does on its way there."""

    def __init__(self, listener: Listener, took: Callable[[float], object]) -> None:
        self._listener = listener
        self._took = took
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._inside = False

    @property
    def _are_heard(self) -> bool:
        own = threading.get_ident() == self._thread and os.getpid() == self._process
        return own and not self._inside

    def _tell(self, hear: Callable[..., None], *what: Any) -> None:
        begun = time.perf_counter()
        try:
            hear(*what)
        finally:
            self._took(time.perf_counter() - begun)

    def wrappers(self) -> Iterator[tuple[Any, str, Wrap]]:
        """What is wrapped: its owner, its name there, and how."""
        yield Tensor, "backward", self._backward
        yield torch.autograd, "backward", self._backward
        yield Optimizer, "__init__", self._made
        yield LRScheduler, "__init__", self._made
        yield Optimizer, "zero_grad", self._zeroing
        yield torch.nn.Module, "zero_grad", self._zeroing
        yield torch.amp.GradScaler, "scale", self._scaling
        yield DataLoader, "__iter__", self._beginning
        yield _BaseDataLoaderIter, "__next__", self._drawing
        yield _Loss, "__call__", self._criterion
        for name in _CRITERIA:
            yield torch.nn.functional, name, self._criterion

    def before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        """All gradients are there, unless the update computes them itself by a closure."""
        if not self._are_heard:
            return None
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if closure is None:
            self._tell(self._listener.before_update, optimizer)
            return None
        seen = self._closing(closure, optimizer)
        if len(args) > 1:
            return (args[0], seen, *args[2:]), kwargs
        return args, {**kwargs, "closure": seen}

    def after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._are_heard:
            self._tell(self._listener.after_update, optimizer)

    def _closing(self, closure: Closure, optimizer: Optimizer) -> Closure:
        @functools.wraps(closure)
        def seen() -> Any:
            loss = closure()
            self._tell(self._listener.before_update, optimizer)
            return loss

        return seen

    def _backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(losses: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._are_heard:
                return original(losses, *args, **kwargs)
            roots = [losses] if isinstance(losses, Tensor) else list(losses)
            self._tell(
                self._listener.before_backward, [root for root in roots if isinstance(root, Tensor)]
            )
            self._inside = True
            try:
                done = original(losses, *args, **kwargs)
            finally:
                self._inside = False
            self._tell(self._listener.after_backward)
            return done

        return backward

    def _made(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(made: Any, *args: Any, **kwargs: Any) -> None:
            original(made, *args, **kwargs)
            if self._are_heard:
                self._tell(self._listener.made, made)

        return __init__

    def _zeroing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def zero_grad(*args: Any, **kwargs: Any) -> Any:
            done = original(*args, **kwargs)
            if self._are_heard:
                self._tell(self._listener.after_zeroing)
            return done

        return zero_grad

    def _scaling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def scale(scaler: Any, outputs: Any) -> Any:
            scaled = original(scaler, outputs)
            if isinstance(outputs, Tensor) and scaled is not outputs and self._are_heard:
                self._tell(self._listener.scaled, scaled, outputs)
            return scaled

        return scale

    def _beginning(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __iter__(loader: Any) -> Any:
            iterator = original(loader)
            if self._are_heard:
                self._tell(self._listener.begun, iterator, loader, _length(loader))
            return iterator

        return __iter__

    def _drawing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __next__(iterator: Any) -> Any:
            try:
                batch = original(iterator)
            except StopIteration:
                if self._are_heard:
                    self._tell(self._listener.exhausted, iterator)
                raise
            if self._are_heard:
                self._tell(self._listener.drawn, iterator)
            return batch

        return __next__

    def _criterion(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def criterion(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or torch.is_grad_enabled() or not self._are_heard:
                return original(*args, **kwargs)
            self._inside = True  # a module's value is not measured again as that of its function
            try:
                value = original(*args, **kwargs)
            finally:
                self._inside = False
            self._tell(self._listener.measured, value, _counted(args, kwargs))
            return value

        return criterion


def _counted(args: Any, kwargs: Any) -> int:
    """How many values a criterion has summed up: 1 for a mean."""
    reduction = kwargs.get("reduction", getattr(args[0], "reduction", "mean"))
    target = kwargs.get("target", args[-1] if args else None)
    if reduction != "sum" or not isinstance(target, Tensor):
        return 1
    if target.is_floating_point():
        return target.numel()
    return int((target != kwargs.get("ignore_index", -100)).sum())


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except (TypeError, NotImplementedError):  # an endless one, or a stream
        return None


@contextmanager
def _wrapped(owner: Any, name: str, wrap: Wrap) -> Iterator[None]:
    original = vars(owner).get(name)
    of = getattr(owner, name)
    wrapper = wrap(of)
    if wrapper.__name__ not in _TRACED:
        wrapper = _traced_never(wrapper)
    setattr(owner, name, functools.update_wrapper(wrapper, of))
    try:
        yield
    finally:
        if original is None:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def _traced_never(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that torch.compile leaves alone."""
    function = function if not hasattr(function, "__func__") else functools.partial(function)
    vars(function)["_torchdynamo_disable"] = True
    return function
