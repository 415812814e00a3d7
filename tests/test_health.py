"""Each rule of health says its word for what is ill, and is silent for what only looks so."""

from __future__ import annotations

import math

import pytest

from tui_lab import health
from tui_lab.health import Learning, Losses

LEARNING = Learning(recent=1.0, peak=1.0, learned=False)


@pytest.mark.parametrize(
    ("norms", "update", "word"),
    [
        ([], None, "ok"),
        ([1.0, 1.0], 0.01, "ok"),
        ([1e-6] * 8, 0.01, "vanishing"),
        ([1.0, *[1e-6] * 7], 0.01, "ok"),
        ([1.0, 2e6], None, "exploding"),
        ([1.0, 1.0, 1.0, 101.0], 0.2, "exploding"),
        ([1.0, 1.0, 1.0, 101.0], 0.05, "ok"),
    ],
)
def test_a_gradient_has_its_word(norms: list[float], update: float | None, word: str) -> None:
    assert health.gradient_health(norms, max(norms, default=0.0), update, LEARNING) == word


@pytest.mark.parametrize(("share", "ill"), [(0.5, False), (0.89, False), (0.9, True), (1.0, True)])
def test_most_units_of_a_place_are_dead_or_saturated(share: float, ill: bool) -> None:
    assert health.is_dead(share) is ill
    assert health.is_saturated(share) is ill


@pytest.mark.parametrize(
    ("first", "last", "ill"),
    [
        (1.0, [3.0, 9.0, 27.0, 81.0, 243.0], True),
        (1.0, [0.5, 3.0, 9.0, 27.0, 81.0, 243.0], True),
        (1.0, [3.0, 9.0, 27.0, 81.0], False),  # not yet for long enough
        (1.0, [9.0, 8.0, 7.0, 6.0, 5.0], False),  # high, but coming down
        (1.0, [3.0, 3.0, 1.9, 3.0, 4.0], False),  # back for a moment
        (0.0, [1.0, 2.0, 3.0, 4.0, 5.0], False),  # nothing to compare with
        (1.0, [3.0, 9.0, 27.0, 81.0, float("inf")], False),  # not finite: another alarm's
    ],
)
def test_a_loss_diverges_that_stays_high_and_rises(
    first: float, last: list[float], ill: bool
) -> None:
    assert health.is_diverging(first, last) is ill


@pytest.mark.parametrize(
    ("first", "now", "since", "ill"),
    [
        (2.0, Losses(0.4, 1.1), 10, True),
        (2.0, Losses(0.4, 1.1), 9, False),  # not yet for long enough
        (2.0, Losses(0.6, 1.1), 10, False),  # both rise: that is no overfitting
        (2.0, Losses(0.4, 1.0), 10, False),  # risen too little
        (20.0, Losses(0.4, 1.1), 10, False),  # next to nothing of what was gained
        (2.0, Losses(0.4, math.nan), 10, False),
    ],
)
def test_overfitting_is_a_held_out_loss_that_rises_alone(
    first: float, now: Losses, since: int, ill: bool
) -> None:
    assert health.is_overfitting(Losses(1.0, first), Losses(0.5, 0.9), now, since) is ill
