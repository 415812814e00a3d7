"""How many steps an epoch has, as the rows of a file that is imported say it."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from tui_lab.exchange.gathered import Gathered


def steps_per_epoch(gathered: Gathered) -> int:
    """As the evaluations after epochs have it, else as the rows of steps do; 0 where epochs are not
    always so many steps long, or nobody says."""
    return _of_evaluations(gathered) or _of_steps(gathered)


def are_epochs_lost(gathered: Gathered) -> bool:
    """Whether rows of steps say their epoch, and no length of epochs can stand for that."""
    said = any(max(p.epochs) for (kind, _), p in gathered.points.items() if kind == "step")
    return said and not steps_per_epoch(gathered)


def _of_evaluations(gathered: Gathered) -> int:
    for (kind, _), points in gathered.points.items():
        if kind == "epoch" and points.epochs[0] > 0:
            length, rest = divmod(points.steps[0], points.epochs[0])
            is_so = zip(points.steps, points.epochs, strict=True)
            return 0 if rest or any(step != epoch * length for step, epoch in is_so) else length
    return 0


def _of_steps(gathered: Gathered) -> int:
    """The least length by which every step lies in its epoch. Both may be counted from 0 or 1."""
    for first_step, first_epoch in product((1, 0), (1, 0)):
        if length := _length(gathered, 1 - first_step, 1 - first_epoch):
            return length
    return 0


def _length(gathered: Gathered, more_steps: int, more_epochs: int) -> int:
    """The length of epochs, with this added to steps and epochs so that both count from 1: step s
    is in epoch e where (e - 1) · length < s <= e · length. 0 where none fits."""
    least, below = 0, math.inf
    for (kind, _), points in gathered.points.items():
        if kind != "step" or not max(points.epochs):
            continue
        steps = np.array(points.steps, np.int64) + more_steps
        epochs = np.array(points.epochs, np.int64) + more_epochs
        if steps.min() < 1 or epochs.min() < 1:
            return 0
        least = max(least, int((-(-steps // epochs)).max()))
        later = epochs > 1
        if later.any():
            below = min(below, float((steps[later] / (epochs[later] - 1)).min()))
    return least if least < below else 0
