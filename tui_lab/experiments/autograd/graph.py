"""The graph behind a tensor, walked through `next_functions` as backward walks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor
from torch.autograd.graph import Node

_MOST_NODES = 150
_ACCUMULATE = "AccumulateGrad"


@dataclass(frozen=True)
class Branch:
    """One place in the tree: a node, or an input that needs no gradient."""

    depth: int
    name: str
    """`MulBackward0`; empty for an input that needs no gradient."""
    leaf: str
    """The name of the tensor whose `.grad` is filled here, for an AccumulateGrad."""
    again: bool
    """Whether the node stands further up already."""


def walk(tensor: Tensor, names: Mapping[str, Tensor]) -> list[Branch]:
    """Every node from the tensor's grad_fn down to the leaves; shared nodes are entered once."""
    if tensor.grad_fn is None:
        return []
    found: list[Branch] = []
    for branch in _branches(tensor.grad_fn, 0, names, {}):
        found.append(branch)
        if len(found) == _MOST_NODES:
            break
    return found


def is_accumulation(branch: Branch) -> bool:
    """Whether a gradient ends up in a `.grad` here."""
    return branch.name.endswith(_ACCUMULATE) and not branch.again


def _branches(
    node: Node | None, depth: int, names: Mapping[str, Tensor], seen: dict[int, Node]
) -> Iterator[Branch]:
    if node is None:
        yield Branch(depth, "", "", again=False)
        return
    again = id(node) in seen
    seen[id(node)] = node  # kept alive, so that no other node gets its id
    yield Branch(depth, node.name().rpartition("::")[2], _leaf(node, names), again)
    if not again:
        for following, _ in node.next_functions:
            yield from _branches(following, depth + 1, names, seen)


def _leaf(node: Node, names: Mapping[str, Tensor]) -> str:
    variable = getattr(node, "variable", None)
    if variable is None:
        return ""
    named = (name for name, tensor in names.items() if tensor is variable)
    return next(named, "a tensor without a name now")
