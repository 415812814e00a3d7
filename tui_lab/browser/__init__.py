"""The lab in a browser: served to this machine alone, to whoever has the address."""

from __future__ import annotations

DRIVER = "tui_lab.tui.window_driver:WindowDriver"
"""What draws a lab into a window, as Textual finds it in its environment."""
