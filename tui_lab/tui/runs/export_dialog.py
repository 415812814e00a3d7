"""Asks where the measurements of runs are written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

Files = Mapping[str, Path]
"""Where each run goes, by its name."""
_SUFFIXES = (".csv", ".jsonl")
_RUN = "{run}"
_HELP = f"A row per step, evaluation and epoch. {_RUN} stands for the run's name."


class ExportDialog(ModalScreen[Files | None]):
    """One path for all runs; None is the way back."""

    DEFAULT_CSS = """
    ExportDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #export {
            width: 72;
            max-width: 90%;
            height: auto;
            padding: 1 2;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            background: $surface;
        }
        Static { color: $text-muted; }
        #complaint { display: none; color: $error; }
        &.-wrong #complaint { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Write nothing", id="export.cancel"),
    ]

    def __init__(self, run_ids: Sequence[str]) -> None:
        super().__init__()
        self.run_ids = run_ids

    def compose(self) -> ComposeResult:
        with Vertical(id="export") as box:
            count = len(self.run_ids)
            what = self.run_ids[0] if count == 1 else f"{count} runs"
            box.border_title = Content(f"Export {what} to")
            yield Input(f"{_RUN}.csv", id="path", select_on_focus=False, compact=True)
            yield Static(Content(_HELP))
            yield Static(id="complaint")

    @on(Input.Submitted)
    def write(self, event: Input.Submitted) -> None:
        """Give the files, or say what is wrong with the path."""
        event.stop()
        complaint = path_complaint(event.value, len(self.run_ids))
        if complaint:
            self.query_one("#complaint", Static).update(Content(complaint))
            self.add_class("-wrong")
        else:
            self.dismiss(files(event.value, self.run_ids))

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


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
