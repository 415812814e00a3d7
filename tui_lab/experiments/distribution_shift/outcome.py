"""What one kind of shift came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

Layers = dict[str, Mapping[str, Any]]

MOST_POINTS = 300
"""Points of one kind that a picture shows; the draws are independent, so that the first will do."""


@dataclass(frozen=True)
class Outcome:
    """Metrics by key and layers by the title of the picture they belong to."""

    metrics: dict[str, float]
    pictures: dict[str, Layers]


def xy(x: Tensor, y: Tensor) -> Mapping[str, Any]:
    """A layer of points or of a line."""
    return {"x": x.tolist(), "y": y.tolist()}


def bars(values: Mapping[str, float], reference: float | None = None) -> Layers:
    """A bar for each value under its name, perhaps with one and the same mark on each."""
    layer: dict[str, Any] = {"values": list(values.values()), "labels": list(values)}
    if reference is not None:
        layer["reference"] = [reference] * len(values)
    return {"bars": layer}


def table(columns: list[str], rows: list[list[object]]) -> Layers:
    """The layer of a table."""
    return {"table": {"columns": columns, "rows": rows}}
