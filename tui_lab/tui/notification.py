"""Sentences that stand on the screen for a while."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.widget import Widget

from tui_lab.view_models.plain_text import plain

MOST_SENTENCES = 3
"""That stand at a time; a new one takes the place of the oldest."""


def notify(where: App[Any] | Widget, sentence: str, *, error: bool = False) -> None:
    """Show a sentence for a while; it may hold anything, it is plain text."""
    where.notify(plain(sentence), severity="error" if error else "information", markup=False)
