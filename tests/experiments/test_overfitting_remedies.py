"""Protects the parts of the remedies: labels drawn by lot, thinning, augmentation, and the
ensemble's decomposition against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tui_lab.experiments.overfitting.augmentation import augment
from tui_lab.experiments.overfitting.measurements import Vote
from tui_lab.experiments.overfitting.noisy_labels import drawn_labels
from tui_lab.experiments.overfitting.population import thinned


def test_labels_are_drawn_by_lot_in_the_share_asked_for() -> None:
    y = torch.arange(10).repeat(1000)
    drawn = drawn_labels(y, 0.4, 10, torch.Generator().manual_seed(0))
    assert (drawn != y).float().mean().item() == pytest.approx(0.4 * 0.9, abs=0.015)
    counts = torch.bincount(drawn[drawn != y], minlength=10)
    assert counts.min() > 0.8 * counts.max()
    assert torch.equal(drawn_labels(y, 0.0, 10, torch.Generator()), y)


def test_thinning_keeps_the_mean_and_zeroes_the_share() -> None:
    chance = torch.Generator().manual_seed(0)
    kept = thinned(torch.ones(100_000), 0.3, chance)
    assert (kept == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert kept.mean().item() == pytest.approx(1, abs=0.01)
    assert sorted(set(kept.tolist())) == pytest.approx([0, 1 / 0.7])
    values = torch.randn(5)
    assert thinned(values, 0.0, chance) is values


def test_images_are_shifted_by_whole_pixels_with_black_coming_in() -> None:
    X = torch.zeros(400, 28, 28)
    X[:, 10, 20] = 1
    chance = torch.Generator().manual_seed(0)
    moved = augment(X.view(-1, 784), shift=2, flip=False, noise=0.0, chance=chance)
    image, row, column = moved.view(-1, 28, 28).nonzero().T
    assert image.tolist() == list(range(400))
    assert set(zip(row.tolist(), column.tolist(), strict=True)) == {
        (r, c) for r in range(8, 13) for c in range(18, 23)
    }


def test_images_are_flipped_half_of_the_time_and_given_noise() -> None:
    X = torch.rand(1000, 784)
    chance = torch.Generator().manual_seed(0)
    flipped = augment(X, shift=0, flip=True, noise=0.0, chance=chance)
    mirrored = X.view(-1, 28, 28).flip(2).view(-1, 784)
    turned = (flipped == mirrored).all(1)
    assert bool((turned | (flipped == X).all(1)).all())
    assert turned.float().mean().item() == pytest.approx(0.5, abs=0.05)
    noisy = augment(X, shift=0, flip=False, noise=0.3, chance=chance) - X
    assert noisy.std().item() == pytest.approx(0.3, abs=0.005)
    assert torch.equal(augment(X, shift=0, flip=False, noise=0.0, chance=chance), X)


def test_the_ensembles_error_is_the_mean_error_less_the_spread() -> None:
    """Against probabilities in numpy; exact, whatever the members say."""
    logits = torch.randn(4, 30, 10, dtype=torch.float64) * 3
    y = torch.randint(10, (30,))
    p = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(2, keepdims=True)
    target = np.eye(10)[y.numpy()]
    weights = np.array([0.5, 0.0, 0.2, 0.3])
    vote = Vote.of(torch.log_softmax(logits, 2), torch.from_numpy(weights))
    together = np.tensordot(weights, p, 1)
    error, members, spread = (float(value) for value in vote.decomposition(y))
    assert error == pytest.approx(((together - target) ** 2).sum(1).mean())
    assert members == pytest.approx(weights @ ((p - target) ** 2).sum(2).mean(1))
    assert error == pytest.approx(members - spread, abs=1e-14)
    assert spread > 0.1
    chosen = together[np.arange(30), y.numpy()]
    assert float(vote.loss(y)) == pytest.approx(-np.log(chosen).mean())
