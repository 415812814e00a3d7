"""Data for the pictures of gradient flow: a value per layer, chains, products."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from tui_lab.experiments.gradient_flow.chains import Chain, Products

Layers = dict[str, Mapping[str, Any]]


def layer_bars(values: Tensor) -> Mapping[str, Any]:
    """A bar for each layer, the first at the left."""
    return {"values": values.tolist(), "labels": [str(n) for n in range(1, len(values) + 1)]}


def chain_lines(sigmoids: Chain, powers: Chain) -> Layers:
    """|derivative| of both chains after each layer."""
    return {
        "line σ(σ(…))": _counted(sigmoids.by_autograd),
        "line w·(w·(…))": _counted(powers.by_autograd),
        "points product of σ′": _counted(sigmoids.by_product),
        "points wⁿ": _counted(powers.by_product),
    }


def product_lines(products: Products) -> Layers:
    """The first product as it grows, and e to the theoretical growth."""
    count = len(products.largest)
    # e^709 is the last power a float64 can hold.
    expected = [math.exp(min(products.theory * n, 709.0)) for n in range(1, count + 1)]
    return {
        "line max |entry|, float64": _counted(products.largest),
        "line theory": {"x": list(range(1, count + 1)), "y": expected},
        "points norm, float32": _counted(products.norms32),
    }


def product_table(products: Products) -> Layers:
    """The first product entry by entry, then what all of them have in common."""
    size = len(products.last)
    rows: list[list[object]] = [
        [f"row {i + 1}", *row] for i, row in enumerate(products.last.tolist())
    ]
    figures: dict[str, object] = {
        "log growth per matrix, measured": products.growth.mean().item(),
        "… in theory": products.theory,
        "max |entry|, float64": products.largest[-1].item(),
        "norm, float32": products.norms32[-1].item(),
        "share with an infinite float32 norm": products.infinite_norms,
        "share with an infinite float32 entry": products.infinite_entries,
    }
    rows += [[name, value, *[""] * (size - 1)] for name, value in figures.items()]
    columns = ["first product", *(f"column {j + 1}" for j in range(size))]
    return {"table": {"columns": columns, "rows": rows}}


def _counted(values: Tensor) -> Mapping[str, Any]:
    return {"x": list(range(1, len(values) + 1)), "y": values.abs().tolist()}
