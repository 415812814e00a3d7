"""What is healthy in a training and what is not: one rule of numbers for each word.

Worker and screen both judge by these functions, so that a word means the same in both.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Health = Literal["ok", "vanishing", "exploding", "non-finite"]
"""What can be said of one parameter."""

RECENT = 8
"""Snapshots a verdict of vanishing looks at, so that one batch that pulls nowhere is no alarm."""
VANISHING_SHARE = 1e-4
"""Of the largest gradient among the parameters. A parameter that gets less stands still while
others learn; healthy layers, and a bias beside a weight, lie within two or three powers of ten."""
VANISHING_NORM = 1e-7
"""Below it a step changes no float32 parameter of ordinary size: 1 - 1e-7 · lr rounds to 1."""
UNLEARNED = 0.5
"""A loss above this part of its first value has not come down: only then is a small gradient
everywhere a failure to learn, and not what convergence looks like."""
EXPLODING_NORM = 1e6
"""Far above any first gradient of the experiments (up to some 1e4, for sums over a batch)."""
EXPLODING_GROWTH = 100.0
"""Times the median so far; batches differ by a factor of ten or so."""
EXPLODING_UPDATE = 0.1
"""‖Δp‖/‖p‖ that growth must come with: some 1e-3 is healthy, and a knob turned up makes the
gradient jump without throwing the parameter about."""
_ENOUGH = 3
"""Norms before the present one that make a median."""
DEAD_SHARE = 0.9
"""Of the units of one place: half of them at 0 is what a ReLU does; a layer with a tenth left
passes next to nothing on."""
SATURATED_SHARE = 0.9
"""Of the units of one place."""
SATURATED_WITHIN = 1e-3
"""Of either end of a sigmoid (0, 1) or tanh (-1, 1): its slope there is below 0.002."""
DIVERGING_RISE = 2.0
"""Times the first loss. Batches of an untrained model differ by less."""
DIVERGING_LOSSES = 5
"""Losses in a row that must be so high, and higher at their end than at their start."""
OVERFITTING_RISE = 1.05
"""Times the lowest held-out loss."""
OVERFITTING_EVALUATIONS = 10
"""Evaluations since the lowest held-out loss."""


@dataclass(frozen=True)
class Learning:
    """What the whole model does, against which one parameter is judged."""

    recent: float
    """The largest recent gradient norm among all parameters."""
    peak: float
    """The largest gradient norm of any parameter so far."""
    learned: bool
    """Whether the loss has come down."""


def gradient_health(
    norms: Sequence[float], peak: float, update: float | None, learning: Learning
) -> Health:
    """The word for a parameter by its gradient norms (oldest first), the largest of all of them,
    and its last ‖Δp‖/‖p‖; `ok` where nothing is known."""
    if not norms:
        return "ok"
    if is_exploding(norms, update):
        return "exploding"
    return "vanishing" if is_vanishing(norms, peak, learning) else "ok"


def is_exploding(norms: Sequence[float], update: float | None) -> bool:
    """Whether the last norm is huge, or a hundred times the median while the parameter is thrown
    about."""
    *before, now = norms
    if now > EXPLODING_NORM:
        return True
    ordered = sorted(filter(math.isfinite, before))
    if len(ordered) < _ENOUGH or update is None:
        return False
    usual = ordered[(len(ordered) - 1) // 2]
    return now > EXPLODING_GROWTH * usual and update > EXPLODING_UPDATE


def is_vanishing(norms: Sequence[float], peak: float, learning: Learning) -> bool:
    """Whether a parameter gets next to no gradient while there is something to learn."""
    now = recent(norms)
    if not learning.learned:
        return now < VANISHING_NORM or now < VANISHING_SHARE * learning.recent
    if learning.recent <= VANISHING_NORM:
        return False  # all of them are down to rounding: nothing is left to learn
    # What once had its share and learned sooner than the rest has converged, not vanished.
    always = peak < VANISHING_SHARE * learning.peak
    return always and now < VANISHING_SHARE * learning.recent


def recent(norms: Sequence[float]) -> float:
    """The largest of the last few finite norms."""
    finite = [norm for norm in list(norms)[-RECENT:] if math.isfinite(norm)]
    return max(finite, default=0.0)


def has_learned(first: float | None, now: float | None) -> bool:
    """Whether the loss came down; taken as yes where it is not known or not finite."""
    if first is None or now is None or not (math.isfinite(first) and math.isfinite(now)):
        return True
    return now <= UNLEARNED * first


def is_dead(share: float) -> bool:
    """Whether so large a share of a place's ReLU units is 0 for the whole batch."""
    return share >= DEAD_SHARE


def is_saturated(share: float) -> bool:
    """Whether so large a share of a place's sigmoid or tanh outputs is at its ends."""
    return share >= SATURATED_SHARE


def is_diverging(losses: Sequence[float]) -> bool:
    """Whether the loss, oldest first, stays above twice its first value and rises."""
    last = losses[-DIVERGING_LOSSES:]
    if len(losses) <= DIVERGING_LOSSES or not all(map(math.isfinite, (losses[0], *last))):
        return False
    return min(last) > DIVERGING_RISE * losses[0] > 0 and last[-1] > last[0]


def is_overfitting(train: Sequence[float], held_out: Sequence[float]) -> bool:
    """Whether the held-out loss has long risen from its lowest while the training loss fell on;
    both oldest first, of the same evaluations."""
    if not held_out or len(train) != len(held_out):
        return False
    if not all(map(math.isfinite, (*train, *held_out))):
        return False
    best = min(range(len(held_out)), key=held_out.__getitem__)
    if len(held_out) - 1 - best < OVERFITTING_EVALUATIONS:
        return False
    return held_out[-1] > OVERFITTING_RISE * held_out[best] and train[-1] < train[best]


_ADVICE: dict[str, tuple[dict[str, str], str]] = {
    "vanishing": (
        {"init": "another init", "activation": "activation=relu", "layers": "fewer layers"},
        "a larger initial weight or ReLU instead of sigmoid",
    ),
    "exploding": (
        {"lr": "a smaller lr", "init": "a smaller init", "layers": "fewer layers"},
        "a smaller step or clipped gradients",
    ),
    "dead": (
        {"lr": "a smaller lr", "init": "another init", "hidden": "more hidden units"},
        "a smaller step or a leaky ReLU",
    ),
    "saturated": (
        {"init": "a smaller init", "lr": "a smaller lr", "activation": "activation=relu"},
        "smaller weights or ReLU instead",
    ),
    "diverging": ({"lr": "a smaller lr"}, "a smaller step"),
    "overfitting": (
        {
            "weight_decay": "more weight_decay",
            "dropout": "more dropout",
            "hidden": "fewer hidden units",
            "epochs": "fewer epochs",
        },
        "more training data or a smaller model",
    ),
}


def advice(word: str, knobs: Collection[str]) -> str:
    """What to try against `word` in a sentence, by the names of the knobs there are; empty for a
    word without a rule."""
    named, otherwise = _ADVICE.get(word, ({}, ""))
    found = [text for name, text in named.items() if name in knobs]
    text = " or ".join(found) or otherwise
    return f"Try {text}." if text else ""
