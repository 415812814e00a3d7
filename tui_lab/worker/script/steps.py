"""The step that a script is taking: looked at, held, guarded, and obeying, where it stands now."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from tui_lab.events import MetricsLogged
from tui_lab.training.phase import BACKWARD, FORWARD, Phase
from tui_lab.worker.gait import Free, Phasewise, reached
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.script.attempt import ScriptAttempt
from tui_lab.worker.script.declaring import GRADIENT, NORM
from tui_lab.worker.script.helm import ScriptHelm
from tui_lab.worker.script.program import ScriptProgram


class ScriptSteps:
    """Follows a script from phase to phase; most of its steps nobody looks at."""

    def __init__(self, program: ScriptProgram, publisher: Publisher, helm: ScriptHelm) -> None:
        self.stopped: Stopped | None = None
        """Why the script was interrupted; None while it was not."""
        self._program = program
        self._publisher = publisher
        self._position = publisher.position
        self._helm = helm
        self._attempt: ScriptAttempt | None = None
        self._is_held = False

    def begin(self) -> None:
        """Something of a step happens, perhaps the first."""
        step = self._position.step + 1
        if self._attempt is None and self._is_looked_at(step):
            self._look(step)

    def enter(self, phase: Phase, line: Callable[[], int]) -> None:
        """The script stands at a phase, at a `line` of its own: look, guard, hold, and obey."""
        attempt, helm = self._attempt, self._helm
        if isinstance(helm.gait, Free):  # else what comes waits until it has gone so far
            self._obey(self._attend)
        if helm.guard.holds and self._is_damaged(phase):
            attempt = attempt or self._look(self._position.step + 1)
        if attempt is None:
            return
        attempt.enter(phase, line())
        helm.watched.observe(phase)
        if helm.guard.trips(phase, attempt.step):
            self._hold(lambda: helm.alarm(phase, attempt))
        elif isinstance(helm.gait, Phasewise):
            self._hold(lambda: helm.hold_at(phase, attempt))

    def end(self) -> None:
        """An update is over, and with it the step; the position counts it already."""
        step = self._position.step
        is_full = self._publisher.add_step(step)
        if self._attempt is not None:
            self._attempt = self._helm.under_way.attempt = None
            self._helm.watched.end(step, held=self._is_held)
            self._log_norms(step)
        if is_full:
            self.publish()
            self._helm.look_at_values()
            cost = self._publisher.cost.measured(self._publisher.t, step)
            if cost is not None:
                self._publisher.note(cost)

    def go_on(self) -> None:
        """Between two steps: hold still where that was asked for, and obey."""
        position = self._position
        self._helm.go_on(reached(self._helm.gait, position.step, position.epoch))
        self._obey(self._attend)

    def publish(self) -> None:
        """Write what has happened; on a full disk the script waits for room."""
        self._obey(self._helm.orders.publish)

    def _look(self, step: int) -> ScriptAttempt:
        attempt = ScriptAttempt(step)
        self._helm.watched.begin(step, ())
        self._helm.under_way.attempt = self._attempt = attempt
        self._is_held = False
        return attempt

    def _is_looked_at(self, step: int) -> bool:
        gait, epoch = self._helm.gait, self._position.epoch
        held = isinstance(gait, Phasewise) or reached(gait, step, epoch) != gait
        return held or self._helm.watched.is_due(step)

    def _hold(self, act: Callable[[], Any]) -> None:
        self._is_held = True
        self._obey(act)

    def _is_damaged(self, phase: Phase) -> bool:
        """Whether a loss or a gradient is not finite; on a card it waits for no more than one
        number."""
        if phase == FORWARD:
            loss = self._program.loss
            return loss is not None and not math.isfinite(loss.detach().sum().item())
        if phase != BACKWARD:
            return False
        gradients = [p.grad for p in self._program.trained.values() if p.grad is not None]
        dense = [gradient for gradient in gradients if gradient.layout is torch.strided]
        norms = torch._foreach_norm(dense) if dense else ()
        return bool(norms) and not math.isfinite(torch.stack(list(norms)).sum().item())

    def _attend(self) -> None:
        if self._helm.interrupted and not isinstance(self._helm.gait, Phasewise):
            self._helm.attend()

    def _obey(self, act: Callable[[], Any]) -> None:
        """An order to stop interrupts the script as ctrl+c would, so that it can save what it
        has."""
        if self.stopped is not None:
            return
        try:
            act()
        except Stopped as stop:
            self.stopped = stop
            raise KeyboardInterrupt from None

    def _log_norms(self, step: int) -> None:
        """‖w‖ and ‖∇‖ of all that is trained, as the last snapshot has them."""
        states = self._helm.watched.seen.get("parameters", ()) if not self._is_held else ()
        columns = {}
        for key, figure in ((NORM, "norm"), (GRADIENT, "grad_norm")):
            found = [state[figure] for state in states if state[figure] is not None]
            if found:
                columns[key] = [math.hypot(*found)]
        if columns:
            t, epochs = self._publisher.t, [self._position.epoch]
            at = MetricsLogged(t=t, kind="epoch", steps=[step], epochs=epochs, columns=columns)
            self._publisher.note(at)
