"""The one loop that drives every program: steps, epochs, blocks of events, and who may interrupt.

Running free it rushes through a step's yields; held, it stops where it was told to: between two
steps, after a step or an epoch, or at each phase inside a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import Any, cast

from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Evaluate,
    Pause,
    Resume,
    SetHyperparameter,
    SetHyperparameters,
    Unit,
)
from tui_lab.experiment import Experiment
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.control import Control, Request
from tui_lab.worker.gait import Gait, Held, Phasewise, begun, bound, is_paused, ordered, reached
from tui_lab.worker.live_values import LiveValues
from tui_lab.worker.orders import Orders
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.watch import StepWatch


class Loop:
    """Drives one program from its first step to its last, obeying `control` between steps."""

    def __init__(
        self,
        experiment: Experiment,
        program: Program,
        control: Control,
        publisher: Publisher,
        *,
        hold: Unit | None = None,
    ) -> None:
        """`hold` says where the loop holds still at first."""
        self._program = program
        self._publisher = publisher
        self._orders = Orders(control, publisher, self._say_again)
        self._control = control
        self._watched = StepWatch(publisher)
        self._values = LiveValues(experiment, program, publisher)
        self._gait = begun(hold)
        self._batches: Iterator[Any] = iter(())
        self._last_of_epoch = 0
        """The step that ends the epoch under way."""
        self.position = publisher.position

    def request_stop(self, reason: str) -> None:
        """End the run at the next step boundary; safe to call from a signal handler."""
        self._orders.request_stop(reason)

    @property
    def step(self) -> int:
        """Steps begun; the last of them is under way while a step is held open."""
        return self.position.step + self._watched.inside

    def run(self) -> None:
        """Take all steps, or fewer when the program is done. Raises `Stopped`, or whatever the
        program raises."""
        self._orders.publish()
        self._begin_epoch()
        while self.position.step < self._last_of_epoch:
            if self._interrupted:
                self._attend()
            if (due := self._due) > self.position.step + 1:
                self._rush(due)
            else:
                self._take_step(next(self._batches))
        if self._program.finish():
            self._publisher.evaluate_now()

    @property
    def _interrupted(self) -> bool:
        return self._orders.pending or isinstance(self._gait, Held) or bool(self._values)

    @property
    def _due(self) -> int:
        """The next step that is more than a step: watched, the last of its epoch, or held after."""
        step = self.position.step
        due = min(self._watched.next_due(step), self._last_of_epoch)
        return min(due, bound(self._gait, step) or due)

    def _rush(self, due: int) -> None:
        """Take a step, and those after it until `due`, a full block or an interruption.

        The smallest steps take 100 µs: whatever is asked at each of them counts.
        """
        take_step, add_step, batches = self._program.step, self._publisher.add_step, self._batches
        position, control, orders = self.position, self._control, self._orders
        for step in range(position.step + 1, due):
            for _ in take_step(next(batches)):
                pass
            position.step = step
            if add_step(step):
                orders.publish()
                break
            if control.pending or orders.stop_reason is not None:
                break

    def _take_step(self, batch: Any) -> None:
        """Take one step with all that may be due at it."""
        step = self.position.step + 1
        phases = self._program.step(batch)
        if self._holds_within(step) or self._watched.is_due(step):
            self._watch(step, cast("GeneratorType[Phase, None, None]", phases), batch)
        else:
            for _ in phases:
                pass
        self.position.step = step
        if self._publisher.add_step(step):
            self._orders.publish()
        if step == self._last_of_epoch:
            self._end_epoch()
        self._go_on(reached(self._gait, step, self.position.epoch))

    def _holds_within(self, step: int) -> bool:
        """Whether the loop holds still inside this step, or once it is over."""
        if isinstance(self._gait, Phasewise):
            return True
        epoch = self.position.epoch + (step == self._last_of_epoch)
        return reached(self._gait, step, epoch) != self._gait

    def _watch(self, step: int, phases: GeneratorType[Phase, None, None], batch: Any) -> None:
        """Take a step with the probe at every phase, stopping there while told to."""
        self._watched.begin(step, batch)
        held = False
        for phase in phases:
            self._watched.observe(phase)
            if isinstance(self._gait, Phasewise):
                held = True
                self._watched.hold(step, phase, phases)
                self._go_on(Held())
                self._attend()
        self._watched.end(step, held=held)

    def _begin_epoch(self) -> None:
        """Draw the order of the next epoch, if there is to be one."""
        if self.position.epoch < self._program.epochs:
            self._batches = iter(self._program.batches)
            self._last_of_epoch = self.position.step + len(self._program.batches)

    def _end_epoch(self) -> None:
        """Measure, and draw the order of the next epoch (the old one's iterator ends first)."""
        self.position.epoch += 1
        self._publisher.evaluate_epoch()
        for _ in self._batches:
            raise RuntimeError("The epoch has more batches than len(program.batches).")
        if not self._program.done:
            self._begin_epoch()

    def _go_on(self, gait: Gait) -> None:
        """Take up another gait; that it holds still, or does no more, is said."""
        before, self._gait = self._gait, gait
        if is_paused(gait) and not is_paused(before):
            if not self._watched.inside:
                self._watched.stand(self.position.step)
            self._publisher.paused(self.position.step)
        elif is_paused(before) and not is_paused(gait):
            self._publisher.resumed(self.position.step)
        if isinstance(gait, Held) and gait != before:
            self._orders.publish()

    def _say_again(self) -> None:
        """There was no room on the disk: that the run holds still is said once more."""
        if is_paused(self._gait):
            self._publisher.paused(self.position.step)
            self._orders.publish()

    def _attend(self) -> None:
        """Answer one request; while held, wait for one that lets the loop go on.

        What comes after such a request waits until the loop has gone on: two orders to advance
        are two advances.
        """
        while True:
            self._orders.attend(self._carry_out, wait=isinstance(self._gait, Held))
            if not isinstance(self._gait, Held):
                break
        if not self._watched.inside:
            self._values.apply()

    def _carry_out(self, request: Request) -> Acknowledgement:
        match request.command:
            case Pause():
                self._go_on(Held())
                return Acknowledgement(True, self.position.step)
            case Resume() | Advance() as order:
                self._go_on(ordered(self._gait, order, self.position.step, self.position.epoch))
                return Acknowledgement(True, self.position.step + 1)
            case SetHyperparameter(name, value):
                return self._accept({name: value})
            case SetHyperparameters(values):
                return self._accept(values)
            case Evaluate():
                self._publisher.evaluate_now()
                return Acknowledgement(True, self.step)
        return Acknowledgement(False, self.step, "Nothing here can do that.")

    def _accept(self, values: Mapping[str, Any]) -> Acknowledgement:
        if complaint := self._values.accept(values, self.step + 1):
            return Acknowledgement(False, self.step, complaint)
        if not self._watched.inside:
            self._values.apply()
        return Acknowledgement(True, self.step + 1)
