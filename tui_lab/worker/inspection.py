"""One parameter opened to its numbers, and the graph behind a loss: small, whatever their size."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from tui_lab.inspection import BINS, MOST_NODES, WHOLE

_EDGE = 2
"""Rows and columns at each edge of a matrix that make its corners."""
_DIGITS = 5
"""Of a number that is one of many."""
_PART = 1 << 20
"""Numbers that are sorted into a histogram at a time, so that it takes no room to speak of."""
_REASON = 120
"""Characters of what torch says."""


def parameter_shown(parameter: Tensor, before: Tensor | None) -> dict[str, Any]:
    """`shape`, `dtype` and `tensors` of a `ParameterShown`; `before` is the value from before the
    step, None where it was not kept."""
    tensors = {
        "value": contents_of(parameter),
        "grad": _gradient(parameter),
        "change": _change(parameter, before),
    }
    return {
        "shape": [] if is_lazy(parameter) else list(parameter.shape),
        "dtype": str(parameter.dtype).removeprefix("torch."),
        "tensors": tensors,
    }


def contents_of(tensor: Tensor) -> dict[str, Any]:
    """What a tensor holds, as `ParameterShown` has it."""
    if is_lazy(tensor):
        return {"note": "no values before the first forward pass"}
    if tensor.is_meta:
        return {"note": "on the meta device, without values"}
    if tensor.layout is not torch.strided or tensor.is_complex():
        return {"note": "sparse" if not tensor.is_complex() else "complex numbers"}
    try:
        return _contents(tensor.detach())
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        return {"note": f"torch can't read it ({str(error).splitlines()[0][:_REASON]})"}


def graph_nodes(loss: Any, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The nodes of a `GraphShown`, those nearest to the loss first; none where the loss hangs on no
    graph. `names` are those of the parameters by their `id`."""
    root = getattr(loss, "grad_fn", None)
    waiting: deque[tuple[Any, int]] = deque([(root, -1)] if root is not None else [])
    nodes: list[dict[str, Any]] = []
    seen: set[Any] = set()
    while waiting:
        node, parent = waiting.popleft()
        if len(nodes) == MOST_NODES:
            nodes[parent]["more"] += 1
            continue
        again = node in seen
        nodes.append(_node(node, parent, names, again=again))
        if not again:
            seen.add(node)
            waiting.extend((each, len(nodes) - 1) for each, _ in node.next_functions if each)
    return nodes


def _node(node: Any, parent: int, names: Mapping[int, str], *, again: bool) -> dict[str, Any]:
    leaf = getattr(node, "variable", None)
    return {
        "name": type(node).__name__,
        "parent": parent,
        "of": "" if leaf is None else names.get(id(leaf), _shape_words(leaf)),
        "again": again,
        "more": 0,
    }


def _shape_words(leaf: Tensor) -> str:
    return f"a tensor of shape {'×'.join(map(str, leaf.shape)) or '1'}"


def _gradient(parameter: Tensor) -> dict[str, Any]:
    if not (parameter.is_leaf or parameter.retains_grad):
        return {"note": "computed from others: has no .grad of its own"}
    return {"note": "None"} if parameter.grad is None else contents_of(parameter.grad)


def _change(parameter: Tensor, before: Tensor | None) -> dict[str, Any]:
    if before is None:
        return {"note": "not kept from before the step"}
    try:
        return contents_of(parameter.detach() - before)
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        return {"note": f"torch can't subtract it ({str(error).splitlines()[0][:_REASON]})"}


def _contents(tensor: Tensor) -> dict[str, Any]:
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    values = tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()
    size = values.numel()
    figures, finite = _figures(values) if size else ({"size": 0}, values)
    if size <= WHOLE:
        return {**figures, "values": _numbers(values), "columns": _width(values)}
    matrix = values.reshape(1, -1) if min(_matrix(values).shape) == 1 else _matrix(values)
    return {**figures, **_corners(matrix), "counts": _counts(finite, figures)}


def _figures(values: Tensor) -> tuple[dict[str, Any], Tensor]:
    """The figures, and those of the values that are finite: as a rule all of them, which their
    extremes tell."""
    size, nan, inf = values.numel(), 0, 0
    low, high, mean, filled = _read(values)
    if not (math.isfinite(low) and math.isfinite(high)):
        nan = int(torch.count_nonzero(values.isnan()))
        values = values[values.isfinite()]
        inf = size - nan - values.numel()
        low, high, mean, _ = _read(values) if values.numel() else [math.nan] * 4
    of_range = (low, high, mean) if values.numel() else (None, None, None)
    figures = dict(zip(("min", "max", "mean"), of_range, strict=True))
    return {"size": size, **figures, "zeros": 1 - filled / size, "nan": nan, "inf": inf}, values


def _read(values: Tensor) -> list[float]:
    """Least, greatest, mean, and how many are not 0, with one copy from the device."""
    taken = (
        values.amin(),
        values.amax(),
        values.mean(dtype=torch.float64),
        torch.count_nonzero(values),
    )
    read: list[float] = torch.stack([figure.double() for figure in taken]).tolist()
    return read


def _counts(values: Tensor, figures: Mapping[str, Any]) -> list[int]:
    """How many lie in each of `BINS` equal parts of the range; none where there is no range."""
    low, high = figures["min"], figures["max"]
    if low is None or not low < high:
        return []
    counts = torch.zeros(BINS, dtype=torch.int64, device=values.device)
    for part in values.flatten().split(_PART):
        shares = (part.double() - low) / (high - low)
        counts += torch.bincount((shares * BINS).long().clamp(0, BINS - 1), minlength=BINS)
    return [int(count) for count in counts.tolist()]


def _matrix(values: Tensor) -> Tensor:
    """As rows and columns: the first dimension, and all others."""
    return values.reshape(values.shape[0], -1) if values.dim() > 1 else values.reshape(1, -1)


def _width(values: Tensor) -> int:
    rows, columns = _matrix(values).shape if values.numel() else (1, 0)
    return int(columns if columns > 1 else rows)


def _corners(matrix: Tensor) -> dict[str, Any]:
    rows, columns = matrix.shape
    edge = _EDGE if rows > 1 else 2 * _EDGE
    down = _edges(rows, _EDGE)
    across = _edges(columns, edge)
    corners = matrix[torch.tensor(down)][:, torch.tensor(across)]
    return {"values": _numbers(corners), "columns": len(across), "rows": rows, "of": columns}


def _edges(length: int, edge: int) -> Sequence[int]:
    return range(length) if length <= 2 * edge else (*range(edge), *range(length - edge, length))


def _numbers(values: Tensor) -> list[float]:
    return [float(f"{number:.{_DIGITS}g}") for number in values.double().flatten().tolist()]
