"""Asks what becomes of the lab's last run, still live, when another one is started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType

from tui_lab.tui.dialogs.question import Answer, QuestionDialog


@dataclass(frozen=True)
class Decision:
    """What to do with the run before, and whether always."""

    again: Literal["replace", "beside"]
    always: bool = False


class AgainDialog(QuestionDialog[Decision]):
    """Replace the run, let it go on beside the new one, or start nothing."""

    ANSWERS = (
        Answer("r", "replace it: stop it, then run", "decide('replace')"),
        Answer("b", "run beside it", "decide('beside')"),
        Answer("R", "replace, and do not ask again", "decide('replace', True)"),
        Answer("B", "beside, and do not ask again", "decide('beside', True)"),
        Answer("c", "cancel, start nothing", "cancel"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "decide('replace')", "replace", tooltip="Stop it, then run", id="again.stop"),
        Binding("b", "decide('beside')", "beside", tooltip="Let it go on", id="again.beside"),
        Binding(
            "R",
            "decide('replace', True)",
            "always replace",
            tooltip="Replace the last run from now on, without a question",
            id="again.always_stop",
        ),
        Binding(
            "B",
            "decide('beside', True)",
            "always beside",
            tooltip="Run beside the last one from now on, without a question",
            id="again.always_beside",
        ),
        Binding("c", "cancel", "cancel", tooltip="Start nothing", id="again.cancel"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__("Your last run is still live", [f"●\u00a0{run_id}"])

    def action_decide(self, again: Literal["replace", "beside"], always: bool = False) -> None:
        """Answer."""
        self.dismiss(Decision(again, always))
