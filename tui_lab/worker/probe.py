"""What a parameter and its gradient look like at each phase of one watched step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.phase import BACKWARD, FORWARD, UPDATE, Phase
from tui_lab.training.program import Program

_PER_RUN = 64
"""Steps of a run that are watched whatever its speed, enough for a sparkline."""
_INTERVAL = 0.2
"""Seconds between watched steps of a long run; a screen shows no more."""
_RESPITE = 50
"""Watched steps take a fiftieth of the time at the most, but for those of `_PER_RUN`."""


class GradientProbe:
    """Watches single steps: ‖p‖, ‖∇‖ after backward, ‖Δp‖/‖p‖ after the update, the state of .grad.

    An unwatched step costs nothing. Norms are taken in float64 (the norm of finite float32 numbers
    can overflow) and leave the device in one copy per snapshot.
    """

    def __init__(self, program: Program, total_steps: int) -> None:
        self._program = program
        self._last = total_steps
        self._stride = max(1, total_steps // _PER_RUN)
        self._next_time = 0.0
        self._zeroed_after = 0
        """The last step known to have ended with no gradient summed up."""
        self._before: dict[str, Tensor] = {}
        self._backwards = 0
        self._graph = self._recorded = False
        self._after_backward: dict[str, str] = {}
        self._figures: dict[str, dict[str, float | None]] = {}

    def is_due(self, step: int, now: float) -> bool:
        """Whether this step should be watched."""
        if now < self._next_time and step % self._stride and step not in (1, self._last):
            return False
        self._next_time = now + _INTERVAL
        return True

    def next_due(self, step: int, now: float) -> int:
        """The first step after `step` for which `is_due` holds, should no more time pass."""
        if now >= self._next_time or step == 0:
            return step + 1
        due = step - step % self._stride + self._stride
        return min(due, self._last) if step < self._last else due

    def rest(self, now: float, spent: float) -> None:
        """A watched step has taken `spent` seconds until `now`: the next can wait."""
        self._next_time = max(self._next_time, now + _RESPITE * spent)

    def begin(self, step: int) -> None:
        """A watched step is about to start."""
        self._before, self._after_backward, self._backwards = {}, {}, 0
        self._graph = self._recorded = False
        self._figures = {name: {"grad_norm": None, "update": None} for name in self._parameters()}
        if not any(_has_gradient(p) for p in self._parameters().values()):
            self._zeroed_after = step - 1

    def observe(self, phase: Phase) -> None:
        """The step's generator stands at `phase`."""
        if phase == FORWARD:
            loss = self._program.loss
            self._graph = self._recorded = loss is not None and loss.requires_grad
            self._before = {n: p.detach().clone() for n, p in self._parameters().items()}
        elif phase == BACKWARD:
            self._graph = False
            self._backwards += 1
            self._measure("grad_norm", {n: p.grad for n, p in self._parameters().items()})
            self._after_backward = {n: _grad_state(p) for n, p in self._parameters().items()}
        elif phase == UPDATE and self._before:
            moved = {n: p.detach() - self._before[n] for n, p in self._parameters().items()}
            self._measure("update", moved, relative=True)

    def snapshot(self, step: int, *, held: bool) -> dict[str, Any]:
        """The fields of a `GradientsLogged` event: held inside the step as things stand now, else
        looking back at how the gradients were after backward."""
        parameters = self._parameters()
        norms = _norms([p.detach() for p in parameters.values()])
        states = [
            self._state(name, parameter, norm, step, held=held)
            for (name, parameter), norm in zip(parameters.items(), norms, strict=True)
        ]
        return {
            "step": step,
            "grad_enabled": torch.is_grad_enabled(),
            "graph": self._graph if held else self._recorded,
            "parameters": states,
        }

    def metrics(self) -> dict[str, float]:
        """`norm/`, `grad/` and `update/` of every parameter at the last watched step, and `all`."""
        snapshot = self.snapshot(0, held=False)["parameters"]
        columns = {"norm": "norm", "grad": "grad_norm", "update": "update"}
        values = {
            f"{key}/{state['name']}": state[field]
            for key, field in columns.items()
            for state in snapshot
            if state[field] is not None
        }
        for key in ("norm", "grad"):
            parts = [v for k, v in values.items() if k.startswith(f"{key}/")]
            if parts:
                values[f"{key}/all"] = sum(v * v for v in parts) ** 0.5
        return values

    def _parameters(self) -> Mapping[str, Tensor]:
        return self._program.parameters()

    def _state(
        self, name: str, parameter: Tensor, norm: float, step: int, *, held: bool
    ) -> dict[str, Any]:
        times = step - 1 - self._zeroed_after + self._backwards
        now = _grad_state(parameter)
        word = now if held else self._after_backward.get(name, now)
        figures = self._figures.get(name, {})
        grad_norm = figures.get("grad_norm")
        return {
            "name": name,
            "requires_grad": parameter.requires_grad,
            "grad": "accumulated" if word == "set" and times > 1 else word,
            "times": times,
            "norm": norm,
            "grad_norm": grad_norm,
            "update": figures.get("update"),
            "finite": _isfinite(norm) and (grad_norm is None or _isfinite(grad_norm)),
        }

    def _measure(
        self, figure: str, tensors: Mapping[str, Tensor | None], *, relative: bool = False
    ) -> None:
        present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        norms = _norms(list(present.values()))
        bases = _norms([self._before[n] for n in present]) if relative else [1.0] * len(norms)
        for name, norm, base in zip(present, norms, bases, strict=True):
            self._figures[name][figure] = norm / base if base else _infinite_if(norm)


def _norms(tensors: list[Tensor]) -> list[float]:
    """Euclidean norms in float64, copied from the device together."""
    if not tensors:
        return []
    norms = [torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors]
    return [float(norm) for norm in torch.stack(norms).tolist()]


def _has_gradient(parameter: Tensor) -> bool:
    return parameter.grad is not None and bool(parameter.grad.any())


def _grad_state(parameter: Tensor) -> str:
    if parameter.grad is None:
        return "none"
    return "set" if bool(parameter.grad.any()) else "zeroed"


def _infinite_if(norm: float) -> float:
    """The relative size of a move away from exactly zero: infinite, or 0 when nothing moved."""
    return float("inf") if norm else 0.0


def _isfinite(value: float) -> bool:
    return abs(value) != float("inf") and value == value
