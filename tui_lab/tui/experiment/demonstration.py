"""The screen of a demonstration: it starts by itself, follows every knob, and ends when left."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from textual import work

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment, Preset, Question
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.notice import tell
from tui_lab.tui.places import is_seen
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:
    from tui_lab.view_models.prediction import Prediction


class DemonstrationScreen(ExperimentScreen):
    """A demonstration is there to be looked at: its worker lives as long as somebody does."""

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__(session, experiment)
        self._own: set[str] = set()
        """The runs this screen started; those of another lab are not its to end."""
        self._left = False
        """Whether its run was ended because the screen was left."""

    async def begin(self) -> None:
        """Show the values of the knobs without being asked."""
        await super().begin()
        if not self.run_id:
            self.action_run()

    def open_run(self, run_id: str) -> None:
        self._left = False
        super().open_run(run_id)

    def action_run(self, new_seed: bool = False) -> None:
        super().action_run(new_seed)
        self._own.add(self.run_id)

    def apply_preset(self, preset: Preset | None) -> None:
        """Ask first, for what the knobs are turned to is seen at once."""
        if preset is None or preset.question is None:
            super().apply_preset(preset)
            return
        from tui_lab.tui.dialogs.prediction import PredictionDialog  # rarely needed

        turn = partial(self._turn_and_predict, preset, preset.question)
        self.app.push_screen(PredictionDialog(preset.question), turn)

    def _turn_and_predict(self, preset: Preset, question: Question, guess: str | None) -> None:
        super().apply_preset(dataclasses.replace(preset, question=None))
        self._predict(question, guess)

    def _has_shown(self, prediction: Prediction) -> bool:
        """Whether what is shown has the values of the knobs."""
        known = self.experiment.hyperparameters
        return all(self.values.get(h.name) == self.knobs[h.name].value for h in known)

    def left_behind(self, run_id: str) -> None:
        """The run shown makes room for another."""
        self._end(run_id)

    def on_screen_suspend(self) -> None:
        if self.is_live and not is_seen(self) and self.run_id in self._own:
            self._left = True
            self._end(self.run_id)

    def on_screen_resume(self) -> None:
        if self._left and is_seen(self):
            self.action_run()

    @work(group="end", exit_on_error=False)
    async def _end(self, run_id: str) -> None:
        try:
            await self.session.stop(run_id)
        except TuiLabError as error:
            tell(self, str(error), error=True)
