"""Asks where the measurements of runs are written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_lab.errors import UsageError
from tui_lab.tui.dialogs.form import FormDialog

Files = Mapping[str, Path]
"""Where each run goes, by its name."""
_SUFFIXES = (".csv", ".jsonl")
_RUN = "{run}"
_HELP = f"A row per step, evaluation and epoch. {_RUN} stands for the run's name."


class ExportDialog(FormDialog[Files]):
    """One path for all runs."""

    DEFAULT_CSS = "ExportDialog #form { max-width: 90%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Write nothing", id="export.cancel"),
    ]

    def __init__(self, run_ids: Sequence[str]) -> None:
        what = run_ids[0] if len(run_ids) == 1 else f"{len(run_ids)} runs"
        super().__init__(f"Export {what} to")
        self.run_ids = run_ids

    def fields(self) -> Iterable[Widget]:
        yield Input(f"{_RUN}.csv", id="path", select_on_focus=False, compact=True)
        yield Static(Content(_HELP))

    def read(self) -> Files:
        """The files; raises `UsageError` where the path is none for them."""
        path = self.query_one("#path", Input).value
        if complaint := path_complaint(path, len(self.run_ids)):
            raise UsageError(complaint)
        return files(path, self.run_ids)


def path_complaint(text: str, count: int) -> str:
    """Why no file, or not a file for each run, can be written there; empty where it can."""
    if not text.strip().lower().endswith(_SUFFIXES):
        return f"The name must end in {' or '.join(_SUFFIXES)}."
    if count > 1 and _RUN not in text:
        return f"{count} runs can't go into one file; {_RUN} in the name makes one for each."
    try:
        Path(text.strip()).expanduser()
    except RuntimeError:
        return "There is no such user as the one after ~."
    return ""


def files(text: str, run_ids: Sequence[str]) -> Files:
    """The path of each run, from the directory that the lab was opened in."""
    path = Path(text.strip()).expanduser().absolute()
    return {name: Path(str(path).replace(_RUN, name)) for name in run_ids}
