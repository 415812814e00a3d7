"""What is healthy in a training and what is not: one rule of numbers for each word.

Worker and screen both judge by these functions, so that a word means the same in both.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Health = Literal["ok", "vanishing", "exploding", "non-finite"]
"""What can be said of one parameter."""

HEALTH = "health/"
"""What the kind of an alarm begins with that says one of these words."""
HISTORY = 64
"""Gradient norms kept of a parameter: a sparkline is no wider."""
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
RISEN = 1.5
"""Times the first loss, that growth must come with too: gradients of a network that leaves its
first plateau grow a hundredfold while it learns (dropout, concise: 0.4 of 0.003)."""
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
"""Times the first loss of a whole set."""
DIVERGING_BATCH_RISE = 10.0
"""Times the largest of the first few batch losses: batches of one example differ that much."""
DIVERGING_LOSSES = 5
"""Losses in a row that must be so high, and higher at their end than at their start."""
OVERFITTING_RISE = 1.15
"""Times the lowest held-out loss. Without a remedy it comes to 1.29 (label noise) and 3.1 (a
thousand images), with one to 1.13 at most (overfitting: weight decay in the first layer alone)."""
OVERFITTING_LOST = 0.05
"""Of what the held-out loss had come down by: a loss that fell from 200 to 0.036 may wander up to
0.048 (penalties: the subgradient)."""
OVERFITTING_EVALUATIONS = 10
"""Evaluations since the lowest held-out loss."""


class Losses(NamedTuple):
    """What one evaluation measured of two sets."""

    train: float
    held_out: float


@dataclass
class GradientTrend:
    """The gradient of one parameter over a run."""

    norms: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """Of the last gradients, oldest first; may hold NaN and Inf."""
    steps: deque[int] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """The step of each of them."""
    peak: float = 0.0
    update: float | None = None
    """The last ‖Δp‖/‖p‖."""

    def add(self, step: int, norm: float) -> None:
        """Take over the gradient norm of a later step."""
        self.norms.append(norm)
        self.steps.append(step)
        if math.isfinite(norm):
            self.peak = max(self.peak, norm)

    def cut_after(self, step: int) -> None:
        """Forget the later ones; a peak from before those that are kept stays."""
        undone = []
        while self.steps and self.steps[-1] > step:
            undone.append(self.norms.pop())
            self.steps.pop()
        if self.peak in undone:
            self.peak = max(filter(math.isfinite, self.norms), default=0.0)

    def health(self, learning: Learning) -> Health:
        """The word for it, against what the whole model does."""
        return gradient_health(self.norms, self.peak, self.update, learning)


@dataclass(frozen=True)
class Learning:
    """What the whole model does, against which one parameter is judged."""

    recent: float
    """The largest recent gradient norm among all parameters."""
    peak: float
    """The largest gradient norm of any parameter so far."""
    learned: bool
    """Whether the loss has come down."""
    risen: bool = True
    """Whether the loss has gone up."""

    @classmethod
    def of(
        cls, trends: Collection[GradientTrend], first_loss: float | None, loss: float | None
    ) -> Learning:
        """Of all gradients of a model, and its first and last loss."""
        return cls(
            recent=max((recent(trend.norms) for trend in trends), default=0.0),
            peak=max((trend.peak for trend in trends), default=0.0),
            learned=has_learned(first_loss, loss),
            risen=has_risen(first_loss, loss),
        )


def gradient_health(
    norms: Sequence[float], peak: float, update: float | None, learning: Learning
) -> Health:
    """The word for a parameter by its gradient norms (oldest first), the largest of all of them,
    and its last ‖Δp‖/‖p‖; `ok` where nothing is known."""
    if not norms:
        return "ok"
    if is_exploding(norms, update, learning):
        return "exploding"
    return "vanishing" if is_vanishing(norms, peak, learning) else "ok"


def is_exploding(norms: Sequence[float], update: float | None, learning: Learning) -> bool:
    """Whether the last norm is huge, or a hundred times the median while the parameter is thrown
    about and the loss goes up."""
    *before, now = norms
    if now > EXPLODING_NORM:
        return True
    ordered = sorted(filter(math.isfinite, before))
    if len(ordered) < _ENOUGH or update is None or not learning.risen:
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


def has_risen(first: float | None, now: float | None) -> bool:
    """Whether the loss went up; taken as yes where it is not known or not finite."""
    if first is None or now is None or not (math.isfinite(first) and math.isfinite(now)):
        return True
    return now > RISEN * first


def is_dead(share: float) -> bool:
    """Whether so large a share of a place's ReLU units is 0 for the whole batch."""
    return share >= DEAD_SHARE


def is_saturated(share: float) -> bool:
    """Whether so large a share of a place's sigmoid or tanh outputs is at its ends."""
    return share >= SATURATED_SHARE


def is_diverging(first: float, last: Sequence[float], rise: float = DIVERGING_RISE) -> bool:
    """Whether the last losses, oldest first, all lie `rise` times above the first one, and rise."""
    last = last[-DIVERGING_LOSSES:]
    if len(last) < DIVERGING_LOSSES or not all(map(math.isfinite, (first, *last))):
        return False
    return min(last) > rise * first > 0 and last[-1] > last[0]


def is_overfitting(first: Losses, best: Losses, now: Losses, since: int) -> bool:
    """Whether the held-out loss has risen from its lowest, `since` evaluations ago, while the
    training loss fell on."""
    if since < OVERFITTING_EVALUATIONS or not now.train < best.train:
        return False
    lost, gained = now.held_out - best.held_out, first.held_out - best.held_out
    return now.held_out > OVERFITTING_RISE * best.held_out and lost > OVERFITTING_LOST * gained
