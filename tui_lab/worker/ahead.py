"""What lies ahead of a loop: the next step that is more than a step."""

from __future__ import annotations

from tui_lab.worker.gait import Phasewise, bound, reached
from tui_lab.worker.helm import Helm
from tui_lab.worker.past import Past
from tui_lab.worker.position import Position


class Ahead:
    """Looks ahead from where a run stands, as things are now."""

    def __init__(self, helm: Helm, past: Past, position: Position) -> None:
        self._helm = helm
        self._past = past
        self._position = position

    @property
    def due(self) -> int:
        """The next step that is more than a step: watched, the last of its epoch, or measured, held
        or kept after."""
        step, helm = self._position.step, self._helm
        due = min(helm.watched.next_due(step), self._past.epochs.due)
        due = min(due, bound(helm.gait, step) or due)
        if helm.guard.damaged_step > step:
            due = min(due, helm.guard.damaged_step)
        return min(due, self._past.next_due(step) or due)

    @property
    def plain(self) -> int:
        """The last of the next steps that nobody looks at; what comes after may be more than a
        step, and so may the end of this one."""
        due = self.due
        watched = self._helm.watched.next_due(self._position.step) == due
        return due - 1 if watched or self._is_altered(due) else due

    def is_looked_at(self, step: int) -> bool:
        """Whether this step, the next, is more than taken: held in it or after it, altered, or
        watched."""
        return self._is_altered(step) or self._helm.watched.is_due(step)

    def _is_altered(self, step: int) -> bool:
        """Whether the step is held in or after, or something is done in it."""
        gait = self._helm.gait
        epoch = self._position.epoch + (step == self._past.epochs.last)
        return (
            isinstance(gait, Phasewise)
            or reached(gait, step, epoch) != gait
            or step == self._helm.guard.damaged_step
            or bool(self._past.interventions.done(step))
        )
