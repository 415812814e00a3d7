"""What is asked about a study: whether it ends, and which one is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_lab.tui.dialogs.question import Answer, QuestionDialog


class StopStudyDialog(QuestionDialog[bool]):
    """Letting it go on is the answer under the cursor."""

    ANSWERS = (
        Answer("c", "cancel, let it go on", "cancel"),
        Answer("y", "yes, stop the study and its live trials", "stop"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "go on", tooltip="Let the study go on", id="stop_study.cancel"),
        # Not the key that opens the dialog: one held too long must stop nothing.
        Binding("y", "stop", "stop", tooltip="Stop the study", id="stop_study.confirm"),
    ]

    def action_stop(self) -> None:
        """Agree."""
        self.dismiss(True)


class StudiesDialog(QuestionDialog[str]):
    """A line for each study; gives the id of the one that is chosen."""

    DEFAULT_CSS = """
    StudiesDialog #answers { max-height: 60vh; }
    """

    def __init__(self, studies: Sequence[tuple[str, str, str]]) -> None:
        """Of each study its id, its sign and its words."""
        super().__init__("Studies", ["The newest first; enter shows one."])
        self._studies = studies

    @property
    def answers(self) -> Sequence[Answer]:
        return [
            Answer(sign, words, f"choose({place})")
            for place, (_, sign, words) in enumerate(self._studies)
        ]

    def action_choose(self, place: int) -> None:
        """The line was chosen."""
        self.dismiss(self._studies[place][0])
