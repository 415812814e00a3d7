"""Copying a run as a command that can be pasted into a shell."""

from __future__ import annotations

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.tui.notification import notify
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.card import Card


async def copy_run(
    screen: Screen[None], session: Session, run_id: str, experiment: Experiment | None
) -> None:
    """Copy the command that makes a run again, once its log is read."""
    try:
        show_copied(screen, await session.runs.card(run_id, experiment))
    except TuiLabError as error:
        notify(screen, str(error), error=True)


def show_copied(screen: Screen[None], card: Card) -> None:
    """Put the command into the clipboard; show it, and what of the run it does not repeat."""
    screen.app.copy_to_clipboard(card.command)
    notify(screen, card.text)
