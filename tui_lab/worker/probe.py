"""What a parameter and its gradient look like at each phase of one watched step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.phase import BACKWARD, FORWARD, STANDARD, UPDATE, Phase, phase_name
from tui_lab.training.program import Program
from tui_lab.worker import gradient_state
from tui_lab.worker.activations import Activations
from tui_lab.worker.changes import Changes
from tui_lab.worker.contents import small_values
from tui_lab.worker.readings import Readings, is_set, norm, shown
from tui_lab.worker.respite import respite

_PER_RUN = 64
"""Steps of a run that are watched whatever its speed, enough for a sparkline."""
_INTERVAL = 0.2
"""Seconds between watched steps of a long run; a screen shows no more."""
WITHOUT_END = 1 << 53
"""Steps of a run whose end nobody knows: only time says when the next is looked at."""
_MOST_BYTES = 1 << 28
"""Of parameters that are kept from before an update, to tell how far they moved."""
_NOT_KEPT = f"its update is n/a, because only {_MOST_BYTES >> 20} MiB of parameters are kept"


class GradientProbe:
    """Watches single steps: ‖p‖, ‖∇‖ after backward, ‖Δp‖/‖p‖ after the update, the state of .grad.

    An unwatched step costs nothing. Figures leave the device in one copy per snapshot. Looking
    harms no run: what can't be measured is missing, and `remarks` says so once.
    """

    def __init__(self, program: Program, total_steps: int, *, zeroed_after: int = 0) -> None:
        """Before the first step to be seen there were `zeroed_after`; of 0 steps each is
        watched."""
        self.program = program
        self._last = total_steps
        self._stride = max(1, total_steps // _PER_RUN)
        self.interval = _INTERVAL
        """Seconds between two watched steps, at least."""
        self.dearness = 1.0
        """Times what looking costs by the clock: the dearer it is, the rarer."""
        self._next_time = 0.0
        self._is_cold = True
        self.zeroed_after = zeroed_after
        """The last step known to have ended with no gradient summed up."""
        self.before: dict[str, Tensor] = {}
        """The parameters as they were before the update, as many as there is room for."""
        self._changes = Changes()
        self._seen: dict[str, int] = {}
        """Parameters that had a gradient after backward, with the passes of this step behind it."""
        self._used: dict[str, int] = {}
        """The same of those that moved, when they did."""
        self._graph = self._recorded = self._is_kept = False
        self._readings = Readings()
        self.activations = Activations(program, self._readings)
        """What looks at the units of a watched step, entered on the way to its first phase."""
        self._said: set[str] = set()
        self._unsaid: list[str] = []

    def is_due(self, step: int, now: float) -> bool:
        """Whether this step should be watched."""
        if now < self._next_time and step % self._stride and step not in (1, self._last):
            return False
        self._next_time = now + self.interval
        return True

    def next_due(self, step: int, now: float) -> int:
        """The first step after `step` for which `is_due` holds, should no more time pass."""
        if now >= self._next_time or step == 0:
            return step + 1
        due = step - step % self._stride + self._stride
        return min(due, self._last) if step < self._last else due

    def rest(self, now: float, spent: float) -> None:
        """Looking at a step has taken `spent` seconds until `now`: the next can wait. What was
        loaded for the first look says nothing about the next."""
        if not self._is_cold:
            self._next_time = max(self._next_time, now + respite(self.dearness * spent))
        self._is_cold = False

    def remarks(self) -> list[str]:
        """What could not be measured, each once."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def begin(self, step: int) -> None:
        """A watched step is about to start."""
        self.before, self._seen, self._used, self._changes = {}, {}, {}, Changes()
        self._graph = self._recorded = self._is_kept = False
        self._readings = Readings()
        self.activations = Activations(self.program, self._readings)
        self._take_gradients("left", None)
        self._changes.since(self.parameters())

    def observe(self, phase: Phase, times: int = 1) -> None:
        """The step's generator stands at `phase`; a backward pass counts so many times.

        Of a phase by another name, what it did to each parameter tells what it was.
        """
        if not self._is_kept and phase != UPDATE:
            self._is_kept = True
            self._keep()
        if phase == FORWARD:
            self._graph = self._recorded = bool(getattr(self.program.loss, "requires_grad", False))
        changed, moved = self._changes.since(self.parameters())
        if phase == BACKWARD:
            self._graph = False
            self._measure(self.parameters().keys(), times)
        elif phase not in STANDARD:
            is_backward = BACKWARD in phase_name(phase)
            self._measure(changed if is_backward else changed - self._seen.keys(), 1)
        self._take_moves(moved)
        if phase == UPDATE:
            self._take_moves(self.before.keys() - self._used.keys(), is_used=False)

    def measure_gradients(self) -> None:
        """Take the gradients as they are now for those that backward left."""
        self._used.clear()
        self._measure(self.parameters().keys(), 0)

    def _measure(self, names: Set[str], times: int) -> None:
        """Take the gradients of these, `times` backward passes having added to them."""
        if names:
            figure = gradient_state.norm_of(self.program)
            without = self._take_gradients("after backward", figure, names)
            for name in names - without:
                self._seen[name] = self._seen.get(name, 0) + times

    def snapshot(self, step: int, *, held: bool) -> dict[str, Any]:
        """The fields of a `GradientsLogged` event: held inside the step as things stand now, else
        looking back at how the gradients were after backward."""
        parameters = self.parameters()
        for name, parameter in parameters.items():
            self._readings.take(("norm", name), norm, parameter)
        without = self._take_gradients("now", None)
        self._readings.read()
        for name, reason in self._readings.refused.items():
            self._remark(name, reason)
        if not any(self._readings.get("left", name) for name in parameters):
            self.zeroed_after = max(self.zeroed_after, step - 1)
        states = [self._state(*of, step, without, held=held) for of in parameters.items()]
        return {
            "step": step,
            "grad_enabled": torch.is_grad_enabled(),
            "graph": self._graph if held else self._recorded,
            "parameters": states,
            "activations": self.activations.read(),
        }

    def stand(self, step: int, *, watched: bool) -> dict[str, Any]:
        """The same between two steps, after `step`, which may have been `watched`."""
        if watched:
            return self.snapshot(step, held=True)
        self.begin(step + 1)
        self._take_gradients("now", norm)
        return {**self.snapshot(step + 1, held=True), "step": step}

    def values(self) -> dict[str, list[float]]:
        """The numbers of small parameters, their gradients and the loss, as things stand."""
        return small_values(self.parameters(), self.program.loss)

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

    def parameters(self) -> dict[str, Tensor]:
        """The program's parameters, as far as they are tensors."""
        try:
            named = dict(self.program.parameters())
        except Exception as error:  # someone else's code, asked for no more than a look
            self._remark("parameters()", f"it raised {type(error).__name__}: {error}")
            return {}
        for name in [name for name, value in named.items() if not isinstance(value, Tensor)]:
            self._remark(name, f"it is {shown(named.pop(name))}, not a tensor")
        return named

    def _take_gradients(
        self, when: str, figure: Callable[[Tensor], Tensor] | None, names: Set[str] | None = None
    ) -> set[str]:
        """Whether each gradient is set, and a figure of it; gives those that have none."""
        without = set()
        for name, parameter in self.parameters().items():
            if names is not None and name not in names:
                continue
            gradient = gradient_state.gradient(parameter)
            if gradient is None:
                without.add(name)
                continue
            self._readings.take((when, name), is_set, gradient)
            if figure is not None:
                self._readings.take(("grad_norm", name), figure, gradient)
        return without

    def _keep(self) -> None:
        """Copy the parameters before they move, as many as there is room for."""
        self.before, room = {}, _MOST_BYTES
        for name, parameter in self.parameters().items():
            with self._refusing(name):
                room -= parameter.nbytes if parameter.layout is torch.strided else 0
                if room >= 0:
                    self.before[name] = parameter.detach().clone()
                else:
                    self._remark(name, _NOT_KEPT)

    def _take_moves(self, names: Set[str], *, is_used: bool = True) -> None:
        """How far these have moved, and that it was by their gradient as it was measured last."""
        parameters = self.parameters() if names else {}
        for name in names & self.before.keys() & parameters.keys():
            before = self.before[name]
            with self._refusing(name):
                self._readings.take(("moved", name), norm, parameters[name].detach() - before)
                self._readings.take(("base", name), norm, before)
        for name in names & self._seen.keys() if is_used else ():
            self._used[name] = self._seen[name]
            for figure in ("grad_norm", "after backward"):
                self._readings.keep((figure, name), (f"used {figure}", name))

    @contextmanager
    def _refusing(self, name: str) -> Iterator[None]:
        """What torch can't do with a parameter is missing of that one, and said."""
        try:
            yield
        except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            self._remark(
                name, f"torch can't measure its update ({str(error).splitlines()[0][:80]})"
            )

    def _remark(self, name: str, reason: str) -> None:
        if name not in self._said:
            self._said.add(name)
            self._unsaid.append(f"{name} is n/a in part: {reason}.")

    def _state(
        self, name: str, parameter: Tensor, step: int, without: set[str], *, held: bool
    ) -> dict[str, Any]:
        used = "used " if not held and name in self._used else ""
        times = step - 1 - self.zeroed_after + (self._used if used else self._seen).get(name, 0)
        word = gradient_state.word(self._readings, "now", name, without)
        if not held and self._seen:
            after = f"{used}after backward"
            word = gradient_state.word(self._readings, after, name, {name} - self._seen.keys())
        size = self._readings.get("norm", name)
        grad_norm = self._readings.get(f"{used}grad_norm", name)
        finite = all(math.isfinite(value or 0.0) for value in (size, grad_norm))
        return {
            "name": name,
            "requires_grad": parameter.requires_grad,
            "grad": "accumulated" if word == "set" and times > 1 else word,
            "times": times,
            "norm": size,
            "grad_norm": grad_norm,
            "update": gradient_state.update(self._readings, name),
            "finite": finite,
            "nonfinite": 0 if finite else gradient_state.nonfinite(parameter),
        }


def described(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Name, shape and requires_grad of every parameter; no shape where there is none yet."""
    return [
        {
            "name": name,
            "shape": _shape(p),
            "requires_grad": p.requires_grad,
        }
        for name, p in parameters.items()
        if isinstance(p, Tensor)
    ]


def _shape(parameter: Tensor) -> list[int] | None:
    try:
        return list(parameter.shape)
    except RuntimeError:  # not initialised yet, or of ragged rows
        return None
