"""Asks where a run branches, and what the branch does otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Static

from tui_lab.errors import TuiLabError
from tui_lab.tui.widgets.tick import Tick

_HELP = "name=value …, any knob; nothing: the same way once more"


@dataclass(frozen=True)
class BranchPlan:
    """A branch that is to be made: after which step of the run, and with which other values."""

    step: int
    values: Mapping[str, Any]
    """By the names of hyperparameters, in their JSON form."""
    weights_only: bool = False


class BranchDialog(ModalScreen[BranchPlan | None]):
    """Gives the plan; None is the way back. `read` makes values of `name=value` words, and raises
    `TuiLabError` with the sentence that is shown."""

    DEFAULT_CSS = """
    BranchDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #branch {
            width: 72;
            max-width: 96%;
            height: auto;
            padding: 1 2;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            background: $surface;
        }
        Horizontal { height: 1; }
        .label { width: 12; color: $text-muted; }
        Input { width: 1fr; }
        #help { color: $text-muted; padding: 0 0 0 12; }
        Checkbox { border: none; padding: 0; margin: 1 0 0 0; background: transparent; }
        #complaint { display: none; color: $error; margin: 1 0 0 0; }
        &.-wrong #complaint { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Branch nowhere", id="branch.cancel"),
    ]

    def __init__(
        self,
        run_id: str,
        step: int,
        values: str,
        read: Callable[[list[str]], Mapping[str, Any]],
        most: int,
    ) -> None:
        """`step` and `values` stand there at first; `most` is the last step there is."""
        super().__init__()
        self.run_id, self.step, self.values = run_id, step, values
        self.complaint = ""
        """What is wrong with what was typed."""
        self._read, self._most = read, most

    def compose(self) -> ComposeResult:
        with Vertical(id="branch") as box:
            box.border_title = Content(f"Branch {self.run_id}")
            with Horizontal():
                yield Static("after step", classes="label")
                yield Input(str(self.step), id="step", type="integer", compact=True)
            with Horizontal():
                yield Static("with", classes="label")
                yield Input(self.values, id="values", select_on_focus=False, compact=True)
            yield Static(Content(_HELP), id="help")
            yield Tick("the weights alone; all else begins anew", id="weights", compact=True)
            yield Static(id="complaint")

    def on_mount(self) -> None:
        self.query_one("#values").focus()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give the plan, or say what is wrong with it."""
        event.stop()
        try:
            self.dismiss(self._plan())
        except TuiLabError as error:
            self._complain(str(error))

    def _plan(self) -> BranchPlan | None:
        text = self.query_one("#step", Input).value
        step = int(text) if text.isdecimal() else -1
        if not 0 <= step <= self._most:
            raise TuiLabError(f"The run has taken {self._most:,} steps; it branches after one.")
        values = self._read(self.query_one("#values", Input).value.split())
        return BranchPlan(step, values, self.query_one(Checkbox).value)

    def _complain(self, sentence: str) -> None:
        self.complaint = sentence
        self.query_one("#complaint", Static).update(Content(sentence))
        self.add_class("-wrong")

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
