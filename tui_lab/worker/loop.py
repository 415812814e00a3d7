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
    Command,
    Evaluate,
    Pause,
    Resume,
    SetHyperparameter,
    SetHyperparameters,
    Stop,
    Unit,
)
from tui_lab.experiment import Experiment
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.control import Control, Request
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.live_values import LiveValues
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.room import no_room, wait_for_room
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
        self._control = control
        self._publisher = publisher
        self._watched = StepWatch(publisher)
        self._batches: Iterator[Any] = iter(())
        self._steps_per_epoch = len(program.batches)
        self._values = LiveValues(experiment, program, publisher)
        self.step = 0
        """Steps begun; the last of them is under way while a step is held open."""
        self.completed = 0
        """Steps taken to their end."""
        self.epoch = 0
        """Epochs completed."""
        self._held = False
        self._pause_announced = False
        self._phasewise = False
        self._hold_after_step = 0
        self._hold_after_epoch = 0
        if hold:
            self._advance(hold)
        self._stop_reason: str | None = None
        self._done = False

    def request_stop(self, reason: str) -> None:
        """End the run at the next step boundary; safe to call from a signal handler."""
        self._stop_reason = reason

    def run(self) -> None:
        """Take all steps, or fewer when the program is done. Raises `Stopped`, or whatever the
        program raises."""
        self._publish()
        self._batches = iter(self._program.batches)
        while self.epoch < self._program.epochs and not self._done:
            if self._interrupted:
                self._attend()
            if (due := self._due) > self.step + 1:
                self._rush(due)
            else:
                self._take_step(next(self._batches))
        if self._program.finish():
            self._publisher.evaluate_now(self.step)

    @property
    def _interrupted(self) -> bool:
        return (
            self._control.pending
            or self._held
            or bool(self._values)
            or self._stop_reason is not None
        )

    @property
    def _due(self) -> int:
        """The next step that is more than a step: watched, the last of its epoch, or held after."""
        if self._phasewise:
            return self.step + 1
        due = min(self._watched.next_due(self.step), (self.epoch + 1) * self._steps_per_epoch)
        return min(due, self._hold_after_step) if self._hold_after_step else due

    def _rush(self, due: int) -> None:
        """Take a step, and those after it until `due`, a full block or an interruption.

        The smallest steps take 100 µs: whatever is asked at each of them counts.
        """
        take_step, add_step, batches = self._program.step, self._publisher.add_step, self._batches
        control = self._control
        for step in range(self.step + 1, due):
            self.step = step
            for _ in take_step(next(batches)):
                pass
            self.completed = step
            if add_step(step):
                self._publish()
                break
            if control.pending or self._stop_reason is not None:
                break

    def _take_step(self, batch: Any) -> None:
        """Take one step with all that may be due at it."""
        self.step += 1
        phases = self._program.step(batch)
        if self._phasewise or self._holds_after_it or self._watched.is_due(self.step):
            self._watch(cast("GeneratorType[Phase, None, None]", phases), batch)
        else:
            for _ in phases:
                pass
        self.completed = self.step
        if self._publisher.add_step(self.step):
            self._publish()
        if self.step % self._steps_per_epoch == 0:
            self._end_epoch()
        if self.step == self._hold_after_step:
            self._hold()

    @property
    def _holds_after_it(self) -> bool:
        """Whether the loop holds still once the step under way is over."""
        ends_epoch = self.step % self._steps_per_epoch == 0
        held_epoch = ends_epoch and self.epoch + 1 == self._hold_after_epoch
        return held_epoch or self.step == self._hold_after_step

    def _watch(self, phases: GeneratorType[Phase, None, None], batch: Any) -> None:
        """Take a step with the probe at every phase, stopping there while told to."""
        self._watched.begin(self.step, batch)
        held = False
        for phase in self._watched.forward(phases):
            self._watched.observe(phase)
            if self._phasewise:
                held = True
                self._watched.hold(self.step, phase, phases)
                self._hold()
                self._attend()
        self._watched.end(self.step, held=held)

    def _end_epoch(self) -> None:
        """Measure, and draw the order of the next epoch (the old one's iterator ends first)."""
        self.epoch += 1
        self._publisher.evaluate_epoch(self.step, self.epoch)
        for _ in self._batches:
            raise RuntimeError("The epoch has more batches than len(program.batches).")
        self._done = self._program.done
        if not self._done:
            self._batches = iter(self._program.batches)
        if self.epoch == self._hold_after_epoch:
            self._hold()

    def _publish(self) -> None:
        """Write the block; a full disk holds the run until there is room or someone decides."""
        try:
            self._publisher.publish()
        except OSError as error:
            self._wait_for_room(error)

    def _wait_for_room(self, error: OSError) -> None:
        wait_for_room(self._publisher, self._control, self.step, error, lambda: self._stop_reason)
        if self._pause_announced:
            self._publisher.paused(self.completed)
            self._publish()

    def _hold(self) -> None:
        """Hold still here, and say so."""
        self._stand_still()
        self._publish()

    def _stand_still(self) -> None:
        self._hold_after_step = self._hold_after_epoch = 0
        self._held = True
        if not self._pause_announced:
            self._pause_announced = True
            if not self._watched.inside:
                self._watched.stand(self.completed)
            self._publisher.paused(self.completed)

    def _release(self, *, announce: bool = True) -> None:
        """Let go; from phase to phase that is not worth an event."""
        self._held = False
        if announce and self._pause_announced:
            self._pause_announced = False
            self._publisher.resumed(self.completed)

    def _attend(self) -> None:
        """Answer one request; while held, wait for one that lets the loop go on.

        What comes after such a request waits until the loop has gone on: two orders to advance
        are two advances.
        """
        while True:
            if self._stop_reason is not None:
                raise Stopped(self._stop_reason)
            request = self._control.take(timeout=0.25 if self._held else 0.0)
            if request is not None:
                self._obey(request)
            if not self._held and self._stop_reason is None:
                break
        if not self._watched.inside:
            self._values.apply()

    def _obey(self, request: Request) -> None:
        """Carry an order out; what it changed is written before it is answered. An order to stop is
        answered by the end of the run."""
        answer = self._carry_out(request.command)
        try:
            self._publisher.publish()
        except OSError as error:
            request.answer(Acknowledgement(False, self.step, no_room(error)))
            self._wait_for_room(error)
        if answer is not None:
            request.answer(answer)

    def _carry_out(self, command: Command) -> Acknowledgement | None:
        match command:
            case Pause():
                self._stand_still()
                return Acknowledgement(True, self.completed)
            case Resume():
                self._phasewise = False
                self._hold_after_step = self._hold_after_epoch = 0
                self._release()
                return Acknowledgement(True, self.completed + 1)
            case Advance(unit):
                return self._advance(unit)
            case SetHyperparameter(name, value):
                return self._accept({name: value})
            case SetHyperparameters(values):
                return self._accept(values)
            case Evaluate():
                self._publisher.evaluate_now(self.completed)
                return Acknowledgement(True, self.step)
            case Stop(reason):
                self._stop_reason = reason
                return None
            case _:
                return Acknowledgement(False, self.step, "Nothing here can do that.")

    def _advance(self, unit: Unit) -> Acknowledgement:
        inside = self._watched.inside
        self._phasewise = unit == "phase"
        if unit == "step":
            self._hold_after_step = (
                self.step if inside else max(self.step, self._hold_after_step) + 1
            )
        elif unit == "epoch":
            self._hold_after_epoch = max(self.epoch, self._hold_after_epoch) + 1
        self._release(announce=unit != "phase")
        return Acknowledgement(True, self.step if inside else self.step + 1)

    def _accept(self, values: Mapping[str, Any]) -> Acknowledgement:
        if complaint := self._values.accept(values, self.step + 1):
            return Acknowledgement(False, self.step, complaint)
        if not self._watched.inside:
            self._values.apply()
        return Acknowledgement(True, self.step + 1)
