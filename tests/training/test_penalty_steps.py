"""Protects the L1 penalty and its proximal step: the exact minimum, exact zeros, sign(0) = 0."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tui_lab.training.penalties import l1_penalty, soft_threshold


def test_the_proximal_step_minimizes_what_it_should() -> None:
    """argmin over v of (v − w)²/2 + t|v|, by trying all v of a grid."""
    v = np.linspace(-3, 3, 60_001)
    for w in (-2.0, -0.4, -0.3, 0.0, 0.1, 0.31, 1.7):
        best = v[np.argmin((v - w) ** 2 / 2 + 0.3 * abs(v))]
        step = soft_threshold(torch.tensor(w, dtype=torch.float64), 0.3)
        assert float(step) == pytest.approx(best, abs=1e-4)
    w32 = torch.randn(1000)
    assert torch.equal(soft_threshold(w32, 0.0), w32)
    assert soft_threshold(torch.tensor([float("nan")]), 1.0).isnan().all()
    each = soft_threshold(torch.ones(3, 2), torch.tensor([0.25, 2.0]))
    assert each.tolist() == [[0.75, 0.0]] * 3


def test_the_subgradient_of_the_l1_penalty_at_zero_is_zero() -> None:
    w = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    l1_penalty(w).backward()
    assert w.grad is not None
    assert w.grad.tolist() == [-1.0, 0.0, 1.0]
