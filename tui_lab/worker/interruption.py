"""How a run ends before its time."""

from __future__ import annotations


class Stopped(Exception):
    """The run was told to end; the message is the reason."""
