"""What the command line tells the shell."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses of every command."""

    FINISHED = 0
    """Done as asked."""
    FAILED = 1
    """A run failed or crashed, or something needed is missing or broken."""
    USAGE = 2
    """What was typed can't be done."""
    INTERRUPTED = 130
    """Ended early on request."""
    BROKEN_PIPE = 141
    """Whoever read stdout went away (`| head`)."""
