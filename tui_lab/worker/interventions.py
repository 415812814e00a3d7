"""What is done to a run at which of its steps: what was asked for beforehand, and what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS
from tui_lab.schedule import ALTERATIONS, Intervention


class ForkDue(Exception):
    """The run is to go on as another program, built anew for these interventions."""

    def __init__(self, interventions: list[Intervention]) -> None:
        super().__init__(f"step {interventions[0].step}")
        self.interventions = interventions


def forks(experiment: Experiment, intervention: Intervention) -> bool:
    """Whether an intervention takes a program that is built anew."""
    frozen = [n for n in intervention.values if n != EPOCHS and not experiment[n].live]
    return intervention.act == "weights" or bool(frozen)


class Interventions:
    """Interventions by the step they are of. Those that stand in the log are `done`; the others are
    to be done when their step comes."""

    def __init__(
        self, planned: Iterable[Intervention] = (), done: Iterable[Intervention] = ()
    ) -> None:
        self._planned: dict[int, list[Intervention]] = {}
        self._done: dict[int, list[Intervention]] = {}
        for each in planned:
            self.plan(each)
        for each in done:
            self.add(each)

    def plan(self, intervention: Intervention) -> None:
        """This is to be done when its step comes."""
        # A run that is to be stopped after a step is, before the next.
        step = intervention.step + (intervention.act == "stop")
        self._planned.setdefault(step, []).append(intervention)

    def add(self, intervention: Intervention) -> None:
        """This was done just now, and stands in the log."""
        self._done.setdefault(intervention.step, []).append(intervention)

    def done(self, step: int) -> list[Intervention]:
        """What was done at this step, should it be taken again."""
        return self._done.get(step, [])

    def begin(self, step: int) -> list[Intervention]:
        """Take what is planned for this step out of the plan: it is done now."""
        return self._planned.pop(step, [])

    def next_planned(self, step: int) -> int | None:
        """The first step from `step` on for which something is planned."""
        return min((planned for planned in self._planned if planned >= step), default=None)

    def forget_after(self, step: int) -> None:
        """The run went back: what was done after this step never happened."""
        self._done = {at: done for at, done in self._done.items() if at <= step}

    def forget_alterations(self, step: int) -> None:
        """What was done inside an attempt at this step that is given up."""
        if step in self._done:
            self._done[step] = [e for e in self._done[step] if e.act not in ALTERATIONS]

    def all_done(self) -> Iterator[Intervention]:
        """What was done, in the order of steps."""
        for step in sorted(self._done):
            yield from self._done[step]

    def all_planned(self) -> Iterator[Intervention]:
        """What is planned, in the order of steps."""
        for step in sorted(self._planned):
            yield from self._planned[step]

    def values_at(self, step: int) -> dict[str, object]:
        """The values (JSON form) that were given up to this step, the last of each name."""
        given: dict[str, object] = {}
        for each in self.all_done():
            if each.step <= step:
                given |= each.values
        return given
