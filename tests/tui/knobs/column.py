"""Knobs of every kind, alone on a screen."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import App, ComposeResult
from textual.widgets import Static

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Flag, Float, Int, Value, Vector
from tui_lab.tui.knobs.panel import KnobPanel

EXPERIMENT = Experiment(
    name="knobs",
    title="Knobs",
    chapter="",
    summary="",
    hyperparameters=(
        Choice("implementation", ("scratch", "concise")),
        Float("decay", symbol="λ", default=3.0, low=0.0, high=100.0, log=True, live=True),
        Int("epochs", default=100, low=1, high=1000, step=50),
        Flag("bias", default=True),
        Vector("true_w", default=(2.0, -3.4), low=-10, high=10, help="The [red]weights[/red]."),
        Float("shift", default=0.0, low=-1.0, high=1.0),
    ),
    metrics=(),
    pictures=(),
    program="knobs:Knobs",
)


class Knobs(App[None]):
    """The knobs alone, with what they tell written down."""

    def __init__(self, experiment: Experiment = EXPERIMENT) -> None:
        super().__init__()
        self.panel = KnobPanel(experiment, seed=0, device="auto")
        self.told: list[tuple[str, Value]] = []
        self.turns: list[Mapping[str, Value]] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_knob_panel_changed(self, event: KnobPanel.Changed) -> None:
        self.turns.append(event.values)
        self.told += event.values.items()

    @property
    def error(self) -> str:
        return str(self.panel.query_one("#knob-error", Static).content)

    def row(self, name: str) -> str:
        return self.panel[name].render().plain
