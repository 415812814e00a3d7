"""One question before a preset runs; it can be passed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_lab.experiment import Question
from tui_lab.tui.dialogs.question import Answer, QuestionDialog
from tui_lab.view_models.plain_text import plain


class PredictionDialog(QuestionDialog[str]):
    """Asks what will happen; gives the choice made, None when the question was passed over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "cancel", "pass", tooltip="Pass the question over", id="prediction.pass"),
        *(
            Binding(str(i), f"predict({i - 1})", show=False, id=f"prediction.{i}")
            for i in range(1, 10)
        ),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__("What will happen? ({dialog.cancel=esc} passes)", [plain(question.text)])
        self._choices = question.choices

    @property
    def answers(self) -> Sequence[Answer]:
        """The choices, numbered."""
        return [
            Answer(str(i + 1), plain(choice), f"predict({i})")
            for i, choice in enumerate(self._choices)
        ]

    def action_predict(self, place: int) -> None:
        """Choose an answer by its number."""
        if place < len(self._choices):
            self.dismiss(self._choices[place])
