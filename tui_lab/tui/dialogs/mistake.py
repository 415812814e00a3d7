"""A choice among the classic mistakes with gradients, to be made once and on purpose."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_lab.commands import MistakeKind
from tui_lab.tui.dialogs.question import Answer, QuestionDialog

_FORGET, _BEFORE, _TWICE = (
    "make('forget-zero_grad')",
    "make('step-before-backward')",
    "make('backward-twice')",
)


class MistakeDialog(QuestionDialog[MistakeKind]):
    """Which mistake the step makes; None for none."""

    ANSWERS = (
        Answer("z", "forget zero_grad: the next gradient adds to this one", _FORGET),
        Answer("u", "step before backward: move by the gradients of before", _BEFORE),
        Answer("b", "backward twice: every gradient counts double", _TWICE),
        Answer("c", "cancel, make none", "cancel"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "z", _FORGET, "forget zero_grad", tooltip="Leave the gradients", id="mistake.forget"
        ),
        Binding(
            "u", _BEFORE, "step before backward", tooltip="Update too soon", id="mistake.before"
        ),
        Binding("b", _TWICE, "backward twice", tooltip="Add gradients twice", id="mistake.twice"),
        Binding("c", "cancel", "cancel", tooltip="Make no mistake", id="mistake.cancel"),
    ]

    def __init__(self) -> None:
        super().__init__(
            "Make a mistake, for one step",
            ("In the step under way if it comes to it yet, else in the next.",),
        )

    def action_make(self, kind: MistakeKind) -> None:
        """Make this one."""
        self.dismiss(kind)
