"""The gradient pane: what each parameter and its `.grad` look like, and whether that is healthy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui_lab.events import GradientsLogged, RunStarted
from tui_lab.health import GradientTrend, Health, Learning
from tui_lab.view_models.contents import same
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number
from tui_lab.watching import TrainingFound


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
    nonfinite: int = 0
    """How many numbers of it and of its gradient are NaN or infinite."""
    changed: frozenset[str] = frozenset()
    """Which of the fields `grad`, `norm`, `grad_norm`, `update` are other than at the last phase,
    while the loop holds still."""


class GradientHistory:
    """Folds snapshots; the rows are made when someone looks, not for each of thousands."""

    def __init__(self) -> None:
        self.latest: GradientsLogged | None = None
        self._before: GradientsLogged | None = None
        self._shapes: dict[str, str] = {}
        self._gradients: dict[str, GradientTrend] = {}

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
            gradient = self._gradients.setdefault(name, GradientTrend())
            gradient.norms.extend(map(number, kept["norms"]))
            gradient.steps.extend(map(int, kept["steps"]))
            gradient.peak, gradient.update = number(kept["peak"]), _figure(kept, "update")
        if latest is not None:
            self.latest = latest
            self.states(None, None)  # each of its parameters has a history

    def start(self, event: RunStarted | TrainingFound) -> None:
        """Take the shapes from the run's first event."""
        self._shapes = {str(p["name"]): _shape(p.get("shape")) for p in event.parameters}

    def fold(self, event: GradientsLogged) -> None:
        """Take over a snapshot."""
        for parameter in event.parameters:
            gradient = self._gradients.setdefault(str(parameter["name"]), GradientTrend())
            norm, update = _figure(parameter, "grad_norm"), _figure(parameter, "update")
            # Zeros left by zero_grad say nothing about the gradient there was; those of a backward
            # pass are the gradient.
            is_real = parameter.get("grad") in ("set", "accumulated") or event.phase == "backward"
            if norm is not None and is_real:
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
        learning = Learning.of(self._gradients.values(), first_loss, loss)
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
            nonfinite=int(parameter.get("nonfinite", 0)),
            history=tuple(gradient.norms),
            health=gradient.health(learning) if finite else "non-finite",
            changed=_changed(parameter, old.get(name)),
        )


def _changed(parameter: Mapping[str, Any], old: Mapping[str, Any] | None) -> frozenset[str]:
    """The fields whose words or figures are others than they were."""
    if old is None:
        return frozenset()
    figures = ("norm", "grad_norm", "update")
    found = {name for name in figures if not same(_figure(parameter, name), _figure(old, name))}
    return frozenset(found | ({"grad"} if _words(parameter) != _words(old) else set()))


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
