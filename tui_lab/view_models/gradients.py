"""The gradient pane: what each parameter and its `.grad` look like, and whether that is healthy."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui_lab.events import SMALL, GradientsLogged, RunStarted
from tui_lab.health import Health, Learning, gradient_health, has_learned, recent
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

HISTORY = 64
"""Gradient norms kept of a parameter: a sparkline is no wider."""
_GRAD = ".grad"


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


@dataclass
class _Gradient:
    """The gradient of one parameter over the run."""

    norms: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    peak: float = 0.0
    update: float | None = None

    def add(self, norm: float) -> None:
        self.norms.append(norm)
        if math.isfinite(norm):
            self.peak = max(self.peak, norm)

    def health(self, learning: Learning) -> Health:
        return gradient_health(self.norms, self.peak, self.update, learning)


class GradientHistory:
    """Folds snapshots; the rows are made when someone looks, not for each of thousands."""

    def __init__(self) -> None:
        self.latest: GradientsLogged | None = None
        self._shapes: dict[str, str] = {}
        self._gradients: dict[str, _Gradient] = {}

    @property
    def state(self) -> dict[str, Any]:
        """What came before the latest snapshot, as plain data."""
        return {
            name: {"norms": list(g.norms), "peak": g.peak, "update": g.update}
            for name, g in self._gradients.items()
        }

    def recall(self, state: Mapping[str, Any], latest: GradientsLogged | None) -> None:
        """Take over what another had come to; raises `ValueError` and its like for what is none."""
        for name, kept in state.items():
            gradient = self._gradients.setdefault(name, _Gradient())
            gradient.norms.extend(map(number, kept["norms"]))
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
                gradient.add(norm)
            if update is not None:
                gradient.update = update
        self.latest = event

    def states(self, first_loss: float | None, loss: float | None) -> dict[str, GradientState]:
        """The rows in the order of the program's parameters, by name."""
        if self.latest is None:
            return {}
        learning = Learning(
            recent=max((recent(g.norms) for g in self._gradients.values()), default=0.0),
            peak=max((g.peak for g in self._gradients.values()), default=0.0),
            learned=has_learned(first_loss, loss),
        )
        return {str(p["name"]): self._state(p, learning) for p in self.latest.parameters}

    def _state(self, parameter: Mapping[str, Any], learning: Learning) -> GradientState:
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
            health=gradient.health(learning) if finite else "non-finite",
        )


def contents(snapshot: GradientsLogged | None) -> list[str]:
    """What a loop that holds still has at hand: its loss and batch, then a line for each small
    parameter, `w = 1.98, -3.4   w.grad = 0.01, 0.2`."""
    if snapshot is None or not (snapshot.values or snapshot.batch):
        return []
    found = {name: _numbers(values) for name, values in snapshot.values.items()}
    loss = f"loss {found['loss']}" if "loss" in found else ""
    batch = f"batch {plain(snapshot.batch)}" if snapshot.batch else ""
    lines = [" · ".join(filter(None, (loss, batch)))]
    for name, text in found.items():
        if name != "loss" and not name.endswith(_GRAD):
            gradient = found.get(f"{name}{_GRAD}")
            after = f"   {plain(name)}{_GRAD} = {gradient}" if gradient else ""
            lines.append(f"{plain(name)} = {text}{after}")
    return list(filter(None, lines))


def most_contents(started: RunStarted | None) -> int:
    """How many lines `contents` has at the most for the parameters a run began with."""
    shapes = [p.get("shape") for p in started.parameters] if started else []
    return 1 + len([shape for shape in shapes if shape is not None and math.prod(shape) <= SMALL])


def _numbers(values: Sequence[Any]) -> str:
    return ", ".join(short(number(value)) for value in values)


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
