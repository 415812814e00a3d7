"""What a person said would happen, kept until the run has shown it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tui_lab.experiment import Question
from tui_lab.hyperparameters import Value
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.mode import Mode
from tui_lab.tui.knobs.panel import KnobPanel

if TYPE_CHECKING:
    from tui_lab.view_models.prediction import Outcome, Prediction


class OpenGuess:
    """The one prediction that still has no answer, if there is one."""

    def __init__(
        self, run: RunFollower, knobs: KnobPanel, mode: Mode, show: Callable[[Outcome], object]
    ) -> None:
        """`show` puts a guess and what came of it beside each other."""
        self._run = run
        self._knobs = knobs
        self._mode = mode
        self._show = show
        self._prediction: Prediction | None = None
        self._values: Mapping[str, Value] = {}
        """Those that the question was about."""

    def drop(self) -> None:
        """It is about what is no more."""
        self._prediction = None

    def keep(self, question: Question, guess: str | None) -> None:
        """Remember a guess about the knobs as they stand; None passes the question over."""
        from tui_lab.view_models.prediction import Prediction  # rarely needed

        if guess is not None:
            self._prediction = Prediction(question, guess, before=self._run.id)
            self._values = self._knobs.values

    def reveal(self) -> None:
        """Show what came of it, once the run that it was about has shown that."""
        if outcome := self.outcome():
            self._show(outcome)

    def outcome(self) -> Outcome | None:
        """The guess beside what the run it was about has shown, once; None until then."""
        prediction, feed = self._prediction, self._run.feed
        if prediction is None or feed is None:
            return None
        if not self._mode.has_shown(self._run, self._knobs, prediction.before):
            return None
        self.drop()
        as_asked = self._values.items() <= self._run.values.items()
        return prediction.outcome(feed.view.metrics, as_asked=as_asked)
