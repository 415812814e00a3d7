"""The one loop that drives every program: steps, epochs, blocks of events, and who may interrupt.

Running free it rushes through a step's yields; held, it stops where it was told to: between two
steps, after a step or an epoch, or at each phase inside a step. It can go back: what it did after
some step is undone, and done in another way.
"""

from __future__ import annotations

from typing import Any

from tui_lab.commands import GuardMode, Unit
from tui_lab.experiment import Experiment
from tui_lab.training.program import Program
from tui_lab.worker.ahead import Ahead
from tui_lab.worker.alterations import alterations
from tui_lab.worker.attempt import Attempt
from tui_lab.worker.captured.steps import RecordedSteps
from tui_lab.worker.control import Control
from tui_lab.worker.gait import Phasewise, is_paused, reached
from tui_lab.worker.guard import Damage
from tui_lab.worker.helm import Helm
from tui_lab.worker.interruption import BrokenOff, Stopped
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher


class Loop:
    """Drives one program from where it stands to its last step, obeying `control` between steps."""

    def __init__(
        self,
        experiment: Experiment,
        program: Program,
        control: Control,
        publisher: Publisher,
        *,
        past: Past | None = None,
        hold: Unit | None = None,
        guard: GuardMode = "say",
        recorded: RecordedSteps | None = None,
    ) -> None:
        """`past` is what the loop can go back to, and what is to be done at which step; `hold` says
        where it holds still at first; `recorded` takes steps that nobody looks at, where it can."""
        self._program = program
        self._publisher = publisher
        self._control = control
        self._past = past or Past(experiment, program, publisher)
        self._epochs = self._past.epochs
        self._helm = Helm(
            experiment, program, control, publisher, self._past, hold=hold, guard=guard
        )
        self._watched = self._helm.watched
        self._guard = self._helm.guard
        self.position = publisher.position
        self._cost = publisher.cost
        self._recorded = recorded
        self._ahead = Ahead(self._helm, self._past, self.position)

    def request_stop(self, reason: str) -> None:
        """End the run at the next step boundary; safe to call from a signal handler."""
        self._helm.orders.request_stop(reason)

    @property
    def step(self) -> int:
        """Steps begun; the last of them is under way while a step is held open."""
        return self._helm.step

    def run(self) -> None:
        """Take all steps, or fewer when the program is done. Raises `Stopped`, or whatever the
        program raises."""
        self._helm.orders.publish()
        self._past.begin()
        self._helm.set_guard(self._guard.mode)
        try:
            with self._control.busy("taking a step"):
                self._take_steps()
        except Stopped as stop:
            if self._helm.under_way.attempt is None and not isinstance(stop, BrokenOff):
                self._past.keep("stop")
            raise
        finally:
            self._publisher.guarded_after = None
            self._past.report(wait=True)
            self._report_cost(last=True)
        if self._program.finish():
            self._publisher.evaluate_now()

    def _take_steps(self) -> None:
        while self._has_more:
            self._proceed()
        self._past.keep("end")

    @property
    def _has_more(self) -> bool:
        """Whether there is another step; what is planned for it may be that there are more."""
        epochs = self._epochs
        if epochs.is_done:
            self._helm.do_planned()
            epochs.is_closed = self._program.done
            if epochs.is_over and not epochs.is_closed:
                epochs.go_on()
        return not epochs.is_done

    def _proceed(self) -> None:
        try:
            if self._helm.interrupted:
                self._helm.attend()
            self._helm.do_planned()
            if self._epochs.is_over:  # the last of its batches was left out
                self._arrive(stepped=False)
            elif self._replay():
                pass
            elif (due := self._ahead.due) > self.position.step + 1:
                self._rush(due)
            else:
                self._take_step()
        except StopIteration:  # of batches of no known number
            self._epochs.exhaust()
            self._arrive(stepped=False)
            self._helm.go_on(reached(self._helm.gait, self.position.step, self.position.epoch))
        except Damage as damage:
            self._go_back_before(damage.step)

    def _rush(self, due: int) -> None:
        """Take a step, and those after it until `due`, a full block or an interruption.

        The smallest steps take 100 µs: whatever is asked at each of them counts.
        """
        take_step, add_step = self._program.step, self._publisher.add_step
        position, control, orders = self.position, self._control, self._helm.orders
        batches, before, is_full = self._epochs.batches, position.step, False
        try:
            with self._cost.program():
                for step in range(before + 1, due):
                    for _ in take_step(next(batches)):
                        pass
                    position.step = step
                    if is_full := add_step(step):
                        break
                    if control.pending or orders.stop_reason is not None:
                        break
        finally:
            self._cost.took_over(position.step - before)
        if is_full:
            self._close_block()

    def _replay(self) -> bool:
        """Take the next steps as a card has recorded them, as far as nobody looks at them; whether
        there were any."""
        recorded = self._recorded
        if recorded is None or recorded.refused:
            return False
        most = self._ahead.plain - self.position.step
        if most <= 0:
            return False
        with self._cost.program():
            taken = recorded.take(self._epochs, most, self._goes_on)
        if taken:
            self._stepped(is_full=self._publisher.is_due or recorded.is_full)
        return bool(taken)

    def _goes_on(self) -> bool:
        """Whether nobody asked for anything, and nothing has to be written."""
        return not (self._helm.orders.pending or self._publisher.is_due)

    def _take_step(self) -> None:
        """Take one step with all that may be due at it."""
        step = self.position.step + 1
        with self._cost.program():
            batch = next(self._epochs.batches)
        if self._ahead.is_looked_at(step):
            if not self._watch(step, batch):
                return
        else:
            with self._cost.program():
                for _ in self._program.step(batch):
                    pass
        self.position.step = step
        with self._cost.taking_over():
            is_full = self._publisher.add_step(step)
        self._stepped(is_full=is_full)

    def _stepped(self, *, is_full: bool) -> None:
        """The run has come to the end of a step that may be more than a step."""
        step = self.position.step
        self._arrive(stepped=True)
        if is_full or step == self._past.next_due(step - 1):
            self._close_block()
        self._helm.go_on(reached(self._helm.gait, step, self.position.epoch))

    def _watch(self, step: int, batch: Any) -> bool:
        """Take a step with the probe at every phase, stopping there while told to; whether it was
        taken to its end."""
        attempt = self._helm.under_way.attempt = self._begin(step, batch)
        held = False
        for phase in attempt:
            self._watched.observe(phase)
            if self._guard.trips(phase, step):
                self._look_closer(attempt)
                held = True
                self._helm.alarm(phase, attempt)
            elif isinstance(self._helm.gait, Phasewise):
                held = True
                self._helm.hold_at(phase, attempt)
        self._helm.under_way.attempt = None
        self._cost.looked(self._watched.activations.spent)
        if not attempt.given_up:
            self._watched.end(step, held=held)
        return not attempt.given_up

    def _begin(self, step: int, batch: Any) -> Attempt:
        """A step that is watched, with what was planned for it besides."""
        interventions = self._past.interventions.done(step)
        done = alterations(self._program, interventions)
        self._watched.begin(step, batch, (each.act for each in interventions))
        return Attempt(
            self._program,
            step,
            batch,
            done,
            forward=self._watched.activations,
            look=self._guard.look_at(step),
            timed=self._cost.awaited,
        )

    def _look_closer(self, attempt: Attempt) -> None:
        """Something is not finite in a step that was looked at by chance: it is taken again with a
        look at where that arises, if there is a way back and nobody has held it."""
        step = attempt.step
        chance = self._guard.damaged_step != step and not is_paused(self._helm.gait)
        if chance and self._past.reaches(step - 1):
            self._helm.under_way.give_up()
            raise Damage(step)

    def _arrive(self, *, stepped: bool) -> None:
        """A step is over, and perhaps an epoch: measure, and draw the order of the next epoch."""
        epochs, epoch = self._epochs, self.position.epoch
        with self._cost.program():
            is_due = epochs.arrive(stepped=stepped)
        if is_due:
            with self._control.busy("evaluating"):
                self._publisher.evaluate_epoch()
        if is_due or self.position.epoch > epoch:
            self._helm.look_at_values()
            epochs.is_closed = self._program.done
        if epochs.is_over and not epochs.is_closed:
            with self._cost.program():
                epochs.go_on()
        if epochs.is_done:
            self._publisher.check()

    def _close_block(self) -> None:
        """Write what was measured, and keep the state if it is time to."""
        with self._cost.awaited():
            pass  # what is written is copied from the device
        self._helm.orders.publish()
        self._helm.look_at_values()
        self._past.keep_due()
        self._report_cost()

    def _report_cost(self, *, last: bool = False) -> None:
        """Say what the lab takes of the run's time, if that is due."""
        measured = self._cost.measured(self._publisher.t, self.position.step, last=last)
        if measured is not None:
            self._publisher.note(measured)

    def _go_back_before(self, step: int) -> None:
        """Something was not finite after `step`: stand before the step where that began, which is
        then taken phase by phase. Where there is no way back it is said, and that is all."""
        if not self._past.reaches(step - 1):
            self._helm.set_guard("say")
            return
        cause = self._past.cause(step, self._guard)
        self._past.go_back(cause - 1)
        self._guard.damaged_step = cause
