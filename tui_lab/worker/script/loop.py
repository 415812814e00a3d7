"""Follows a script's training from hook to hook, and gives it the lab's pause, knobs and guard.

It runs on the script's own thread: while it holds still, so does the script. Between two hooks it
is nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import Optimizer

from tui_lab.commands import GuardMode, Unit
from tui_lab.events import MetricsLogged
from tui_lab.training.phase import BACKWARD, FORWARD, UPDATE, ZERO_GRAD, Phase
from tui_lab.worker.control import Control
from tui_lab.worker.gait import Free, Phasewise, reached
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.script.attempt import ScriptAttempt
from tui_lab.worker.script.declaring import GRADIENT, NORM, rate_keys
from tui_lab.worker.script.epochs import ScriptEpochs
from tui_lab.worker.script.finding import Finding
from tui_lab.worker.script.helm import ScriptHelm
from tui_lab.worker.script.losses import Losses, Measured
from tui_lab.worker.script.places import calling_frame
from tui_lab.worker.script.program import ScriptProgram

Tell = Callable[[FrameType | None], None]


class ScriptLoop:
    """Is told by `hooks` what a script does; a step ends with each update.

    `tell` is called, with where the script stands, when more is known of its training than before.
    """

    def __init__(
        self,
        finding: Finding,
        program: ScriptProgram,
        control: Control,
        publisher: Publisher,
        tell: Tell,
        *,
        hold: Unit | None = None,
        guard: GuardMode = "say",
    ) -> None:
        self.finding = finding
        self.epochs = ScriptEpochs()
        self.stopped: Stopped | None = None
        """Why the script was interrupted; None while it was not."""
        self.position = publisher.position
        self._program = program
        self._publisher = publisher
        self._tell = tell
        past = Past(finding.experiment, program, publisher)
        self.helm = ScriptHelm(
            finding.experiment, program, control, publisher, past, hold=hold, guard=guard
        )
        self._losses, self._measured = Losses(), Measured()
        self._attempt: ScriptAttempt | None = None
        self._extent = (0, 0)
        self._passes = 0
        """Backward passes of the step under way."""
        self._is_held = False

    @property
    def step(self) -> int:
        """Steps begun; the last of them is under way while a step is held open."""
        return self.helm.step

    def request_stop(self, reason: str) -> None:
        """Interrupt the script at its next hook; safe to call from a signal handler."""
        self.helm.orders.request_stop(reason)

    def interrupted(self, reason: str = "") -> None:
        """The script is about to be interrupted wherever it is."""
        self.stopped = Stopped(reason)

    def made(self, found: Optimizer | LRScheduler) -> None:
        self.finding.made(found)

    def scaled(self, scaled: Tensor, loss: Tensor) -> None:
        self._losses.scaled(scaled, loss)

    def measured(self, value: Tensor, counted: int) -> None:
        self._measured.add(value / counted if counted > 1 else value, calling_frame())

    def begun(self, iterator: object, loader: object, batches: int | None) -> None:
        if self.epochs.begun(iterator, loader, batches, self.position.step):
            self._end_epoch()

    def drawn(self, iterator: object) -> None:
        self.epochs.drawn(iterator)

    def before_backward(self, losses: list[Tensor]) -> None:
        if self.stopped is not None:
            raise SystemExit(130)  # it was interrupted, and trains nevertheless
        frame = calling_frame()
        if not self.position.step and not self._passes:
            self.epochs.trains(frame, self.finding.optimizers)
        for root in losses:
            self._program.loss = self._losses.add(root, frame)
        self.finding.losses = self._losses.keys
        self.log_measured()
        if self.finding.is_new:
            self._learn(frame)
        self._begin()
        self._passes += 1
        self._enter(FORWARD, frame)

    def after_backward(self) -> None:
        self._enter(BACKWARD, calling_frame())

    def before_update(self, optimizer: Optimizer) -> None:
        self.finding.used(optimizer)
        if self.finding.is_new:
            self._learn(calling_frame())
        self.finding.knobs.before_update(optimizer)

    def after_update(self, optimizer: Optimizer) -> None:
        for key, label in rate_keys(self.finding.knobs).items():
            self._program.record(key, self.finding.knobs.rate(label))
        self.finding.knobs.after_update()
        frame = calling_frame()
        self._enter(UPDATE, frame)
        self._end_step(frame)

    def after_zeroing(self) -> None:
        if self.finding.is_known:
            self._begin()
            self._enter(ZERO_GRAD, calling_frame())

    def exhausted(self, iterator: object) -> None:
        if self.epochs.exhausted(iterator, self.position.step):
            self._end_epoch()
            self._go_on()

    def _end_epoch(self) -> None:
        self.position.epoch += 1
        if (self.epochs.steps_per_epoch, self.epochs.total_steps) != self._extent:
            self._learn(calling_frame())

    def log_measured(self) -> None:
        """A validation is over, if there was one."""
        if self._measured:
            self._publisher.log_evaluation(values := self._measured.take())
            self.finding.measured = list(dict.fromkeys([*self.finding.measured, *values]))

    def _learn(self, frame: FrameType | None) -> None:
        self.finding.look(frame)
        self._program.trained = self.finding.found.parameters
        self._program.take_values(self.finding.values)
        self._program.turn = self.finding.turn
        self.helm.declare(self.finding.experiment)
        self._extent = self.epochs.steps_per_epoch, self.epochs.total_steps
        self._tell(frame)

    def _begin(self) -> None:
        """A step begins with the first that happens after an update; most are not looked at."""
        step = self.position.step + 1
        if self._attempt is None and self._is_looked_at(step):
            self._look(step)

    def _look(self, step: int) -> ScriptAttempt:
        attempt = ScriptAttempt(step)
        self.helm.watched.begin(step, ())
        self.helm.under_way.attempt = self._attempt = attempt
        self._is_held = False
        return attempt

    def _is_looked_at(self, step: int) -> bool:
        gait, epoch = self.helm.gait, self.position.epoch
        held = isinstance(gait, Phasewise) or reached(gait, step, epoch) != gait
        return held or self.helm.watched.is_due(step)

    def _enter(self, phase: Phase, frame: FrameType | None) -> None:
        """The script stands at a phase: look, guard, hold, and obey."""
        attempt, helm = self._attempt, self.helm
        if isinstance(helm.gait, Free):  # else what comes waits until it has gone so far
            self._obey(self._attend)
        if helm.guard.holds and self._is_damaged(phase):
            attempt = attempt or self._look(self.position.step + 1)
        if attempt is None:
            return
        attempt.enter(phase, frame.f_lineno if frame is not None else 0)
        helm.watched.observe(phase)
        if helm.guard.trips(phase, attempt.step):
            self._is_held = True
            self._obey(lambda: helm.alarm(phase, attempt))
        elif isinstance(helm.gait, Phasewise):
            self._is_held = True
            self._obey(lambda: helm.hold_at(phase, attempt))

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

    def _end_step(self, frame: FrameType | None) -> None:
        """An update is over, and with it a step."""
        step = self.position.step + 1
        for key, value in self._losses.take().items():
            self._program.record(key, value)
        self._program.loss = None
        if step == 1:
            self.epochs.accumulates(self._passes // self.finding.optimizers, frame)
        self._passes = 0
        self.position.step = step
        if not self._program.records:
            self._program.record("updates", 1.0)
        is_full = self._publisher.add_step(step)
        if self._attempt is not None:
            self._attempt = self.helm.under_way.attempt = None
            self.helm.watched.end(step, held=self._is_held)
            self._log_norms(step)
        if self.epochs.stepped(step):
            self._end_epoch()
        if is_full:
            self._obey(self.helm.orders.publish)
            self.helm.look_at_values()
        self._go_on()

    def _go_on(self) -> None:
        gait = self.helm.gait
        self.helm.go_on(reached(gait, self.position.step, self.position.epoch))
        self._obey(self._attend)

    def _attend(self) -> None:
        if self.helm.interrupted and not isinstance(self.helm.gait, Phasewise):
            self.helm.attend()

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
        states = self.helm.watched.seen.get("parameters", ()) if not self._is_held else ()
        columns = {}
        for key, figure in ((NORM, "norm"), (GRADIENT, "grad_norm")):
            found = [state[figure] for state in states if state[figure] is not None]
            if found:
                columns[key] = [math.hypot(*found)]
        if columns:
            epochs = [self.position.epoch]
            self._publisher.note(
                MetricsLogged(
                    t=self._publisher.t, kind="epoch", steps=[step], epochs=epochs, columns=columns
                )
            )
