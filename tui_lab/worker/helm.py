"""How a run goes on, and what orders make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_lab.advice import advice
from tui_lab.commands import (
    Acknowledgement,
    Checkpoint,
    Clip,
    Command,
    Evaluate,
    GuardMode,
    Mistake,
    Pause,
    Rewind,
    SetGuard,
    SetHyperparameter,
    SetHyperparameters,
    Show,
    ShowGraph,
    Skip,
    TakeAgain,
    Unit,
)
from tui_lab.events import AlarmRaised
from tui_lab.experiment import Experiment
from tui_lab.guarding import GuardChanged
from tui_lab.schedule import Intervention
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.alterations import ACTS
from tui_lab.worker.attempt import HeldStep
from tui_lab.worker.control import Control, Request
from tui_lab.worker.gait import Free, Gait, Held, Phasewise, begun, is_paused, ordered
from tui_lab.worker.guard import Guard, explained
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.interventions import ForkDue, forks
from tui_lab.worker.live_values import LiveValues
from tui_lab.worker.looking import look
from tui_lab.worker.orders import Orders
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.under_way import UnderWay
from tui_lab.worker.watch import StepWatch

_NO_STEP = "No step is held; . holds one."


class Helm:
    """Carries out orders to one program, whose loop asks it between steps, and within a step that
    is held."""

    def __init__(
        self,
        experiment: Experiment,
        program: Program,
        control: Control,
        publisher: Publisher,
        past: Past,
        *,
        hold: Unit | None,
        guard: GuardMode,
    ) -> None:
        self._experiment = experiment
        self._program = program
        self._publisher = publisher
        self._position = publisher.position
        self._past = past
        self._values = LiveValues(experiment, program, publisher)
        self._alarmed = False
        publisher.health.advise = self._advise
        self.watched = StepWatch(publisher)
        self.orders = Orders(control, publisher, self._say_again)
        self.guard = Guard(program, guard)
        self.gait = begun(hold)
        self.under_way = UnderWay(program, publisher, past, self.watched)

    @property
    def step(self) -> int:
        """Steps begun; the last of them is under way while a step is held open."""
        return self._position.step + self.watched.inside

    @property
    def interrupted(self) -> bool:
        """Whether there is something to attend to before the next step."""
        return self.orders.pending or isinstance(self.gait, Held) or bool(self._values)

    def attend(self) -> None:
        """Answer one request; while held, wait for one that lets the run go on.

        What comes after such a request waits until the run has gone on: two orders to advance are
        two advances. Raises `Stopped`, or `Damage` before anything is answered.
        """
        self._publisher.check()
        while True:
            self.orders.attend(self._carry_out, wait=isinstance(self.gait, Held))
            if not isinstance(self.gait, Held):
                break
        if not self.watched.inside:
            self._values.apply()

    def do_planned(self) -> None:
        """Do what was planned for the next step. Raises `Stopped` when that is to stop, `ForkDue`
        when it takes another program."""
        step = self._position.step + 1
        if self._past.interventions.next_planned(step) != step:
            return
        planned = self._past.interventions.begin(step)
        if due := [each for each in planned if forks(self._experiment, each)]:
            raise ForkDue(due)
        for each in planned:
            if each.act == "stop":
                raise Stopped("as planned")
            if each.act == "skip":
                self.under_way.leave_out(step)
            if each.act in ACTS:
                self.under_way.altered(step, each.act)
            if each.values and (complaint := self._accept(each.values, "")):
                self._publisher.remark(step, f"What was planned for step {step}: {complaint}")

    def go_on(self, gait: Gait, reason: str = "") -> None:
        """Take up another gait; that it holds still, or does no more, is said."""
        if gait == self.gait:
            return
        self._publisher.check()
        before, self.gait = self.gait, gait
        if is_paused(gait) and not is_paused(before):
            if not self.watched.inside:
                self.watched.stand(self._position.step)
                self._past.keep("pause")
            self._publisher.standing.paused(self._position.step, reason)
        elif is_paused(before) and not is_paused(gait):
            self._publisher.standing.resumed(self._position.step)
        if isinstance(gait, Held):
            self.orders.publish()

    def hold_at(self, phase: Phase, attempt: HeldStep) -> None:
        """Hold the step still at a phase until an order lets it go on."""
        self.watched.hold(attempt.step, phase, attempt.line)
        self.go_on(Held())
        self.attend()

    def alarm(self, phase: Phase, attempt: HeldStep) -> None:
        """Hold the step still at a phase at which something is not finite, and say what."""
        found = self.guard.found(phase)
        message, advice = explained(found, self.guard.origin)
        self.guard.damaged_step = 0
        self._publisher.emit(
            AlarmRaised(
                t=self._publisher.t,
                step=attempt.step,
                kind="guard/loss" if found == ["loss"] else "guard/gradient",
                message=message,
                advice=advice,
                parameter=found[-1] if found else "",
                held=True,
            )
        )
        self.watched.hold(attempt.step, phase, attempt.line)
        self._alarmed = True
        self.go_on(Held(), f"step {attempt.step}: {message}")
        self.attend()
        self._alarmed = False

    def declare(self, experiment: Experiment) -> None:
        """What is driven is known better than before."""
        self._experiment = experiment
        self._values.declare(experiment)

    def look_at_values(self) -> None:
        """See whether the program has read the values it was given."""
        self._values.look()

    def set_guard(self, mode: GuardMode) -> None:
        """Guard the steps after those already taken in this way."""
        if mode != self.guard.mode:
            step = self._position.step
            self._publisher.emit(GuardChanged(t=self._publisher.t, step=step, mode=mode))
        self.guard.mode = mode
        self._publisher.health.silent = mode == "off"
        self._publisher.guarded_after = self._position.step if mode == "hold" else None

    def _advise(self, word: str) -> str:
        return advice(word, self._experiment, vars(self._program.hp))

    def _carry_out(self, request: Request) -> Acknowledgement:
        command = request.command
        match command:
            case SetHyperparameter(name, value):
                return self._set({name: value}, request)
            case SetHyperparameters(values):
                return self._set(values, request)
            case Evaluate():
                with self.orders.busy("evaluating"):
                    self._publisher.evaluate_now()
                return Acknowledgement(True, self.step)
            case SetGuard(mode):
                self.set_guard(mode)
                return Acknowledgement(True, self.step)
            case Checkpoint():
                return self._checkpoint()
            case Rewind(step):
                return self._rewind(step)
            case Show() | ShowGraph():
                return look(command, self.watched, self.step)
            case Mistake(kind):
                return Acknowledgement(True, self.under_way.make(kind, self.step + 1))
            case TakeAgain() | Skip() | Clip():
                return self._retry(command, request)
        return self._advance(command)

    def _advance(self, command: Command) -> Acknowledgement:
        step, epoch = self._position.step, self._position.epoch
        if self._alarmed and not isinstance(command, Pause):
            self.set_guard("say")
        self.go_on(ordered(self.gait, command, step, epoch))
        return Acknowledgement(True, step if isinstance(command, Pause) else step + 1)

    def _set(self, values: Mapping[str, Any], request: Request) -> Acknowledgement:
        if complaint := self._accept(values, request.by):
            return Acknowledgement(False, self.step, complaint)
        return Acknowledgement(True, self.step + 1)

    def _accept(self, values: Mapping[str, Any], by: str) -> str:
        if not values:
            return ""
        step = self.step + 1
        if complaint := self._values.accept(values, step, by):
            return complaint
        self._past.interventions.add(Intervention(step=step, values=values))
        if not self.watched.inside:
            self._values.apply()
        return ""

    def _checkpoint(self) -> Acknowledgement:
        """Within a step the last state before it can be come back to as it is."""
        if not self._past.reaches(self._position.step):
            return Acknowledgement(False, self.step, "The state of this program can't be kept.")
        if not self.watched.inside:
            self._past.keep("asked")
            self._past.report(wait=True)
        return Acknowledgement(True, self._position.step)

    def _rewind(self, step: int) -> Acknowledgement:
        if step > self._position.step:
            return Acknowledgement(False, self.step, f"It has not been at step {step} yet.")
        if not self._past.reaches(step):
            return Acknowledgement(False, self.step, f"There is no way back to step {step}.")
        self.under_way.give_up()
        self._alarmed = False  # what follows is not about the step that was held
        self._publisher.standing.taken_up(step)
        self._values.forget()
        self._past.forget_after(step)
        self._past.go_back(step)
        self._publisher.draw_last()
        self.gait = Free()  # RunResumed has said so
        self.go_on(Held())
        return Acknowledgement(True, step)

    def _retry(self, command: TakeAgain | Skip | Clip, request: Request) -> Acknowledgement:
        """Something else than going on with the step that is held."""
        attempt = self.under_way.attempt
        if attempt is None:
            return Acknowledgement(False, self.step, _NO_STEP)
        step, afterwards = attempt.step, Free() if self._alarmed else Phasewise(paused=True)
        if isinstance(command, Clip):
            self.under_way.alter(attempt, "clip")
            self._publisher.guarded_after = step if self.guard.holds else None
        elif not self._past.reaches(step - 1):
            return Acknowledgement(False, self.step, "There is no way back to before this step.")
        elif isinstance(command, Skip):
            self.under_way.skip(step)
        elif complaint := self._values.complaint(command.values):
            return Acknowledgement(False, self.step, complaint)
        else:
            self.under_way.begin_again(step)
            self._accept(command.values, request.by)
        self.go_on(afterwards)
        return Acknowledgement(True, step)

    def _say_again(self) -> None:
        """There was no room on the disk: that the run holds still is said once more."""
        if is_paused(self.gait):
            self._publisher.standing.paused(self._position.step)
            self.orders.publish()
