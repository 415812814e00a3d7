"""Level lines of prior and likelihood through a point, cut off where they leave a window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.experiments.bayes.posterior import Data

_POINTS = 400
_LONG = 50.0
"""Half axis of an ellipse, in window sizes, from which on its ends are out of sight."""

Window = tuple[Tensor, Tensor]
"""The lower and the upper corner (2,) of what is shown."""


def prior_line(prior: str, point: Tensor, window: Window) -> Mapping[str, Any]:
    """The circle or diamond of weights that the prior likes as much as `point`."""
    angles = _start(point[0], point[1]) + torch.linspace(0, 2 * math.pi, _POINTS + 1).double()
    around = torch.stack((angles.cos(), angles.sin()), dim=1)
    if prior == "laplace":
        return _cut(around / around.abs().sum(1, keepdim=True) * point.abs().sum(), window)
    return _cut(around * torch.linalg.vector_norm(point), window)


def likelihood_line(data: Data, point: Tensor, window: Window) -> Mapping[str, Any]:
    """The ellipse of weights that fit the data as well as `point`; the near side alone of one
    that is far longer than the window."""
    sharp, axes = torch.linalg.eigh(data.precision)
    known = sharp > 1e-12 * sharp[1]
    if not known[1]:
        return {}
    middle = axes @ torch.where(known, axes.T @ data.pull / sharp, axes.T @ point)
    along, across = (axes.T @ (point - middle)).tolist()
    radius = math.sqrt(max(0.0, float(sharp[1]) * across**2 + max(0.0, float(sharp[0])) * along**2))
    size = float((window[1] - window[0]).max())
    short = radius / math.sqrt(float(sharp[1]))
    long = radius / math.sqrt(float(sharp[0])) if known[0] else math.inf
    if short == 0:
        return {}
    if long > _LONG * size:
        u = along + size * torch.linspace(0, 2, _POINTS // 2).double()
        forth = _side(u, across, short, long)
        back = _side(2 * along - u, across, short, long)
        return _joined(
            _inside(middle + back @ axes.T, window), _inside(middle + forth @ axes.T, window)
        )
    angles = (
        _start(along / long, across / short) + torch.linspace(0, 2 * math.pi, _POINTS + 1).double()
    )
    around = torch.stack((long * angles.cos(), short * angles.sin()), dim=1)
    return _cut(middle + around @ axes.T, window)


def _start(x: Tensor | float, y: Tensor | float) -> float:
    return math.atan2(float(y), float(x))


def _side(u: Tensor, across: float, short: float, long: float) -> Tensor:
    """The side of a long ellipse that lies across at `across`, at the places `u` along it."""
    height = short * (1 - (u / long) ** 2).clamp(min=0).sqrt()
    return torch.stack((u, math.copysign(1.0, across) * height), dim=1)


def _cut(line: Tensor, window: Window) -> Mapping[str, Any]:
    """A closed line that starts at the point of interest: what of it can be reached from there
    without leaving the window."""
    forth = _inside(line, window)
    if len(forth) == len(line):
        return _joined(line[:0], line)
    return _joined(_inside(line.flip(0), window), forth)


def _inside(line: Tensor, window: Window) -> Tensor:
    """The line up to where it leaves the window."""
    outside = ((line < window[0]) | (line > window[1])).any(1)
    end = int(outside.to(torch.int8).argmax()) if outside.any() else len(line)
    return line[:end]


def _joined(back: Tensor, forth: Tensor) -> Mapping[str, Any]:
    """Two parts that start at the same point as one line, (x, y) columns."""
    line = torch.cat((back.flip(0), forth))
    return {"x": line[:, 0].tolist(), "y": line[:, 1].tolist()} if len(line) > 1 else {}
