"""Follows a script's training from hook to hook, and gives it the lab's pause, knobs and guard.

It runs on the script's own thread: while it holds still, so does the script. Between two hooks it
is nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType

from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import Optimizer

from tui_lab.commands import GuardMode, Unit
from tui_lab.training.phase import BACKWARD, FORWARD, UPDATE, ZERO_GRAD, Phase
from tui_lab.worker.control import Control
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.script.epochs import ScriptEpochs
from tui_lab.worker.script.finding import Finding
from tui_lab.worker.script.helm import ScriptHelm
from tui_lab.worker.script.logged import Logged
from tui_lab.worker.script.losses import Losses, Measured
from tui_lab.worker.script.places import calling_frame
from tui_lab.worker.script.program import ScriptProgram
from tui_lab.worker.script.steps import ScriptSteps

_INTERVAL, _PER_PARAMETER = 0.5, 0.01
"""Seconds between two watched steps, and of those for each parameter: a script was not written to
be looked at, and what is seen of hundreds fills a log."""
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
        self.position = publisher.position
        self._program = program
        self._publisher = publisher
        self._tell = tell
        known = finding.experiment
        past = Past(known, program, publisher)
        self.helm = ScriptHelm(known, program, control, publisher, past, hold=hold, guard=guard)
        self.steps = ScriptSteps(program, publisher, self.helm)
        self._losses, self._measured = Losses(), Measured()
        self.logged: Logged | None = None
        """What the script logs itself; None where it is not heard."""
        finding.losses = self._losses.keys
        self._extent = (0, 0)
        self._passes = 0
        """Backward passes of the step under way."""

    def made(self, found: Optimizer | LRScheduler) -> None:
        self.finding.made(found)

    def scaled(self, scaled: Tensor, loss: Tensor) -> None:
        self._losses.scaled(scaled, loss)

    def measured(self, value: Tensor, counted: int) -> None:
        self._measured.add(value / counted if counted > 1 else value, calling_frame())

    def begun(self, iterator: object, loader: object, batches: int | None) -> None:
        self.steps.publish()  # a validation may take long
        if self.epochs.begun(iterator, loader, batches, self.position.step):
            self.end_epoch()

    def drawn(self, iterator: object) -> None:
        self.epochs.drawn(iterator)

    def exhausted(self, iterator: object) -> None:
        if self.epochs.exhausted(iterator, self.position.step):
            self.end_epoch()
            self.steps.go_on()

    def before_backward(self, losses: list[Tensor]) -> None:
        if self.steps.stopped is not None:
            raise SystemExit(130)  # it was interrupted, and trains nevertheless
        frame = calling_frame()
        if not self.finding.optimizers:
            self._begin_without_optimizer(losses)
        if not self.position.step and not self._passes:
            self.epochs.trains(frame, self.finding.optimizers)
        for root in losses:
            self._program.loss = self._losses.add(root, frame)
        if self._measured:
            self.log_measured()
        if self.logged is not None and self.logged.is_due:
            self.logged.write()
        if self.finding.is_new:
            self.learn(frame)
        self._passes += 1
        self.steps.begin()
        self._enter(FORWARD)

    def after_backward(self) -> None:
        self._enter(BACKWARD)

    def after_zeroing(self) -> None:
        self._publisher.probe.zeroed_after = self.position.step
        self.enter(ZERO_GRAD)

    def before_update(self, optimizer: Optimizer) -> None:
        self.finding.used(optimizer)
        if self.finding.is_new:
            self.learn(calling_frame())
        self.finding.knobs.before_update(optimizer)

    def after_update(self, optimizer: Optimizer) -> None:
        program = self._program
        program.records |= self.finding.knobs.rates.take()
        self.finding.knobs.after_update()
        self._enter(UPDATE)
        self._close_step()

    def finish(self) -> None:
        """The script is over: so is the step under way, where no optimizer ends it."""
        if self._passes and not self.finding.optimizers and self.steps.stopped is None:
            self._close_step()
        self.log_measured()

    def _begin_without_optimizer(self, losses: list[Tensor]) -> None:
        """A script that moves its parameters itself, as by `w -= lr * w.grad`: each backward pass
        begins a step."""
        if self._passes:
            self._close_step()
        for loss in losses:
            self.finding.depends(loss)

    def log_measured(self) -> None:
        """A validation is over, if there was one; what the script logs itself counts more."""
        if self._measured:
            measured, told = self._measured.take(), self.finding.told
            values = {key: value for key, value in measured.items() if key not in told}
            self._publisher.log_evaluation(values)
            self.finding.measured = list(dict.fromkeys([*self.finding.measured, *values]))

    def _close_step(self) -> None:
        program = self._program
        program.records |= self._losses.take()
        if not program.records:
            program.record("updates", 1.0)
        program.loss = None
        self.position.step += 1
        step = self.position.step
        if step == 1:
            passes = self._passes // max(1, self.finding.optimizers)
            self.epochs.accumulates(passes, calling_frame())
        self._passes = 0
        self.steps.end()
        if self.epochs.stepped(step):
            self.end_epoch()
        self.steps.go_on()

    def enter(self, phase: Phase) -> None:
        """The script has done a part of a step that has this name."""
        if self.finding.is_known:
            self.steps.begin()
            self._enter(phase)

    def end_epoch(self, over: int | None = None) -> None:
        """An epoch is over, or as many as the script says."""
        self.position.epoch = self.position.epoch + 1 if over is None else over
        if (self.epochs.steps_per_epoch, self.epochs.total_steps) != self._extent:
            self.learn(calling_frame())

    def learn(self, frame: FrameType | None) -> None:
        """Look at what there is, where the script stands, and tell it."""
        self.finding.look(frame)
        trained = self._program.trained = self.finding.found.parameters
        self._publisher.probe.interval = max(_INTERVAL, _PER_PARAMETER * len(trained))
        self._program.take_values(self.finding.values)
        self._program.turn = self.finding.turn
        self.helm.declare(self.finding.experiment)
        self._extent = self.epochs.steps_per_epoch, self.epochs.total_steps
        self._tell(frame)

    def _enter(self, phase: Phase) -> None:
        self.steps.enter(phase, _line)


def _line() -> int:
    frame = calling_frame()
    return frame.f_lineno if frame is not None else 0
