"""Data for the pictures of the penalties: weights, shrinkage of one weight, unit balls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.penalties import soft_threshold

Layers = dict[str, Mapping[str, Any]]

_MOST_BARS = 400
"""Weights in the picture: more bars than a terminal has columns show nothing more."""
_STEPS = 10
"""Steps of the penalty shown at once: a single one can't be seen."""
_BALL_POINTS = 160
"""Points around a unit ball; a multiple of 8, so that corners are among them."""


def weight_bars(w: Tensor, true_w: Tensor) -> Layers:
    """The first weights, with the true ones as reference."""
    return {"bars": {"values": w[:_MOST_BARS].tolist(), "reference": true_w[:_MOST_BARS].tolist()}}


def ten_steps(lr: float, strength: float) -> Layers:
    """What 10 steps of each penalty alone make of a weight, around the scale on which they act."""
    t = lr * strength
    reach = 2.5 * _STEPS * t or 1.0
    before = torch.linspace(-reach, reach, 161, dtype=torch.float64)
    subgradient, proximal, l2 = before, before, before
    for _ in range(_STEPS):
        subgradient = subgradient - t * subgradient.sign()
        proximal = soft_threshold(proximal, t)
        l2 = (1 - t) * l2
    after = {"no penalty": before, "L2": l2, "L1": subgradient, "L1-proximal": proximal}
    x = before.tolist()
    return {f"line {name}": {"x": x, "y": y.tolist()} for name, y in after.items()}


def unit_balls() -> Layers:
    """The borders ‖w‖ = 1 of three norms in the plane, each scaled from the circle."""
    angles = torch.linspace(0, 2 * math.pi, _BALL_POINTS + 1, dtype=torch.float64)
    circle = torch.stack((angles.cos(), angles.sin()), dim=1)
    orders = {"L1": 1.0, "L2 (Frobenius)": 2.0, "L∞": math.inf}
    return {f"line {name}": _ball(circle, order) for name, order in orders.items()}


def _ball(directions: Tensor, order: float) -> Mapping[str, Any]:
    norms = torch.linalg.vector_norm(directions, order, dim=1, keepdim=True)
    x, y = (directions / norms).T.tolist()
    return {"x": x, "y": y}
