"""Where in a step the first number arose that is not finite."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from tui_lab.training.program import Program

_TORCH = str(Path(torch.__file__).parent)
_UNSEEN = (_TORCH, str(Path(__file__).parent))
"""Where no line of a program is: torch, and those who look at a step."""
_GIVEN = "what the step was given"


class Origin(TorchFunctionMode):
    """Looks at every operation of a step while entered; enter it around each `next` of the step.

    It synchronises with the device at each, so it is for a step that is taken again because its
    loss or a gradient was not finite. It changes no number.
    """

    def __init__(self, program: Program) -> None:
        super().__init__()
        self._program = program
        self._modules = dict(modules(program))
        self._born: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        """Where what is not finite in a tensor came from, by tensor."""
        self._uses: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        """The first operation that a leaf went into."""
        self._missed = ""
        """The first operation that could not be looked at."""
        self._backward = ""
        """The operation whose backward first gave a gradient that is not finite."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in ("__get__", "__set__", "backward") or torch.compiler.is_compiling():
            return func(*args, **(kwargs or {}))
        inputs, came_from = list[Tensor](), ""
        with self._harmless(name):
            inputs = [t for t in _tensors((args, kwargs or {})) if t.is_floating_point()]
            came_from = next((self._source(t) for t in inputs if not _finite(t)), "")
        result = func(*args, **(kwargs or {}))
        with self._harmless(name):
            place = self._place(name)
            for output in _tensors(result):
                if output.is_floating_point() and not _finite(output):
                    self._born.setdefault(output, came_from or place)
            self._follow(inputs, place)
        return result

    @property
    def sentence(self) -> str:
        """What is not finite and where it arose first; empty when the loss and each gradient are
        finite."""
        loss = getattr(self._program, "loss", None)
        if isinstance(loss, Tensor) and not _finite(loss):
            return f"loss is {_word(loss)}: first in {self._born.get(loss, self._missed or _GIVEN)}"
        gradients = {name: p for name, p in self._program.parameters().items() if _is_bad(p)}
        if not gradients:
            return ""
        name, parameter = list(gradients.items())[-1]
        unseen = self._missed or "an operation that was not seen"
        place = self._backward or self._uses.get(parameter, unseen)
        found = _word(cast(Tensor, parameter.grad))
        return f"gradient of {name} is {found}: first in the backward of {place}"

    def _source(self, tensor: Tensor) -> str:
        """Where a tensor that is not finite had that from."""
        for name, parameter in self._program.parameters().items():
            if parameter is tensor:
                return f"parameter {name}, which was so before the step"
        return cast(str, self._born.get(tensor, self._missed or _GIVEN))

    def _follow(self, inputs: list[Tensor], place: str) -> None:
        """Be told when the gradient of an input comes back not finite."""
        if not torch.is_grad_enabled():
            return
        for tensor in (tensor for tensor in inputs if tensor.requires_grad):
            if tensor.is_leaf:
                self._uses.setdefault(tensor, place)
            else:
                tensor.register_hook(lambda gradient: self._saw(gradient, place))

    def _saw(self, gradient: Tensor, place: str) -> None:
        with self._harmless(place):
            if not self._backward and not _finite(gradient):
                self._backward = place

    @contextmanager
    def _harmless(self, place: str) -> Iterator[None]:
        """What can't be looked at, whatever it is made of, is named instead of what it gave."""
        try:
            yield
        except Exception as error:
            why = f"looking raised {type(error).__name__}"
            self._missed = self._missed or f"what could not be looked at, {place} ({why})"

    def _place(self, name: str) -> str:
        """The operation, the module it stands in, and the line of the program that asked for it."""
        frame: FrameType | None = sys._getframe(2)
        module = ""
        while frame is not None and frame.f_code.co_filename.startswith(_UNSEEN):
            owner = frame.f_locals.get("self")
            if not module and isinstance(owner, nn.Module):
                module = self._modules.get(owner, "")
            frame = frame.f_back
        if frame is None:
            return name
        if not module:
            module = self._modules.get(frame.f_locals.get("self"), "")
        line = f"{Path(frame.f_code.co_filename).name} line {frame.f_lineno}"
        return f"{module} ({name}, {line})" if module else f"{name} ({line})"


def modules(program: Program) -> Iterator[tuple[Any, str]]:
    """Each module of a program with its dotted name."""
    for attribute, value in getattr(program, "__dict__", {}).items():
        if isinstance(value, nn.Module):
            for name, module in value.named_modules(prefix=attribute):
                yield module, name


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested arguments."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)


def _finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor.detach()).all())


def _is_bad(parameter: Tensor) -> bool:
    return parameter.is_leaf and parameter.grad is not None and not _finite(parameter.grad)


def _word(tensor: Tensor) -> str:
    return "nan" if bool(torch.isnan(tensor).any()) else "inf"
