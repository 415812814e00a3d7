"""The gradient pane: what each parameter and its `.grad` look like, and whether that is healthy."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tui_lab.events import GradientsLogged, RunStarted
from tui_lab.view_models.contents import same
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

Health = Literal["ok", "vanishing", "exploding", "non-finite"]

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
_ENOUGH = 3
"""Norms before the present one that make a median."""


@dataclass(frozen=True)
class GradientState:
    """One row of the pane."""

    name: str
    shape: str
    """`200×1`; `scalar` for no dimensions at all; empty when it is not known."""
    requires_grad: bool
    grad: str
    """The state of `.grad` in words: `None`, `zeroed`, `set`, `accumulated ×3`."""
    norm: float | None
    """‖p‖"""
    grad_norm: float | None
    """‖∇‖, None when there is none."""
    update: float | None
    """‖Δp‖/‖p‖, infinite for a move away from exactly zero; None before the update."""
    finite: bool
    history: tuple[float, ...]
    """Norms of the last gradients, oldest first; may hold NaN and Inf."""
    health: Health
    changed: frozenset[str] = frozenset()
    """Which of the fields `grad`, `norm`, `grad_norm`, `update` are other than at the last phase,
    while the loop holds still."""


@dataclass(frozen=True)
class Learning:
    """What the whole model does, against which one parameter is judged."""

    recent: float
    """The largest recent gradient norm among all parameters."""
    peak: float
    """The largest gradient norm of any parameter so far."""
    learned: bool
    """Whether the loss has come down."""


@dataclass
class _Gradient:
    """The gradient of one parameter over the run."""

    norms: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    steps: deque[int] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """The step of each of them."""
    peak: float = 0.0
    update: float | None = None

    def add(self, step: int, norm: float) -> None:
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


class GradientHistory:
    """Folds snapshots; the rows are made when someone looks, not for each of thousands."""

    def __init__(self) -> None:
        self.latest: GradientsLogged | None = None
        self._before: GradientsLogged | None = None
        self._shapes: dict[str, str] = {}
        self._gradients: dict[str, _Gradient] = {}

    @property
    def state(self) -> dict[str, Any]:
        """What came before the latest snapshot, as plain data."""
        return {
            name: {
                "norms": list(g.norms),
                "steps": list(g.steps),
                "peak": g.peak,
                "update": g.update,
            }
            for name, g in self._gradients.items()
        }

    def recall(self, state: Mapping[str, Any], latest: GradientsLogged | None) -> None:
        """Take over what another had come to; raises `ValueError` and its like for what is none."""
        for name, kept in state.items():
            gradient = self._gradients.setdefault(name, _Gradient())
            gradient.norms.extend(map(number, kept["norms"]))
            gradient.steps.extend(map(int, kept["steps"]))
            gradient.peak, gradient.update = number(kept["peak"]), _figure(kept, "update")
        if latest is not None:
            self.latest = latest
            self.states(None, None)  # each of its parameters has a history

    def start(self, event: RunStarted) -> None:
        """Take the shapes from the run's first event."""
        self._shapes = {str(p["name"]): _shape(p.get("shape")) for p in event.parameters}

    def fold(self, event: GradientsLogged) -> None:
        """Take over a snapshot."""
        for parameter in event.parameters:
            gradient = self._gradients.setdefault(str(parameter["name"]), _Gradient())
            norm, update = _figure(parameter, "grad_norm"), _figure(parameter, "update")
            # Zeros left by zero_grad say nothing about the gradient there was.
            if norm is not None and parameter.get("grad") in ("set", "accumulated"):
                gradient.add(int(event.step), norm)
            if update is not None:
                gradient.update = update
        if self.latest and (self.latest.step, self.latest.phase) != (event.step, event.phase):
            self._before = self.latest
        self.latest = event

    @property
    def before(self) -> GradientsLogged | None:
        """The snapshot of the last phase, or of the last step, before the latest one."""
        if self.latest is None or self._before is None:
            return None
        return self._before if 0 <= self.latest.step - self._before.step <= 1 else None

    def cut_after(self, step: int) -> None:
        """Snapshots of later steps never were."""
        for gradient in self._gradients.values():
            gradient.cut_after(step)
        self._before = None
        if self.latest is not None and self.latest.step > step:
            self.latest = None
            for gradient in self._gradients.values():
                gradient.update = None

    def states(
        self, first_loss: float | None, loss: float | None, *, held: bool = False
    ) -> dict[str, GradientState]:
        """The rows in the order of the program's parameters, by name; `held`: with what changed."""
        if self.latest is None:
            return {}
        before = self.before.parameters if held and self.before else ()
        old = {str(p["name"]): p for p in before}
        learning = Learning(
            recent=max((recent(g.norms) for g in self._gradients.values()), default=0.0),
            peak=max((g.peak for g in self._gradients.values()), default=0.0),
            learned=_has_learned(first_loss, loss),
        )
        return {str(p["name"]): self._state(p, learning, old) for p in self.latest.parameters}

    def _state(
        self,
        parameter: Mapping[str, Any],
        learning: Learning,
        old: Mapping[str, Mapping[str, Any]],
    ) -> GradientState:
        name = str(parameter["name"])
        gradient = self._gradients[name]
        norm, grad_norm = _figure(parameter, "norm"), _figure(parameter, "grad_norm")
        finite = bool(parameter.get("finite", True)) and _all_finite(norm, grad_norm)
        return GradientState(
            name=plain(name),
            shape=self._shapes.get(name, ""),
            requires_grad=bool(parameter.get("requires_grad", True)),
            grad=_words(parameter),
            norm=norm,
            grad_norm=grad_norm,
            update=_figure(parameter, "update"),
            finite=finite,
            history=tuple(gradient.norms),
            health=_health(gradient, learning) if finite else "non-finite",
            changed=_changed(parameter, old.get(name)),
        )


