"""Asks before runs are deleted for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_lab.tui.dialogs.question import Answer, QuestionDialog


@dataclass(frozen=True)
class Deletion:
    """The runs to delete, agreed."""

    run_ids: tuple[str, ...]


class DeleteDialog(QuestionDialog[Deletion]):
    """Names the runs; keeping them is the answer under the cursor."""

    ANSWERS = (
        Answer("c", "cancel, keep them", "cancel"),
        Answer("y", "yes, delete for good", "delete"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "keep", tooltip="Keep the runs", id="delete.cancel"),
        # Not the key that opens the dialog: one held too long must delete nothing.
        Binding("y", "delete", "delete", tooltip="Delete the runs for good", id="delete.confirm"),
    ]

    def __init__(self, run_ids: Sequence[str]) -> None:
        count = "this run" if len(run_ids) == 1 else f"these {len(run_ids)} runs"
        super().__init__(f"Delete {count}?", run_ids)

    def action_delete(self) -> None:
        """Agree."""
        self.dismiss(Deletion(tuple(self.lines)))
