"""Protects dropout as a function: the share it drops, the mean it keeps, and p = 1 without a broken
graph."""

from __future__ import annotations

import pytest
import torch

from tui_lab.training.dropout import dropout


def test_the_function_on_arange_16() -> None:
    """E13: p = 0 gives X itself, 1 zeros, 0.5 each 0 or twice."""
    X = torch.arange(16.0).view(2, 8)
    assert dropout(X, 0) is X
    assert torch.equal(dropout(X, 1), torch.zeros(2, 8))
    generator = torch.Generator().manual_seed(0)
    half = dropout(X, 0.5, generator)
    assert set((half[X > 0] / X[X > 0]).tolist()) == {0, 2}


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_function_drops_its_share_and_keeps_the_mean(p: float) -> None:
    dropped = dropout(torch.ones(40_000), p, torch.Generator().manual_seed(1))
    assert (dropped == 0).double().mean().item() == pytest.approx(p, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.04)
    assert dropped.max().item() == pytest.approx(1 / (1 - p))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_p_outside_0_and_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="p must be from 0 to 1"):
        dropout(torch.ones(3), p)


def test_at_p_1_the_graph_is_whole() -> None:
    """Point 15: zeros that are no function of X would leave its gradient None."""
    X = torch.ones(3, requires_grad=True)
    dropout(X, 1).sum().backward()
    assert X.grad is not None
    assert X.grad.tolist() == [0, 0, 0]
