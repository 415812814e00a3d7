"""What a run says of the time that the lab itself takes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LabCostMeasured:
    """So much of the time that the run has gone on, until after `step`, was not the program's.

    `share` is from 0 to 1. The time is one worker's, from where it began or took the run up; what
    it was held still for does not count.
    """

    t: float
    step: int
    share: float
