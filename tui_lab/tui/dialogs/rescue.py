"""What can be done with a step that is held because something in it is not finite."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.binding import Binding, BindingType

from tui_lab.tui.dialogs.question import Answer, QuestionDialog

Way = Literal["again", "clip", "skip", "branch", "go on"]


class RescueDialog(QuestionDialog[Way]):
    """The ways out; None looks around first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "take('again')", "again", tooltip="With lr × 0.1", id="rescue.again"),
        Binding("c", "take('clip')", "clip", tooltip="Make the gradient finite", id="rescue.clip"),
        Binding("s", "take('skip')", "skip", tooltip="Leave the batch out", id="rescue.skip"),
        Binding("b", "take('branch')", "branch", tooltip="From before it", id="rescue.branch"),
        Binding("g", "take('go on')", "go on", tooltip="Let it happen", id="rescue.go_on"),
        Binding("l", "cancel", "look", tooltip="Look around first", id="rescue.look"),
    ]

    def __init__(self, step: int, message: str, *, has_lr: bool) -> None:
        super().__init__(f"Held at step {step:,}, before its update", [f"{message}."])
        self._has_lr = has_lr

    @property
    def answers(self) -> list[Answer]:
        """Another learning rate is offered only where there is one to turn."""
        again = Answer("r", "take this batch again with lr × 0.1", "take('again')")
        return [
            *([again] if self._has_lr else []),
            Answer("c", "clip: make the gradient finite, of norm 1 at the most", "take('clip')"),
            Answer("s", "skip: leave this batch out", "take('skip')"),
            Answer("b", "branch from before this step", "take('branch')"),
            Answer("g", "go on: let it happen", "take('go on')"),
            Answer("l", "look around first; ! asks again", "cancel"),
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a learning rate its key does nothing."""
        return self._has_lr or (action, parameters) != ("take", ("again",))

    def action_take(self, way: Way) -> None:
        """Answer."""
        self.dismiss(way)
