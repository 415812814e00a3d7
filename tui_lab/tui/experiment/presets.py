"""Settings worth trying: chosen, asked about, and turned to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tui_lab.experiment import Experiment, Preset
from tui_lab.tui.experiment.guess import OpenGuess
from tui_lab.tui.experiment.host import Ask
from tui_lab.tui.experiment.mode import Mode
from tui_lab.tui.knobs.panel import KnobPanel


class Presets:
    """Turns all knobs to a preset's values; its question, if it has one, is asked before or after
    as the mode wants it.

    `run` is called when there is a guess that only a new run can answer.
    """

    def __init__(
        self,
        experiment: Experiment,
        knobs: KnobPanel,
        guess: OpenGuess,
        mode: Mode,
        ask: Ask,
        run: Callable[[], None],
    ) -> None:
        self._experiment = experiment
        self._knobs = knobs
        self._guess = guess
        self._mode = mode
        self._ask = ask
        self._run = run

    def choose(self) -> None:
        """Choose among the declared presets."""
        from tui_lab.tui.dialogs.preset import PresetDialog  # rarely needed

        self._ask(PresetDialog(self._experiment), self.apply)

    def apply(self, preset: Preset | None) -> None:
        """Turn all knobs to a preset's values, the others to their defaults; None leaves them."""
        if preset is None:
            return
        if not (self._mode.asks_first and preset.question):
            self._turn(preset)
        if preset.question is not None:
            from tui_lab.tui.dialogs.prediction import PredictionDialog  # rarely needed

            self._ask(PredictionDialog(preset.question), partial(self._take, preset))

    def _take(self, preset: Preset, guess: str | None) -> None:
        if self._mode.asks_first:
            self._turn(preset)
        if preset.question is not None:
            self._guess.keep(preset.question, guess)
            self._guess.reveal()
        if guess is not None and not self._mode.lives_with_the_screen:
            self._run()

    def _turn(self, preset: Preset) -> None:
        self._knobs.change({**self._experiment.defaults_with(preset.values), **preset.values})
        self._guess.drop()
