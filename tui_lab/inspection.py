"""What someone sees who opens a parameter, or the graph behind the loss, of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui_lab import checks

WHOLE = 24
"""Numbers of a tensor that is shown whole; of a larger one its histogram and its corners."""
BINS = 16
"""Of a histogram."""
TENSORS = ("value", "grad", "change")
"""What is shown of a parameter: itself, its `.grad`, how far it has moved in the step."""
MOST_NODES = 64
"""Of a graph."""


@dataclass(frozen=True, kw_only=True)
class ParameterShown:
    """What `parameter` held after `phase` of `step`, or, where that is empty, after the whole step.

    Each of `tensors`, by its name in `TENSORS`: `{"size", "min", "max", "mean" (of what is finite),
    "zeros" (a share), "nan", "inf" (counts)}`, and `"values"` row by row, `"columns"` of them in a
    row: all there are, or, with `"rows"`, the corners of a matrix of so many rows and `"of"` so
    many columns, besides the `"counts"` of a histogram between min and max. One that can't be read
    has but a `"note"` that says why. An empty `parameter`: none is open any more.
    """

    t: float
    step: int
    phase: str
    parameter: str
    shape: Sequence[int] = ()
    dtype: str = ""
    tensors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GraphShown:
    """The graph behind the loss after `phase` of `step`, from the loss towards its leaves.

    Each of `nodes`: `{"name": the class of its grad_fn, "parent": place of the node it is an input
    of, -1 for the first, "of": the name or the shape of a leaf, "again": whether it stands further
    up already, "more": inputs that are left out}`.
    """

    t: float
    step: int
    phase: str
    nodes: Sequence[Mapping[str, Any]]


TENSOR: Mapping[str, checks.Check] = {
    **dict.fromkeys(("size", "nan", "inf", "columns", "rows", "of"), checks.whole),
    **dict.fromkeys(("min", "max", "mean", "zeros"), checks.optional(checks.measured)),
    "values": checks.listed(checks.measured),
    "counts": checks.steps,
    "note": checks.text,
}
NODE: Mapping[str, checks.Check] = {
    "name": checks.name,
    "parent": lambda value: checks.whole(value, -1),
    "of": checks.name,
    "again": checks.flag,
    "more": checks.whole,
}
