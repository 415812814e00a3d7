"""The named places in a training step where the lab may look."""

from __future__ import annotations

from typing import NewType

Phase = NewType("Phase", str)
"""What a step yields: the name of the work just done. A program may name others of its own."""

FORWARD = Phase("forward")
BACKWARD = Phase("backward")
UPDATE = Phase("update")
ZERO_GRAD = Phase("zero_grad")
