"""What a run can go back to: states that were captured on the way, and what was done to it since.

The nearest state before a step is restored, and the steps up to it are played back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tui_lab.errors import RunError
from tui_lab.experiment import Experiment
from tui_lab.schedule import Intervention
from tui_lab.training.program import Program
from tui_lab.training.state import restore
from tui_lab.worker.checkpoints import Capture, Checkpoints, Place
from tui_lab.worker.distance import DISTANCE, ParentDistance
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.guard import Guard
from tui_lab.worker.interventions import Interventions, forks
from tui_lab.worker.playback import Playback, set_values
from tui_lab.worker.publisher import Publisher


class Past:
    """The past of one program, whose run stands where `publisher` says.

    Without `checkpoints` there is no way back. `planned` is what is to be done to the run, `done`
    what was; `taken` batches of the epoch under way lie behind.
    """

    def __init__(
        self,
        experiment: Experiment,
        program: Program,
        publisher: Publisher,
        checkpoints: Checkpoints | None = None,
        *,
        planned: Iterable[Intervention] = (),
        done: Sequence[Intervention] = (),
        values: Mapping[str, Any] | None = None,
        taken: int = 0,
        parent: ParentDistance | None = None,
    ) -> None:
        """`values` are those the run began with (JSON form), the program's own when not given;
        `parent` measures how far a branch has gone from its parent."""
        self._parent = parent
        self._experiment = experiment
        self._program = program
        self._publisher = publisher
        self._checkpoints = checkpoints
        self._position = publisher.position
        self._values = dict(values or experiment.to_json(vars(program.hp)))
        self.epochs = Epochs(program, publisher.position, taken)
        self.interventions = Interventions(planned, done)
        forked = (each.step - 1 for each in done if forks(experiment, each))
        self._earliest = max(forked, default=0)
        """The step at which the run forked last: before it, it was another program."""

    def next_due(self, step: int) -> int | None:
        """The next step after which the state is to be kept, or before which something is to be
        done; None when neither is known."""
        found = self.interventions.next_planned(step + 1)
        planned = [] if found is None else [found - 1]
        kept = [] if self._checkpoints is None else [self._checkpoints.next_due(step)]
        apart = [] if self._parent is None else [self._parent.next_due(step)]
        return min((due for due in planned + kept + apart if due is not None), default=None)

    @property
    def place(self) -> Place:
        """Where the run stands, between two steps."""
        position = self._position
        return Place(position.step, position.epoch, self.epochs.taken, position.t)

    def begin(self) -> None:
        """Keep the state that the run begins with, or goes on from, unless it is kept already."""
        step = self._position.step
        if step and step == self._earliest:
            self.keep("fork")
            return
        kept = None if self._checkpoints is None else self._checkpoints.latest(step)
        if kept is None or kept.place.step != step:
            self.keep("begin" if step else "")

    def keep_due(self) -> None:
        """Keep the present state if it is time to, and measure a branch where it can be."""
        if self._parent is not None:
            step = self._position.step
            distance = self._parent.measure(step, self._program)
            if distance is not None:
                self._publisher.log_evaluation({DISTANCE: distance})
        if self._checkpoints is not None:
            if self._checkpoints.is_due(self._position.step):
                self.keep()
            self.report()

    def keep(self, reason: str = "") -> None:
        """Keep the present state; no step is under way."""
        if self._checkpoints is None:
            return
        try:
            self._checkpoints.take(self.place, reason)
        except TypeError as error:  # it holds what can't be captured
            self._publisher.remark(self._position.step, f"No state is kept: {error}")
            self._checkpoints = None

    def report(self, *, wait: bool = False) -> None:
        """Log which states are on disk by now; `wait` for those on their way."""
        if self._checkpoints is None:
            return
        if wait:
            self._checkpoints.flush()
        for event in self._checkpoints.written():
            self._publisher.note(event)
        for complaint in self._checkpoints.complaints():
            self._publisher.remark(self._position.step, complaint)

    def reaches(self, step: int) -> bool:
        """Whether there is a way back to `step`."""
        kept = self._checkpoints is not None and self._checkpoints.reaches(step)
        return kept and step >= self._earliest

    def go_back(self, step: int) -> None:
        """Everything is as it was after `step` steps, with what was done then for the next step.
        Raises `RunError` where there is no way."""
        self._publisher.settle()  # what was gathered is of the steps until here
        playback = self._from_capture(step)
        playback.to(step)
        self._set_back(step)
        playback.prepare(step + 1)
        self._position.go_to(playback.step, playback.epoch, self._position.t)
        self.epochs.go_on(playback.taken)
        self._publisher.forget_after(step)

    def forget_after(self, step: int) -> None:
        """What came after `step` never happened."""
        self.interventions.forget_after(step)
        if self._checkpoints is not None:
            self._checkpoints.forget_after(step)

    def cause(self, step: int, guard: Guard) -> int:
        """The first step up to `step` at which something was not finite, and `step` itself where
        that shows only after its update. The program is left somewhere in between."""
        playback = self._from_capture(step - 1)
        return step if playback.to(step, guard.look) else playback.step + 1

    def _from_capture(self, step: int) -> Playback:
        capture = None if self._checkpoints is None else self._checkpoints.latest(step)
        if capture is None or capture.place.step < self._earliest:
            raise RunError(f"There is no way back to step {step}: no state before it was kept.")
        return played_from(capture, self._experiment, self._program, self.interventions)

    def _set_back(self, step: int) -> None:
        """A state may have been captured when the values of the next step were in force already."""
        values = self._values | self.interventions.values_at(step)
        present = self._experiment.to_json(vars(self._program.hp))
        set_values(
            self._experiment,
            self._program,
            {name: value for name, value in values.items() if present[name] != value},
        )


def played_from(
    capture: Capture, experiment: Experiment, program: Program, interventions: Interventions
) -> Playback:
    """A playback of a program that is restored to a captured state."""
    place = capture.place
    restore(program, capture.state)
    return Playback(
        experiment, program, interventions, step=place.step, epoch=place.epoch, taken=place.taken
    )
