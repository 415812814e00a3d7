"""What a screen with knobs does: start runs with their values, and turn those of a live one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from tui_lab.commands import Acknowledgement, set_command
from tui_lab.errors import HyperparameterError, TuiLabError
from tui_lab.experiment import Experiment, Preset, Question
from tui_lab.hyperparameters import Value
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.steering_screen import SteeringScreen
from tui_lab.tui.knobs.panel import DEVICE, SEED, KnobPanel
from tui_lab.tui.notice import tell
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:
    from tui_lab.view_models.prediction import Prediction

_READING = 30.0
"""Seconds that an answer stands; a click takes it away sooner."""


class KnobScreen(SteeringScreen):
    """Holds the knobs of an experiment beside the run that it shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p",
            "choose_preset",
            "presets",
            tooltip="Settings worth trying",
            id="knobs.preset",
            show=False,
        ),
        Binding(
            "y",
            "copy",
            "copy",
            tooltip="Copy the run as one command line",
            id="run.copy",
            show=False,
        ),
        Binding(
            "down,j,up,k",
            "focus_knobs",
            "knobs",
            key_display="↑ ↓",
            tooltip="To the knobs",
            id="knobs.focus",
            show=False,
        ),
        Binding(
            "left_square_bracket",
            "nudge(-1)",
            "nudge",
            key_display="[ ]",
            tooltip="Turn the last knob",
            id="knobs.down",
        ),
        Binding(
            "right_square_bracket",
            "nudge(1)",
            "nudge up",
            tooltip="Turn the last knob",
            id="knobs.up",
            show=False,
        ),
    ]

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__(session, experiment)
        settings = session.settings
        self.knobs = KnobPanel(experiment, seed=settings.seed, device=settings.device)
        self._asked: Counter[str] = Counter()
        """Values sent for each hyperparameter and not yet answered."""
        self._marks = 0
        self._prediction: Prediction | None = None
        self.values: dict[str, Value] = {}
        """Those of the run shown, seed and device among them; empty without one."""

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Turn the knobs to these values (text, JSON or Python); the others keep theirs."""
        try:
            self.knobs.take({name: self.experiment[name].check(v) for name, v in values.items()})
        except HyperparameterError as error:
            tell(self, str(error), error=True)

    def _read_values(self) -> dict[str, Value]:
        """The values that the run shown has now."""
        if self.feed is None:
            return {}
        try:
            run = self.session.summary(self.feed.run_id)
            values = {**run.hyperparameters, **self.feed.view.changed}
            known = {h.name: h for h in self.experiment.hyperparameters}
            read = {name: known[name].check(v) for name, v in values.items() if name in known}
        except TuiLabError as error:
            tell(self, str(error), error=True)
            return {}
        return {**read, SEED: run.seed, DEVICE: run.device}

    def run_opened(self) -> None:
        """The knobs take the values of the run."""
        self._asked.clear()
        self._marks = 0
        self.values = self._read_values()
        self.knobs.take(self.values)

    def run_changed(self) -> None:
        """A value that the run took by itself, or from another screen, is shown on its knob."""
        values = self.values = self._read_values()
        marks = self.feed.view.marks if self.feed else []
        new = {mark.name for mark in marks[self._marks :]} & values.keys()
        self.knobs.take({name: values[name] for name in new if not self._asked[name]})
        self._marks = len(marks)
        self._follow_run()
        self._answer_prediction()

    def _follow_run(self) -> None:
        everything = self.experiment.demonstration
        self.knobs.follow(self.values if self.is_live else {}, everything=everything)

    @on(KnobPanel.Changed)
    def turn(self, event: KnobPanel.Changed) -> None:
        """Live knobs act on the live run, together; any other waits for the next one."""
        event.stop()
        acting = {name: value for name, value in event.values.items() if self._acts_now(name)}
        if len(acting) < len(event.values):
            self._follow_run()
            self.session.warm()  # for the run that these values are meant for
        if not acting:
            return
        for name in acting:
            self._asked[name] += 1
            self.knobs[name].pending = True
        self.send(set_command(self.experiment.to_json(acting)), partial(self._settle, list(acting)))

    def _acts_now(self, name: str) -> bool:
        if not self.is_live or name in (SEED, DEVICE):
            return False
        return self.experiment[name].live or self.experiment.demonstration

    def _settle(self, names: Sequence[str], answer: Acknowledgement | None) -> None:
        """Values sent were taken or refused; a knob whose value was refused goes back."""
        for name in names:
            self._asked[name] -= 1
            if self._asked[name] <= 0:
                self.knobs[name].pending = False
                if answer is None or not answer.ok:
                    self.knobs.take({n: v for n, v in self.values.items() if n == name})

    def action_run(self, new_seed: bool = False) -> None:
        """Start a run with the values of the knobs, and show it."""
        if not self.knobs.current.commit():
            return
        if new_seed:
            self.knobs.take({SEED: self.knobs.seed + 1})
        before = self.run_id if self.is_live else ""
        self.cold = not self.session.warm_ready
        try:
            run_id = self.session.start(
                self.experiment, self.knobs.choose(), self.knobs.seed, self.knobs.device
            )
        except HyperparameterError as error:
            self.knobs.show_error(str(error))
        except TuiLabError as error:
            tell(self, str(error), error=True)
        else:
            if before:
                self.left_behind(before)
            self.open_run(run_id)

    def left_behind(self, run_id: str) -> None:
        """Another run is shown from now on, though this one is live."""
        tell(self, f"{run_id} goes on; h lists it.")

    def action_choose_preset(self) -> None:
        """Choose among the declared presets."""
        from tui_lab.tui.dialogs.preset import PresetDialog  # rarely needed

        self.app.push_screen(PresetDialog(self.experiment), self.apply_preset)

    def apply_preset(self, preset: Preset | None) -> None:
        """Turn all knobs to a preset's values, the others to their defaults."""
        if preset is None:
            return
        self.knobs.change({**self.experiment.defaults_with(preset.values), **preset.values})
        self._prediction = None
        if preset.question is not None:
            from tui_lab.tui.dialogs.prediction import PredictionDialog  # rarely needed

            dialog = PredictionDialog(preset.question)
            self.app.push_screen(dialog, partial(self._predict, preset.question))

    def _predict(self, question: Question, guess: str | None) -> None:
        """Keep the guess until the run shows what happens; None passes the question over."""
        from tui_lab.view_models.prediction import Prediction  # rarely needed

        if guess is not None:
            self._prediction = Prediction(question, guess, before=self.run_id)
            self._answer_prediction()

    def _answer_prediction(self) -> None:
        """Once the run the guess was about has shown it, put both beside each other."""
        if self._prediction is None or self.feed is None or not self._has_shown(self._prediction):
            return
        answer = self._prediction.answer(self.feed.view.metrics)
        self._prediction = None
        self.notify(plain(answer, 1000), title="What happened", timeout=_READING, markup=False)

    def _has_shown(self, prediction: Prediction) -> bool:
        return self.run_id != prediction.before and self.status is RunStatus.FINISHED

    def action_focus_knobs(self) -> None:
        """Go to the knob that was turned last."""
        self.knobs.focus_current()

    def action_nudge(self, direction: int) -> None:
        """Turn the knob that was turned last."""
        self.knobs.focus_current()
        self.knobs.current.action_nudge(direction)

    def action_copy(self) -> None:
        """Copy the command that repeats the run, or the knobs where there is none; and show it."""
        from tui_lab.tui.runs import command_line  # rarely needed

        try:
            line = (
                command_line.of_run(self.session.summary(self.run_id), self.experiment)
                if self.run_id
                else command_line.of_knobs(self.experiment, self.knobs)
            )
        except TuiLabError as error:
            tell(self, str(error), error=True)
            return
        self.app.copy_to_clipboard(line)
        tell(self, line)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "choose_preset":
            return bool(self.experiment.presets)
        return super().check_action(action, parameters)


def waiting_words(status: RunStatus | None, *, cold: bool) -> str:
    """What a run that has not begun is waiting for."""
    if status is not RunStatus.PENDING:
        return ""
    return "importing torch…" if cold else "starting…"
