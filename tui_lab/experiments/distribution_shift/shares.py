"""Label shares of unlabelled data, from what a classifier says of them and how it errs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tui_lab.training.classification import confusion_matrix

_SINGULAR = 1e12
"""Condition number from which on the equation is not solved at all."""
_ITERATIONS = 2000
_SETTLED, _NOTHING = 1e-12, 1e-9


@dataclass(frozen=True)
class Estimate:
    """Shares of the classes in the target, found from C p = μ."""

    counted: Tensor
    """μ: how often the classifier says each class, its errors left in."""
    solved: Tensor
    """C⁻¹μ as it comes out, perhaps with negative shares; NaN where C can't be inverted."""
    shares: Tensor
    """The estimate: non-negative and of sum 1."""
    condition: float
    """How many times C⁻¹ may enlarge relative errors of μ."""
    joint: Tensor
    """What the same equation gives for the joint matrix: the weights p/q, not shares."""
    joint_difference: float
    """Largest |joint − solved/source|."""
    how: str
    """Which way the estimate was found, in words."""


def said_of_true(true: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """C (said, true): the share of a true class's examples that is taken for each, so that every
    column sums to 1: the confusion matrix transposed, as C p = μ wants it.

    A class without examples has a column of zeros.
    """
    counts = confusion_matrix(true, predicted, classes).double()
    return (counts / counts.sum(1, keepdim=True).clamp(min=1)).T.contiguous()


def estimate(C: Tensor, counted: Tensor, source: Tensor) -> Estimate:
    """Solve C p = μ; where that gives negative shares, or C is singular, take the likeliest shares
    instead, which are the same otherwise."""
    condition = float(torch.linalg.cond(C))
    if not condition < _SINGULAR:
        nothing = torch.full_like(counted, torch.nan)
        shares = likeliest_shares(C, counted)
        return Estimate(
            counted, nothing, shares, math.inf, nothing, math.nan, "C is singular: likeliest"
        )
    solved: Tensor = torch.linalg.solve(C, counted)
    joint: Tensor = torch.linalg.solve(C * source, counted)
    difference = float((joint - solved / source).abs().max())
    if bool((solved >= 0).all()):
        return Estimate(counted, solved, solved, condition, joint, difference, "solved")
    shares = likeliest_shares(C, counted)
    return Estimate(
        counted, solved, shares, condition, joint, difference, "below 0: likeliest instead"
    )


def likeliest_shares(C: Tensor, counted: Tensor) -> Tensor:
    """The shares under which the predictions seen are likeliest, by EM from equal shares."""
    shares = torch.full_like(counted, 1 / len(counted))
    for _ in range(_ITERATIONS):
        expected = (C @ shares).clamp(min=1e-300)
        better = shares * (C.T @ (counted / expected))
        better = better / better.sum()
        settled = float((better - shares).abs().max()) < _SETTLED
        shares = better
        if settled:
            break
    shares = torch.where(shares < _NOTHING, 0.0, shares)  # it comes ever nearer to 0
    return shares / shares.sum()