def _changed(parameter: Mapping[str, Any], old: Mapping[str, Any] | None) -> frozenset[str]:
    """The fields whose words or figures are others than they were."""
    if old is None:
        return frozenset()
    figures = ("norm", "grad_norm", "update")
    found = {name for name in figures if not same(_figure(parameter, name), _figure(old, name))}
    return frozenset(found | ({"grad"} if _words(parameter) != _words(old) else set()))


def _health(gradient: _Gradient, learning: Learning) -> Health:
    if not gradient.norms:
        return "ok"
    if _explodes(gradient):
        return "exploding"
    return "vanishing" if _vanishes(gradient, learning) else "ok"


def _explodes(gradient: _Gradient) -> bool:
    *before, now = gradient.norms
    if now > EXPLODING_NORM:
        return True
    ordered = sorted(filter(math.isfinite, before))
    if len(ordered) < _ENOUGH or gradient.update is None:
        return False
    usual = ordered[(len(ordered) - 1) // 2]
    return now > EXPLODING_GROWTH * usual and gradient.update > EXPLODING_UPDATE


def _vanishes(gradient: _Gradient, learning: Learning) -> bool:
    now = recent(gradient.norms)
    if not learning.learned:
        return now < VANISHING_NORM or now < VANISHING_SHARE * learning.recent
    if learning.recent <= VANISHING_NORM:
        return False  # all of them are down to rounding: nothing is left to learn
    # What once had its share and learned sooner than the rest has converged, not vanished.
    always = gradient.peak < VANISHING_SHARE * learning.peak
    return always and now < VANISHING_SHARE * learning.recent


def recent(norms: Sequence[float]) -> float:
    """The largest of the last few finite norms."""
    finite = [norm for norm in list(norms)[-RECENT:] if math.isfinite(norm)]
    return max(finite, default=0.0)


def _has_learned(first: float | None, now: float | None) -> bool:
    """Whether the loss came down; taken as yes where it is not known or not finite."""
    if first is None or now is None or not (math.isfinite(first) and math.isfinite(now)):
        return True
    return now <= UNLEARNED * first


def _figure(parameter: Mapping[str, Any], name: str) -> float | None:
    value = parameter.get(name)
    return None if value is None else number(value)


def _all_finite(*values: float | None) -> bool:
    return all(value is None or math.isfinite(value) for value in values)


def _words(parameter: Mapping[str, Any]) -> str:
    state = plain(parameter.get("grad", "none"))
    if state == "none":
        return "None"
    return f"accumulated ×{parameter.get('times', '?')}" if state == "accumulated" else state


def _shape(shape: Any) -> str:
    if shape is None:
        return ""
    return "×".join(str(int(size)) for size in shape) or "scalar"
