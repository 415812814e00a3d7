"""A choice among the settings that an experiment declares as worth trying."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_lab.experiment import Experiment, Preset


class PresetDialog(ModalScreen[Preset | None]):
    """Lists the presets with the values that they set; gives the chosen one, None for none."""

    DEFAULT_CSS = """
    PresetDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #presets {
            width: auto;
            min-width: 44;
            max-width: 90%;
            height: auto;
            max-height: 90%;
            padding: 1 2;
            border: round $border;
            border-title-color: $accent;
            background: $surface;
        }
        OptionList { width: auto; min-width: 40; height: auto; padding: 0; }
        OptionList, OptionList:focus { border: none; background: transparent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,p", "cancel", "back", tooltip="Change no knob", id="presets.cancel"),
        Binding(
            "j", "move(1)", "down", tooltip="To the next preset", id="presets.next", show=False
        ),
        Binding(
            "k", "move(-1)", "up", tooltip="To the preset before", id="presets.previous", show=False
        ),
    ]

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.experiment = experiment

    def compose(self) -> ComposeResult:
        with Vertical(id="presets") as box:
            box.border_title = "Presets"
            yield OptionList(*(Option(self._words(p)) for p in self.experiment.presets))

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def choose_preset(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self.experiment.presets[event.option_index])

    def action_move(self, distance: int) -> None:
        """Move the cursor."""
        options = self.query_one(OptionList)
        count = len(self.experiment.presets)
        options.highlighted = ((options.highlighted or 0) + distance) % count

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    def _words(self, preset: Preset) -> Content:
        pairs = (
            f"{self.experiment[name].symbol or name} {self.experiment[name].format(value)}"
            for name, value in preset.values.items()
        )
        values = ", ".join(pairs) or "the defaults"
        return Content.assemble(
            (preset.name, "bold $accent"), f"  {preset.title}\n  ", (values, "$text-muted")
        )
