"""Data for the pictures of a sweep: losses against λ, bands, ridge beside SGD, choices of λ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tui_lab.decimals import shortest
from tui_lab.experiments.lambda_sweep.grid import place_of_zero
from tui_lab.experiments.lambda_sweep.summary import Losses, band, select

Layers = dict[str, Mapping[str, Any]]

_ZERO = 1e-20
"""A loss below this is what rounding leaves of 0 in float64: the closed form at λ = 0."""


@dataclass(frozen=True)
class Sweep:
    """The state of a sweep, all on the CPU: what its pictures are drawn from."""

    lambdas: list[float]
    losses: Losses
    gone: Tensor
    """Which runs have diverged (repetitions, λs)."""
    ridge: Losses | None
    """Losses of the closed form, where there is one."""

    @property
    def axis(self) -> list[float]:
        """The λ as they stand on a log axis."""
        return [place_of_zero(self.lambdas), *self.lambdas[1:]]


def sweep_pictures(sweep: Sweep) -> dict[str, Layers]:
    """All pictures but the curves."""
    return {
        "loss against λ": _against_lambda(sweep),
        "bands": _bands(sweep),
        "ridge beside SGD": _ridge_beside_sgd(sweep),
        "λ chosen by each repetition": _choices(sweep),
        "sweep": _table(sweep),
    }


def _against_lambda(sweep: Sweep) -> Layers:
    kept, chosen = ~sweep.gone, int(select(sweep.losses).chosen)
    bands = {name: band(losses, kept) for name, losses in sweep.losses.sets().items()}
    lines = {f"line {name}": _line(sweep, mean) for name, (mean, _, _) in bands.items()}
    _, low, high = (_line(sweep, edge) for edge in bands["test"])
    shown = [y for layer in lines.values() for y in layer["y"] if math.isfinite(y)]
    lowest, highest = min(shown, default=1.0), max(shown, default=1.0)
    return {
        "points diverged": _diverged(sweep, above=10 * highest),
        "line chosen": {"x": [sweep.axis[chosen]] * 2, "y": [lowest, highest]},
        **lines,
        "band test 5-95 %": {"x": low["x"], "low": low["y"], "high": high["y"]},
    }


def _diverged(sweep: Sweep, *, above: float) -> Mapping[str, Any]:
    """A mark at every λ with a run that diverged; nothing while there is none."""
    gone = sweep.gone.any(0).tolist()
    places = [x for x, any_gone in zip(sweep.axis, gone, strict=True) if any_gone]
    return {"x": places, "y": [above] * len(places)} if places else {}


def _bands(sweep: Sweep) -> Layers:
    layers: Layers = {}
    for name, losses in sweep.losses.sets().items():
        edges = zip(("mean", "5 %", "95 %"), band(losses, ~sweep.gone), strict=True)
        layers |= {f"line {edge}/{name}": _line(sweep, values) for edge, values in edges}
    return layers


def _ridge_beside_sgd(sweep: Sweep) -> Layers:
    if sweep.ridge is None:
        return {}
    kept, every = ~sweep.gone, torch.ones_like(sweep.gone)
    means = {
        "SGD train": band(sweep.losses.train, kept)[0],
        "SGD test": band(sweep.losses.test, kept)[0],
        "ridge train": band(sweep.ridge.train, every)[0],
        "ridge test": band(sweep.ridge.test, every)[0],
    }
    return {f"line {name}": _line(sweep, mean) for name, mean in means.items()}


def _choices(sweep: Sweep) -> Layers:
    labels = [shortest(value) for value in sweep.lambdas]
    chosen, best = _counts(sweep)
    return {"bars": {"values": chosen, "labels": labels, "reference": best}}


def _table(sweep: Sweep) -> Layers:
    """Means over all runs, those that diverged too."""
    means = [losses.mean(0).tolist() for losses in sweep.losses.sets().values()]
    every = torch.ones_like(sweep.gone)
    _, low, high = (edge.tolist() for edge in band(sweep.losses.test, every))
    columns = {
        "λ": sweep.lambdas,
        **dict(zip(("train", "validation", "test"), means, strict=True)),
        **dict(zip(("chosen", "best"), _counts(sweep), strict=True)),
        "diverged": sweep.gone.sum(0).tolist(),
        "test 5 %": low,
        "test 95 %": high,
    }
    if sweep.ridge is not None:
        columns["ridge test"] = sweep.ridge.test.mean(0).tolist()
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return {"table": {"columns": list(columns), "rows": rows}}


def _counts(sweep: Sweep) -> tuple[list[int], list[int]]:
    """In how many repetitions each λ is chosen by validation, and in how many it is the best."""
    selection, size = select(sweep.losses), len(sweep.lambdas)
    chosen = torch.bincount(selection.chosen_each, minlength=size)
    best = torch.bincount(selection.best_each, minlength=size)
    return chosen.tolist(), best.tolist()


def _line(sweep: Sweep, values: Tensor) -> Mapping[str, Any]:
    """Values against λ; a loss that is 0 but for rounding has no place on a log axis."""
    y = values.tolist()
    shown = [(x, y) for x, y in zip(sweep.axis, y, strict=True) if not y < _ZERO]
    return {"x": [x for x, _ in shown], "y": [y for _, y in shown]}
