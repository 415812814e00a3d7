"""A program built with other hyperparameters goes on from where another stands: what a branch
stands on.

What the hyperparameters decide is the child's, everything else the parent's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.errors import ExperimentError
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore


def adopt(child: Program, parent: Program, twin: Program, changed: Iterable[str]) -> None:
    """Have `child`, just built, go on from where its `parent` stands, with its own hyperparameters.

    `twin` was just built as the parent was. A number, text or flag in which it differs from the
    child is decided by the hyperparameters and stays the child's; tensors and everything else are
    the parent's. An optimizer of another class begins anew. The child is told of the live
    hyperparameters that are `changed`. Raises `ExperimentError` where a parameter has another
    shape.
    """
    _check_parameters(child, parent)
    restore(child, _merged(capture(parent), capture(child), capture(twin)))
    adopt_parameters(child, parent)
    for name in changed:
        child.hyperparameter_changed(name)


def adopt_parameters(child: Program, parent: Program) -> None:
    """Give a program the parameters of another, with the buffers of its modules, and nothing else
    of it. Raises `ExperimentError` where a parameter has another shape."""
    _check_parameters(child, parent)
    own, buffers = child.parameters(), dict(_buffers(child))
    with torch.no_grad():
        for name, parameter in parent.parameters().items():
            own[name].copy_(parameter)
        for name, buffer in _buffers(parent):
            if name in buffers and buffers[name].shape == buffer.shape:
                buffers[name].copy_(buffer)


def _buffers(program: Program) -> Iterator[tuple[str, Tensor]]:
    """The buffers of the modules a program holds, by attribute and dotted name."""
    for attribute, value in vars(program).items():
        if isinstance(value, nn.Module):
            for name, buffer in value.named_buffers():
                yield f"{attribute}.{name}", buffer


def _check_parameters(child: Program, parent: Program) -> None:
    own = child.parameters()
    for name, parameter in parent.parameters().items():
        shape = own[name].shape if name in own else None
        if shape != parameter.shape:
            there = "is not there" if shape is None else f"is {_by(shape)}"
            raise ExperimentError(
                f"A branch keeps the parameters of its parent: {name} is {_by(parameter.shape)} "
                f"there, and {there} with these values."
            )


def _by(shape: torch.Size) -> str:
    return "×".join(map(str, shape)) or "a scalar"


def _merged(state: Any, built: Any, twin: Any) -> Any:
    """Of the parent's `state` what the hyperparameters do not decide, of the child's, `built`, what
    they do. A tensor that is of another shape is the child's where it was so from the start."""
    if isinstance(state, Tensor) and isinstance(built, Tensor):
        is_decided = isinstance(twin, Tensor) and twin.shape != built.shape
        return built if is_decided else state
    if isinstance(state, dict) and isinstance(built, dict):
        if (state.get("kind"), state.get("class")) != (built.get("kind"), built.get("class")):
            return built
        if built.get("kind") == "number":  # of numpy: its tensor is no more than a number
            return state if torch.equal(built["value"], twin["value"]) else built
        parts = ((key, state.get(key, own), own) for key, own in built.items())
        return {key: _merged(theirs, own, _part(twin, key)) for key, theirs, own in parts}
    if isinstance(state, list) and isinstance(built, list) and len(state) == len(built):
        like = isinstance(twin, list) and len(twin) == len(built)
        twins = twin if like else [None] * len(built)
        return [_merged(*parts) for parts in zip(state, built, twins, strict=True)]
    return state if _equal(built, twin) else built


def _part(tree: Any, key: str) -> Any:
    return tree.get(key) if isinstance(tree, dict) else None


def _equal(built: Any, twin: Any) -> bool:
    """Whether two trees are the same but for the numbers in their tensors."""
    if isinstance(built, Tensor):
        return isinstance(twin, Tensor) and built.shape == twin.shape
    if isinstance(built, dict):
        same = isinstance(twin, dict) and built.keys() == twin.keys()
        return same and all(_equal(part, twin[key]) for key, part in built.items())
    if isinstance(built, list):
        same = isinstance(twin, list) and len(built) == len(twin)
        return same and all(map(_equal, built, twin))
    return type(built) is type(twin) and (built == twin or built != built)
