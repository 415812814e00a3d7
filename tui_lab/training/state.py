"""A program's whole state, captured and restored bit for bit between two steps.

Restoring into a freshly built program of the same request and going on gives the same numbers as
never having stopped. Branch, resume and replay stand on this. A state is a plain tree of tensors,
numbers, text, lists and dicts, so that it can leave the process; what is more is a dict that says
under `kind` what it is.
"""

from __future__ import annotations

import collections
import copy
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from tui_lab.errors import ExperimentError
from tui_lab.training.generators import (
    python_state,
    python_tuple,
    random_state,
    restore_random,
)
from tui_lab.training.program import Program

State = dict[str, Any]

_IN_PROGRESS = frozenset({"loss", "members", "micro_losses", "records", "turned"})
"""Attributes that live only inside a step."""
_PLAIN = (int, float, str, bool, type(None))


def capture(program: Program) -> State:
    """Everything the program needs to go on, cloned.

    Attributes that start with an underscore are left out: they are what `build` makes again from
    the seed, such as data; functions, loaders and data sets are too. Raises `TypeError` for an
    attribute of a kind that can't be captured.
    """
    attributes = {name: _captured(value, name) for name, value in _attributes(program).items()}
    return {"attributes": attributes, "random": random_state(program.device)}


def restore(program: Program, state: State) -> None:
    """Put a captured state into a built program, in place. Raises `ExperimentError` for the state
    of another program."""
    restoring = _Restoring(program.device)
    for name, saved in state["attributes"].items():
        try:
            setattr(program, name, restoring.into(getattr(program, name, None), saved))
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ExperimentError(
                f"What was kept of {name} does not fit this program, which must be the one the run "
                f"was of ({type(error).__name__}: {error})."
            ) from error
    restore_random(state["random"], program.device)


def _attributes(program: Program) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(program).items()
        if not name.startswith("_") and name not in _IN_PROGRESS
    }


def _captured(value: Any, name: str) -> Any:
    """A value as part of a tree; `name` is the attribute it is found under. Raises `TypeError`."""
    match value:
        case Tensor():
            return _tensor(value)
        case nn.Module():
            return _module(value)
        case torch.Generator() | np.random.Generator() | random.Random():
            return _generator(value)
        case torch.device() | torch.dtype():
            return {"kind": type(value).__name__, "name": str(value).removeprefix("torch.")}
        case np.ndarray():
            return {"kind": "array", "value": torch.from_numpy(value.copy())}
        case np.generic():
            return {"kind": "number", "value": torch.from_numpy(np.array([value]))}
        case SimpleNamespace() | deque() | set() | frozenset() | list() | tuple() | dict():
            return _container(value, name)
        case _ if isinstance(value, _PLAIN):
            return value
    return _object(value, name)


def _object(value: Any, name: str) -> State:
    """What says itself what is its state, or has none."""
    if hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
        state = _captured(dict(value.state_dict()), name)
        return {"kind": "stateful", "class": type(value).__qualname__, "state": state}
    if callable(value) or isinstance(value, DataLoader | Dataset):
        return {"kind": "built"}
    if isinstance(value, Iterator):
        raise TypeError(
            f"{name} is a {type(value).__name__}, in which there is no way back; give the function "
            "that makes it, or an iterable."
        )
    raise TypeError(
        f"{name} holds a {type(value).__name__}, which can't be captured; give it a state_dict, "
        "or start its name with an underscore if build() makes it again."
    )


def _generator(generator: torch.Generator | np.random.Generator | random.Random) -> State:
    match generator:
        case torch.Generator():
            return {"kind": "generator", "state": generator.get_state()}
        case np.random.Generator():
            state = _captured(generator.bit_generator.state, "a generator")
            return {"kind": "numpy generator", "state": state}
    return {"kind": "python generator", "state": python_state(generator.getstate())}


def _container(value: Any, name: str) -> Any:
    """What holds other values, each captured in its turn."""

    def captured(items: Iterable[Any]) -> list[Any]:
        return [_captured(item, name) for item in items]

    match value:
        case SimpleNamespace():
            return {"kind": "namespace", "values": _captured(vars(value), name)}
        case deque():
            return {"kind": "deque", "items": captured(value), "maxlen": value.maxlen}
        case dict():
            items = [captured(pair) for pair in value.items()]
            return {"kind": "dict", "class": type(value).__qualname__, "items": items}
        case set() | frozenset():
            items = captured(sorted(value, key=repr))
            return {"kind": type(value).__name__, "items": items}
    items = captured(value)
    return items if type(value) is list else {"kind": _sequence(value), "items": items}


def _sequence(value: Any) -> str:
    return next(name for name in _SEQUENCES if isinstance(value, _SEQUENCES[name]))


