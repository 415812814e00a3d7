"""Data for the pictures of linear regression: points, fitted lines, loss contours, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.batches import Batches

Layers = dict[str, Mapping[str, Any]]

_MOST_POINTS = 500
"""Points a terminal can still tell apart in one scatter."""
_MOST_POINTS_IN_ALL = 4000
"""Points of all features together, for they are logged together."""
_GRID = 41
"""Points along each side of a contour's grid."""
_ROWS = 10
"""Examples shown of the first batch."""
_EPOCHS, _BATCHES, _INDICES = 2, 6, 10
"""Epochs, first batches of each, and indices of each that are listed."""
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def labelled_points(X: Tensor, y: Tensor) -> Layers:
    """Each feature against the label. The examples are independent draws, so that the first ones
    are as good a sample as any and no random number is spent on it."""
    count = min(_MOST_POINTS, _MOST_POINTS_IN_ALL // X.shape[1])
    labels = y[:count, 0].tolist()
    columns = X[:count].T.tolist()
    return {
        f"points/{subscripted('x', j)}": {"x": column, "y": labels}
        for j, column in enumerate(columns, start=1)
    }


def feature_ranges(X: Tensor) -> Tensor:
    """Smallest, largest and mean value of each feature, a row each."""
    return torch.stack((X.amin(0), X.amax(0), X.mean(0)))


def fitted_lines(ranges: Tensor, w: Tensor, b: Tensor) -> Layers:
    """ŷ along each feature, with all the others at their means."""
    low, high, mean = ranges
    rest = b + w @ mean - w * mean
    ends = torch.stack((low, high, rest + w * low, rest + w * high), dim=1).tolist()
    return {
        f"line/{subscripted('x', j)}": {"x": [x0, x1], "y": [y0, y1]}
        for j, (x0, x1, y0, y1) in enumerate(ends, start=1)
    }


def loss_contours(
    X: Tensor, y: Tensor, *, start: Tensor, true: Tensor, scale: float
) -> dict[str, Layers]:
    """The loss `scale` × mean (ŷ − y)² over (w₁, w₂) and over (w₁, b), all else at its true value.

    `start` and `true` are parameters with the bias last.
    """
    y = y.double()
    X = torch.cat((X.double(), torch.ones_like(y)), dim=1)
    start, true = start.double(), true.double()
    bias = len(true) - 1
    contours = {"path of (w₁, b)": _contour(X, y, (0, bias), start, true, scale)}
    if bias >= 2:
        contours["path of (w₁, w₂)"] = _contour(X, y, (0, 1), start, true, scale)
    return contours


def error_pictures(true: Tensor, learned: Tensor) -> dict[str, Layers]:
    """True − learned as bars and as a table; both vectors have the bias last."""
    names = [subscripted("w", j) for j in range(1, len(true))] + ["b"]
    errors = (true - learned).tolist()
    rows = [list(row) for row in zip(names, true.tolist(), learned.tolist(), errors, strict=True)]
    columns = ["parameter", "true", "learned", "true − learned"]
    return {
        "errors": {"bars": {"values": errors, "labels": names}},
        "true and learned": {"table": {"columns": columns, "rows": rows}},
    }


def first_batch(batches: Batches) -> Layers:
    """The mini-batch the first step will see, looked up with a copy of the generator."""
    X, y = next(iter(_ahead(batches, batches.tensors)))
    columns = [subscripted("x", j) for j in range(1, X.shape[1] + 1)] + ["y"]
    return {"table": {"columns": columns, "rows": torch.cat((X, y), dim=1)[:_ROWS].tolist()}}


def mini_batches(batches: Batches, epochs: int) -> Layers:
    """Which examples go into which mini-batch: the batch iterator itself, run ahead of training
    on the examples' numbers, call by call."""
    ahead = _ahead(batches, (torch.arange(batches.examples),))
    shown = range(1, min(epochs, _EPOCHS) + 1)
    rows = [[epoch, *call] for epoch in shown for call in _calls(ahead)]
    columns = ["epoch", "call", "batch", "size", "left", "indices"]
    return {"table": {"columns": columns, "rows": rows}}


def _calls(batches: Batches) -> Iterator[list[Any]]:
    """One epoch: iter(), the first calls of next() and the last two; those between are skipped."""
    iterator = iter(batches)
    yield ["iter()", "", "", _left(batches), _listed(batches.order)]
    count = len(batches)
    for number in sorted({*range(1, min(count, _BATCHES) + 1), count}):
        if number > _BATCHES + 1:
            yield ["…", "", "", "", ""]
            batches.position = (number - 1) * batches.batch_size
            iterator = iter(batches)
        [indices] = next(iterator)
        yield ["next()", number, len(indices), _left(batches), _listed(indices)]
    try:
        next(iterator)
    except StopIteration as end:
        yield ["next()", "", "", _left(batches), type(end).__name__]


def _left(batches: Batches) -> int:
    return batches.examples - batches.position


def _listed(indices: Tensor | None) -> str:
    if indices is None:
        return "no order yet"
    more = " …" if len(indices) > _INDICES else ""
    return " ".join(map(str, indices[:_INDICES].tolist())) + more


def _ahead(batches: Batches, tensors: tuple[Tensor, ...]) -> Batches:
    """Batches of `tensors` in the order that `batches` will have, whose generator stays put."""
    generator = torch.Generator()
    generator.set_state(batches.generator.get_state())
    return Batches(tensors, batches.batch_size, generator, shuffle=batches.shuffle)


def subscripted(letter: str, index: int) -> str:
    """`x₁₂` from `x` and 12."""
    return letter + str(index).translate(_SUBSCRIPTS)


def _contour(
    X: Tensor, y: Tensor, pair: tuple[int, int], start: Tensor, true: Tensor, scale: float
) -> Layers:
    chosen = list(pair)
    x_axis, y_axis = _axes(start[chosen], true[chosen])
    others = true.clone()
    others[chosen] = 0
    z = scale * _mean_square(X[:, chosen], y - X @ others.unsqueeze(1), x_axis, y_axis)
    field = {"x": x_axis.tolist(), "y": y_axis.tolist(), "z": z.tolist()}
    points = {"start": start[chosen].tolist(), "true": true[chosen].tolist()}
    named = {f"points/{name}": {"x": [x], "y": [y]} for name, (x, y) in points.items()}
    return {"field": field, **named}


def _axes(start: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """Grid lines that hold start and end with the same room around them on every side."""
    room = 0.35 * max(float((start - true).abs().max()), 1.0)
    low, high = torch.minimum(start, true) - room, torch.maximum(start, true) + room
    first, second = (
        torch.linspace(float(a), float(b), _GRID, dtype=torch.float64, device=start.device)
        for a, b in zip(low, high, strict=True)
    )
    return first, second


def _mean_square(A: Tensor, r: Tensor, x_axis: Tensor, y_axis: Tensor) -> Tensor:
    """mean (A p − r)² for each p = (x, y) of the grid, a row per y; from the moments of A and r,
    so that its cost does not grow with the grid times the examples."""
    n = len(A)
    moments, cross, square = A.T @ A / n, A.T @ r / n, (r * r).mean()
    p = torch.cartesian_prod(y_axis, x_axis).flip(1)
    values = (p @ moments * p).sum(1) - 2 * (p @ cross).squeeze(1) + square
    return values.clamp_min(0).view(len(y_axis), len(x_axis))
