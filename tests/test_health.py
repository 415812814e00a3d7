"""Each rule of health says its word for what is ill, and is silent for what only looks so."""

from __future__ import annotations

import pytest

from tui_lab import health
from tui_lab.health import Learning

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
    ("losses", "ill"),
    [
        ([1.0, 3.0, 9.0, 27.0, 81.0, 243.0], True),
        ([1.0, 3.0, 9.0, 27.0, 81.0], False),  # not yet for long enough
        ([1.0, 9.0, 8.0, 7.0, 6.0, 5.0], False),  # high, but coming down
        ([1.0, 3.0, 3.0, 1.9, 3.0, 4.0], False),  # back for a moment
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], False),  # nothing to compare with
        ([1.0, 3.0, 9.0, 27.0, 81.0, float("inf")], False),  # no longer finite: another alarm's
    ],
)
def test_a_loss_diverges_that_stays_high_and_rises(losses: list[float], ill: bool) -> None:
    assert health.is_diverging(losses) is ill


FALLING = [1.0 - 0.05 * i for i in range(12)]
RISING = [1.0, 0.9, *[0.9 + 0.01 * i for i in range(1, 11)]]


@pytest.mark.parametrize(
    ("train", "held_out", "ill"),
    [
        (FALLING, RISING, True),
        (FALLING[:-1], RISING[:-1], False),  # not yet for long enough
        (RISING, RISING, False),  # both rise: that is no overfitting
        (FALLING, [1.0, 0.9, *[0.91] * 10], False),  # risen too little
        (FALLING, FALLING, False),
        ([], [], False),
    ],
)
def test_overfitting_is_a_held_out_loss_that_rises_alone(
    train: list[float], held_out: list[float], ill: bool
) -> None:
    assert health.is_overfitting(train, held_out) is ill


def test_advice_names_the_knobs_there_are() -> None:
    assert health.advice("overfitting", ["lr", "dropout"]) == "Try more dropout."
    assert health.advice("diverging", []) == "Try a smaller step."
    assert health.advice("ok", ["lr"]) == ""
