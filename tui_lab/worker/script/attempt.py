"""A step of a script that is held: it stands at a line of the script's own."""

from __future__ import annotations

from tui_lab.training.phase import Phase
from tui_lab.worker.alterations import Alteration


class ScriptAttempt:
    """The step under way, for those who may do something inside it."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.line = 0
        self.given_up = False
        self._phase: Phase | None = None
        self._done: list[Alteration] = []

    def enter(self, phase: Phase, line: int) -> None:
        """The script stands at `phase` now."""
        self._phase, self.line = phase, line
        for each in self._done:
            each.at(phase)

    def alter(self, alteration: Alteration) -> None:
        """Do something besides from here on, at the phase where the step stands too."""
        self._done = sorted([*self._done, alteration], key=lambda each: each.order)
        if self._phase is not None:
            alteration.at(self._phase)

    def give_up(self) -> None:
        """What a script has begun goes on."""
