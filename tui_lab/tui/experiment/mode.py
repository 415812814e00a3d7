"""What sets a demonstration apart from a training: a few decisions of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.knobs.panel import KnobPanel

if TYPE_CHECKING:  # numpy comes with it, which is imported after the first paint
    from tui_lab.tui.experiment.run_feed import Standing


class Mode(Protocol):
    """How the screen of an experiment behaves."""

    title: str
    lives_with_the_screen: bool
    """Whether a run begins by itself, makes room for the next, and ends when the screen is left."""
    asks_first: bool
    """Whether a preset's question comes before the knobs are turned."""

    def has_shown(self, run: RunFollower, knobs: KnobPanel, before: str) -> bool:
        """Whether what a prediction was about is there; `before` is the run it was made at."""

    def leaves_a_core(self, run: Standing) -> bool:
        """Whether the import of torch for the next run disturbs none. It takes a core for two
        seconds, and a step that uses every core waits for the last of them."""


class Training:
    """A run is started, steered, and goes on when the screen is left."""

    title = ""
    lives_with_the_screen = False
    asks_first = False

    def has_shown(self, run: RunFollower, knobs: KnobPanel, before: str) -> bool:
        """Once another run than the one before has come to its end."""
        return run.id != before and run.status is RunStatus.FINISHED

    def leaves_a_core(self, run: Standing) -> bool:
        """Once it holds still."""
        return run.status is RunStatus.PAUSED or run.status.is_finished


class Demonstration:
    """There to be looked at: its worker lives as long as somebody does, and what the knobs are
    turned to is seen at once."""

    title = "Demonstration"
    lives_with_the_screen = True
    asks_first = True

    def has_shown(self, run: RunFollower, knobs: KnobPanel, before: str) -> bool:
        """As soon as what is shown has the values of the knobs."""
        known = knobs.experiment.hyperparameters
        return all(run.values.get(h.name) == knobs[h.name].value for h in known)

    def leaves_a_core(self, run: Standing) -> bool:
        """Once it is drawn."""
        return run.measured


def mode_of(experiment: Experiment) -> Mode:
    """The one that an experiment declares."""
    return Demonstration() if experiment.demonstration else Training()
