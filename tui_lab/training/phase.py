"""The named places in a training step where the lab may look."""

from __future__ import annotations

from typing import NewType

Phase = NewType("Phase", str)
"""What a step yields: the name of the work just done. A program may name others of its own."""

FORWARD = Phase("forward")
BACKWARD = Phase("backward")
UPDATE = Phase("update")
ZERO_GRAD = Phase("zero_grad")
STANDARD = (FORWARD, BACKWARD, UPDATE, ZERO_GRAD)
_LONGEST = 40


def phase_name(phase: object) -> Phase:
    """What a step has yielded, as a name that fits on a line; a bare `yield` is `?`."""
    name = " ".join(str(phase).split()) if phase is not None else ""
    return Phase(name[:_LONGEST] or "?")