_SEQUENCES: Mapping[str, type[Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_MAPPINGS: Mapping[str, type[dict[Any, Any]]] = {
    "Counter": collections.Counter,
    "OrderedDict": collections.OrderedDict,
}


def _tensor(tensor: Tensor) -> State:
    """Value, gradient and requires_grad of one tensor."""
    return {
        "kind": "tensor",
        "value": tensor.detach().clone(),
        "grad": None if tensor.grad is None else tensor.grad.detach().clone(),
        "requires_grad": tensor.requires_grad and tensor.is_leaf,
        "device": tensor.device.type,
    }


def _module(module: nn.Module) -> State:
    """A module's parameters with their gradients, its buffers and its mode."""
    return {
        "kind": "module",
        "tensors": {name: _tensor(tensor) for name, tensor in _named(module).items()},
        "training": {name: part.training for name, part in module.named_modules()},
    }


def _named(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


class _Restoring:
    """Puts captured values into what a program on `device` has under the same names."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._kinds: Mapping[str, Callable[[Any, State], Any]] = {
            "tensor": self._tensor,
            "generator": self._generator,
            "module": self._module,
            "namespace": self._namespace,
            "stateful": self._stateful,
            "numpy generator": self._numpy_generator,
            "python generator": self._python_generator,
            "built": lambda current, saved: current,
            "array": lambda current, saved: saved["value"].numpy().copy(),
            "number": lambda current, saved: saved["value"].numpy()[0],
            "device": lambda current, saved: torch.device(saved["name"]),
            "dtype": lambda current, saved: getattr(torch, saved["name"]),
            "dict": self._dict,
            "deque": lambda current, saved: deque(self.list(None, saved["items"]), saved["maxlen"]),
            **{name: self._sequence(kind) for name, kind in _SEQUENCES.items()},
        }

    def into(self, current: Any, saved: Any) -> Any:
        """What stands under a name from now on."""
        if isinstance(saved, dict):
            return self._kinds[saved["kind"]](current, saved)
        if isinstance(current, Tensor) and isinstance(saved, int | float):
            return current.detach().fill_(saved)  # what was a number when it was kept
        return self.list(current, saved) if isinstance(saved, list) else saved

    def list(self, current: Any, saved: list[Any]) -> list[Any]:
        matched = isinstance(current, list | tuple) and len(current) == len(saved)
        old = current if matched else [None] * len(saved)
        return [self.into(c, s) for c, s in zip(old, saved, strict=True)]

    def _sequence(self, kind: type[Any]) -> Callable[[Any, State], Any]:
        def restored(current: Any, saved: State) -> Any:
            items = self.list(current, saved["items"])
            is_named = kind is tuple and hasattr(current, "_fields")
            return current._make(items) if is_named else kind(items)

        return restored

    def _dict(self, current: Any, saved: State) -> dict[Any, Any]:
        old = current if isinstance(current, dict) else {}
        pairs = ((self.into(None, key), item) for key, item in saved["items"])
        values = {key: self.into(old.get(key), item) for key, item in pairs}
        if type(old).__qualname__ != saved["class"]:
            return _MAPPINGS.get(saved["class"], dict)(values)
        made = copy.copy(old)  # with what else it knows: a factory of what is missing, say
        made.clear()
        made.update(values)
        return made

    def _tensor(self, current: Any, saved: State) -> Tensor:
        value: Tensor = saved["value"]
        device = self._device if saved["device"] == self._device.type else saved["device"]
        fits = isinstance(current, Tensor) and current.is_leaf and _is_like(current, value)
        tensor: Tensor = current if fits else torch.empty_like(value, device=device)
        with torch.no_grad():
            tensor.copy_(value)
        tensor.requires_grad_(saved["requires_grad"])
        tensor.grad = None if saved["grad"] is None else saved["grad"].to(tensor.device, copy=True)
        return tensor

    def _module(self, current: nn.Module, saved: State) -> nn.Module:
        for name, tensor in _named(current).items():
            if self._tensor(tensor, saved["tensors"][name]) is not tensor:
                raise ValueError(f"{name} has another shape or type")
        for name, part in current.named_modules():
            part.training = saved["training"][name]
        return current

    def _generator(self, current: torch.Generator, saved: State) -> torch.Generator:
        current.set_state(saved["state"])
        return current

    def _numpy_generator(self, current: np.random.Generator, saved: State) -> np.random.Generator:
        current.bit_generator.state = self.into(None, saved["state"])
        return current

    def _python_generator(self, current: random.Random, saved: State) -> random.Random:
        current.setstate(python_tuple(saved["state"]))
        return current

    def _namespace(self, current: SimpleNamespace, saved: State) -> SimpleNamespace:
        vars(current).update(self._dict(vars(current), saved["values"]))
        return current

    def _stateful(self, current: Any, saved: State) -> Any:
        if type(current).__qualname__ != saved["class"]:
            raise TypeError(f"{saved['class']} became {type(current).__qualname__}")
        current.load_state_dict(self.into(None, saved["state"]))
        return current


def _is_like(current: Tensor, value: Tensor) -> bool:
    return current.shape == value.shape and current.dtype == value.dtype
