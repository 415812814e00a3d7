"""The Frobenius norm of a random matrix by three routes that must agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from tui_lab.training.linear_model import normal

_COLUMNS = ["route", "value", "minus the first"]


class FrobeniusNorm:
    """√ΣA², √tr(AᵀA) and √Σσ² of a matrix of draws from N(0, 1), in float64 on the CPU."""

    def __init__(self, rows: int, columns: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.matrix = normal((rows, columns), 1.0, generator, torch.float64)
        sigma = torch.linalg.svdvals(self.matrix)
        self.routes = {
            "√Σ aᵢⱼ², the entries": float(self.matrix.square().sum().sqrt()),
            "√tr(AᵀA), the trace": float((self.matrix.T @ self.matrix).trace().sqrt()),
            "√Σ σᵢ², the singular values": float(sigma.square().sum().sqrt()),
        }
        """The three values by the name of their route."""
        self.others = {
            "tr(AᵀA), its square": float((self.matrix.T @ self.matrix).trace()),
            "largest σ, the spectral norm": float(sigma.amax()),
            "Σ σᵢ, the nuclear norm": float(sigma.sum()),
        }
        """What is not the Frobenius norm."""

    @property
    def largest_difference(self) -> float:
        """Between any two of the three routes."""
        return max(self.routes.values()) - min(self.routes.values())

    def picture(self) -> Mapping[str, Mapping[str, Any]]:
        """The routes with their differences from the first, and what is another number."""
        first = next(iter(self.routes.values()))
        rows = [[name, value, value - first] for name, value in self.routes.items()]
        rows += [[f"not it: {name}", value, value - first] for name, value in self.others.items()]
        return {"table": {"columns": _COLUMNS, "rows": rows}}
