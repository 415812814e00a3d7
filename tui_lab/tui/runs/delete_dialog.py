"""Asks before runs are deleted for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_lab.tui.dialogs.question import Answer, QuestionDialog

_MOST_NAMED = 5
"""Runs whose names are shown."""


@dataclass(frozen=True)
class Deletion:
    """The runs to delete, agreed."""

    run_ids: tuple[str, ...]


class DeleteDialog(QuestionDialog[Deletion]):
    """Names the runs, or the first of them; keeping them is the answer under the cursor."""

    ANSWERS = (
        Answer("c", "cancel, keep them", "cancel"),
        Answer("y", "yes, delete for good", "delete"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "keep", tooltip="Keep the runs", id="delete.cancel"),
        # Not the key that opens the dialog: one held too long must delete nothing.
        Binding("y", "delete", "delete", tooltip="Delete the runs for good", id="delete.confirm"),
    ]

    def __init__(self, run_ids: Sequence[str], left_out: str = "") -> None:
        count = "this run" if len(run_ids) == 1 else f"these {len(run_ids):,} runs"
        more = len(run_ids) - _MOST_NAMED
        named = [*run_ids[:_MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])]
        super().__init__(f"Delete {count}?", [*([left_out] if left_out else []), *named])
        self.run_ids = tuple(run_ids)

    def action_delete(self) -> None:
        """Agree."""
        self.dismiss(Deletion(self.run_ids))
