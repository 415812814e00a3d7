"""A program's whole state, captured and restored bit for bit between two steps.

Restoring into a freshly built program of the same request and going on gives the same numbers as
never having stopped. Branch, resume and replay stand on this.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.training.program import Program

State = dict[str, Any]

_IN_PROGRESS = frozenset({"loss", "records"})
"""Attributes that live only inside a step."""
_PLAIN = (int, float, str, bool, type(None), torch.device, torch.dtype)


def capture(program: Program) -> State:
    """Everything the program needs to go on, cloned.

    Attributes that start with an underscore are left out: they are what `build` makes again from
    the seed, such as data. Raises `TypeError` for an attribute of a kind that can't be captured.
    """
    attributes = {name: _capture(value, name) for name, value in _attributes(program).items()}
    return {"attributes": attributes, "random": _random_state(program.device)}


def restore(program: Program, state: State) -> None:
    """Put a captured state into a built program, in place."""
    for name, saved in state["attributes"].items():
        setattr(program, name, _restore(getattr(program, name, None), saved))
    torch.set_rng_state(state["random"]["cpu"])
    if program.device.type == "cuda":
        torch.cuda.set_rng_state(state["random"]["cuda"], program.device)


def _attributes(program: Program) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(program).items()
        if not name.startswith("_") and name not in _IN_PROGRESS
    }


def _random_state(device: torch.device) -> State:
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def _capture(value: Any, name: str) -> Any:
    match value:
        case Tensor():
            return _Tensor(value)
        case torch.Generator():
            return _Generator(value)
        case nn.Module():
            return _Module(value)
        case SimpleNamespace():
            return _Namespace(value)
        case list() | tuple():
            return type(value)(_capture(item, name) for item in value)
        case dict():
            return {key: _capture(item, name) for key, item in value.items()}
        case _ if isinstance(value, _PLAIN):
            return value
        case _ if hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
            return _Stateful(value)
    raise TypeError(
        f"{name} holds a {type(value).__name__}, which can't be captured; give it a state_dict, "
        "or start its name with an underscore if build() makes it again."
    )


def _restore(current: Any, saved: Any) -> Any:
    match saved:
        case _Saved():
            return saved.into(current)
        case list() | tuple():
            matched = isinstance(current, list | tuple) and len(current) == len(saved)
            old = current if matched else [None] * len(saved)
            return type(saved)(_restore(c, s) for c, s in zip(old, saved, strict=True))
        case dict():
            old = current if isinstance(current, dict) else {}
            return {key: _restore(old.get(key), item) for key, item in saved.items()}
    return saved


class _Saved:
    """A copy of one object's state that can be put back into a live object."""

    def into(self, current: Any) -> Any:
        raise NotImplementedError


class _Tensor(_Saved):
    """Value, gradient and requires_grad of one tensor."""

    def __init__(self, tensor: Tensor) -> None:
        self.value = tensor.detach().clone()
        self.grad = None if tensor.grad is None else tensor.grad.detach().clone()
        self.requires_grad = tensor.requires_grad and tensor.is_leaf

    def into(self, current: Any) -> Tensor:
        tensor = current if _fits(current, self.value) else torch.empty_like(self.value)
        with torch.no_grad():
            tensor.copy_(self.value)
        tensor.requires_grad_(self.requires_grad)
        tensor.grad = None if self.grad is None else self.grad.clone()
        return tensor


class _Module(_Saved):
    """A module's parameters with their gradients, its buffers and its mode."""

    def __init__(self, module: nn.Module) -> None:
        self.tensors = {name: _Tensor(tensor) for name, tensor in _named(module).items()}
        self.training = {name: part.training for name, part in module.named_modules()}

    def into(self, current: nn.Module) -> nn.Module:
        for name, tensor in _named(current).items():
            self.tensors[name].into(tensor)
        for name, part in current.named_modules():
            part.training = self.training[name]
        return current


class _Generator(_Saved):
    """The position of a random number generator."""

    def __init__(self, generator: torch.Generator) -> None:
        self.state = generator.get_state()

    def into(self, current: torch.Generator) -> torch.Generator:
        current.set_state(self.state)
        return current


class _Namespace(_Saved):
    """Plain values under names, as the hyperparameters are."""

    def __init__(self, namespace: SimpleNamespace) -> None:
        self.values = dict(vars(namespace))

    def into(self, current: SimpleNamespace) -> SimpleNamespace:
        vars(current).update(self.values)
        return current


class _Stateful(_Saved):
    """Anything that saves itself: optimizers, schedulers, batches."""

    def __init__(self, value: Any) -> None:
        self.state = copy.deepcopy(value.state_dict())

    def into(self, current: Any) -> Any:
        current.load_state_dict(copy.deepcopy(self.state))
        return current


def _named(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _fits(current: Any, value: Tensor) -> bool:
    return (
        isinstance(current, Tensor)
        and current.is_leaf
        and current.shape == value.shape
        and current.dtype == value.dtype
        and current.device == value.device
    )
