"""The step that is under way and held, and what can be done with it besides going on."""

from __future__ import annotations

from tui_lab.commands import MistakeKind
from tui_lab.events import StepAbandoned, StepAltered
from tui_lab.schedule import Act, Intervention
from tui_lab.training.program import Program
from tui_lab.worker.alterations import ACTS
from tui_lab.worker.attempt import HeldStep
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.watch import StepWatch


class UnderWay:
    """Gives a step up, leaves its batch out, alters it; each is logged, and known to the past."""

    def __init__(
        self, program: Program, publisher: Publisher, past: Past, watched: StepWatch
    ) -> None:
        self._program = program
        self._publisher = publisher
        self._past = past
        self._watched = watched
        self.attempt: HeldStep | None = None
        """None between two steps, and in one that nobody looks at."""

    def give_up(self) -> None:
        """Take no more of the step; what was done inside it is forgotten."""
        if self.attempt is not None:
            self.attempt.give_up()
            self._watched.give_up()
            self._past.interventions.forget_alterations(self.attempt.step)
            self.attempt = None

    def begin_again(self, step: int) -> None:
        """Undo the attempt at `step`: everything is as it was before."""
        self.give_up()
        self._publisher.emit(StepAbandoned(t=self._publisher.t, step=step, then="again"))
        self._past.go_back(step - 1)

    def skip(self, step: int) -> None:
        """Undo the attempt at `step`, and leave its batch out."""
        self.give_up()
        self._past.go_back(step - 1)
        self.leave_out(step)

    def leave_out(self, step: int) -> None:
        """Take no step with the next batch: the one after it is for `step`."""
        self._publisher.emit(StepAbandoned(t=self._publisher.t, step=step, then="skip"))
        self._past.interventions.add(Intervention(step=step, act="skip"))
        self._past.epochs.leave_out()

    def dropped(self, step: int) -> None:
        """The gradients of this step are not used."""
        self._publisher.emit(StepAbandoned(t=self._publisher.t, step=step, then="skip"))

    def alter(self, attempt: HeldStep, act: Act) -> None:
        """Do something inside the step, from where it stands on."""
        attempt.alter(ACTS[act](self._program))
        self.altered(attempt.step, act)

    def make(self, kind: MistakeKind, next_step: int) -> int:
        """Make a mistake in the step that is held if it has yet to come to it, else in the next;
        gives which."""
        if self.attempt is None or not self._watched.takes(kind):
            self._past.interventions.plan(Intervention(step=next_step, act=kind))
            return next_step
        self._watched.alter(kind)
        self.alter(self.attempt, kind)
        return self.attempt.step

    def altered(self, step: int, act: Act) -> None:
        """Something is done inside `step`."""
        self._publisher.emit(StepAltered(t=self._publisher.t, step=step, how=act))
        self._past.interventions.add(Intervention(step=step, act=act))
