"""The named places in a training step where the lab may look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """What a step yields: the name of the work just done."""

    name: str


FORWARD = Phase("forward")
BACKWARD = Phase("backward")
UPDATE = Phase("update")
ZERO_GRAD = Phase("zero_grad")
