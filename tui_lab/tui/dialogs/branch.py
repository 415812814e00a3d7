"""Asks where a run branches, and what the branch does otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Static

from tui_lab.errors import TuiLabError
from tui_lab.tui.dialogs.form import FormDialog
from tui_lab.tui.widgets.tick import Tick

_HELP = "name=value …, any knob; empty: the same way again"


@dataclass(frozen=True)
class BranchPlan:
    """A branch that is to be made: after which step of the run, and with which other values."""

    step: int
    values: Mapping[str, Any]
    """By the names of hyperparameters, in their JSON form."""
    weights_only: bool = False


class BranchDialog(FormDialog[BranchPlan]):
    """Gives the plan. `values_of` makes values of `name=value` words, and raises `TuiLabError` with
    the sentence that is shown."""

    DEFAULT_CSS = """
    BranchDialog {
        Horizontal { height: 1; }
        .label { width: 12; }
        Input { width: 1fr; }
        #help { padding: 0 0 0 12; }
        Checkbox { border: none; padding: 0; margin: 1 0 0 0; background: transparent; }
        #complaint { margin: 1 0 0 0; }
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
        values_of: Callable[[list[str]], Mapping[str, Any]],
        most: int,
    ) -> None:
        """`step` and `values` stand there at first; `most` is the last step there is."""
        super().__init__(f"Branch {run_id}")
        self.step, self.values = step, values
        self._values_of, self._most = values_of, most

    def fields(self) -> Iterable[Widget]:
        step = Input(str(self.step), id="step", type="integer", compact=True)
        yield Horizontal(Static("after step", classes="label"), step)
        values = Input(self.values, id="values", select_on_focus=False, compact=True)
        yield Horizontal(Static("with", classes="label"), values)
        yield Static(Content(_HELP), id="help")
        yield Tick("the weights alone; all else begins anew", id="weights", compact=True)

    def on_mount(self) -> None:
        self.query_one("#values").focus()

    def read(self) -> BranchPlan:
        """The plan; raises `TuiLabError` where it is none for this run."""
        text = self.query_one("#step", Input).value
        step = int(text) if text.isdecimal() else -1
        if not 0 <= step <= self._most:
            raise TuiLabError(f"The run has taken {self._most:,} steps; it branches after one.")
        values = self._values_of(self.query_one("#values", Input).value.split())
        return BranchPlan(step, values, self.query_one(Checkbox).value)
