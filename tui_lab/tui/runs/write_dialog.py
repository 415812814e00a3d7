"""What a person writes on runs: a name, a note, tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_lab.annotation import Annotation, split_tags
from tui_lab.tui.dialogs.form import FormDialog

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

_NEW_LINE = " ⏎ "
"""Stands for the end of a line of a note in a field that has one line."""
_AS_THEY_ARE = "as they are"
_ONE = "Tags between spaces."
_SEVERAL = (
    "Tags between spaces; -draft takes that one away, the others are added. "
    "An empty name or note stays as it is."
)


@dataclass(frozen=True)
class Writing:
    """What is to be written on which runs."""

    run_ids: tuple[str, ...]
    words: dict[str, Any]
    """`name`, `note`, `add` and `remove`, as far as they are to be other than before."""


class WriteDialog(FormDialog[Writing]):
    """Three fields, for one run filled with what stands on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Write nothing", id="write.cancel"),
    ]

    def __init__(self, runs: Sequence[RunSummary]) -> None:
        what = runs[0].id if len(runs) == 1 else f"{len(runs):,} runs"
        super().__init__(f"Write on {what}")
        self._runs = runs
        one = runs[0] if len(runs) == 1 else None
        self._before = Annotation(one.name, one.note, one.tags) if one else Annotation()

    def fields(self) -> Iterable[Widget]:
        before, is_one = self._before, len(self._runs) == 1
        shown = {
            "name": before.name,
            "note": before.note.replace("\n", _NEW_LINE),
            "tags": " ".join(before.tags),
        }
        for name, text in shown.items():
            yield Static(name)
            empty = "" if is_one else _AS_THEY_ARE
            yield Input(text, id=name, placeholder=empty, select_on_focus=False, compact=True)
        yield Static(Content(_ONE if is_one else _SEVERAL))

    def read(self) -> Writing:
        """What was typed; raises `UsageError` for what can't be written."""
        name, note, tags = (self.query_one(f"#{n}", Input).value for n in ("name", "note", "tags"))
        note = note.replace(_NEW_LINE, "\n").replace(_NEW_LINE.strip(), "\n")
        typed = [tag for tag in split_tags(tags) if not tag.startswith("-")]
        gone = [tag[1:] for tag in split_tags(tags) if tag.startswith("-")]
        if len(self._runs) == 1:
            gone += [tag for tag in self._before.tags if tag not in typed]
        found: dict[str, Any] = {"add": typed, "remove": gone}
        texts = {"name": name, "note": note} if len(self._runs) == 1 else {}
        texts |= {key: text for key, text in (("name", name), ("note", note)) if text.strip()}
        self._before.changed(**texts, **found)  # raises, where it can't be
        return Writing(tuple(run.id for run in self._runs), {**texts, **found})
