"""Data for the pictures of gradient accumulation."""

from __future__ import annotations

from typing import Any

from torch import Tensor

_MOST_PIECES = 64
_MOST_PARAMETERS = 200
"""More bars than a terminal has columns show nothing more."""


def gradient_bars(accumulated: Tensor, whole: Tensor) -> dict[str, Any]:
    """The accumulated gradient with the right one as reference."""
    values, reference = (g[:_MOST_PARAMETERS].tolist() for g in (accumulated, whole))
    return {"values": values, "reference": reference}


def weight_bars(sizes: list[int], weights: list[float]) -> dict[str, Any]:
    """The weight of each piece, labelled with its size, and n/N as reference."""
    shown, right = sizes[:_MOST_PIECES], [size / sum(sizes) for size in sizes]
    labels = [f"n={size}" for size in shown]
    return {"values": weights[:_MOST_PIECES], "reference": right[:_MOST_PIECES], "labels": labels}


def memory_bars(big: float, micro: float) -> dict[str, Any]:
    """Peak bytes of both."""
    return {"values": [big, micro], "labels": ["whole batch", "in pieces"]}


def piece_table(sizes: list[int], weights: list[float]) -> dict[str, Any]:
    """Sizes and weights, a row a piece."""
    total = sum(sizes)
    rows = [
        [number, size, weight, size / total, weight / size * total]
        for number, (size, weight) in enumerate(zip(sizes, weights, strict=True), start=1)
    ]
    columns = ["piece", "examples", "weight", "n/N", "an example counts"]
    return {"columns": columns, "rows": rows[:_MOST_PIECES]}
