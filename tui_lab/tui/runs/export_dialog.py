"""Asks where the measurements of runs are written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_lab.exchange.destinations import RUN, destinations
from tui_lab.exchange.formats import FORMATS
from tui_lab.tui.dialogs.form import FormDialog

Files = Mapping[str, Path]
"""Where each run goes, by its name."""
_HELP = f"The end of it says the format; {RUN} is the run's name."


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
        yield Input(f"{RUN}.csv", id="path", select_on_focus=False, compact=True)
        yield Static(Content(_HELP))
        yield Static(Content("\n".join(f"{each.suffix:<13}{each.help}" for each in FORMATS)))

    def read(self) -> Files:
        """The files, from the directory that the lab was opened in; raises `UsageError` where
        runs can't go there."""
        found = destinations(self.query_one("#path", Input).value, self.run_ids)
        return {run_id: path.absolute() for run_id, path in found.items()}
