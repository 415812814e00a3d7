"""A box to tick that is empty until it is ticked, with colours or without."""

from __future__ import annotations

from textual.widgets import Checkbox


class Tick(Checkbox):
    """A checkbox whose mark is there only where it is on."""

    BUTTON_INNER = " "

    def watch_value(self) -> None:
        """Show the mark, or none, before others are told."""
        self.BUTTON_INNER = "X" if self.value else " "
        super().watch_value()
