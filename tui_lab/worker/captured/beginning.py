"""Which programs have their steps recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from tui_lab.training.program import Program
from tui_lab.worker.captured.card import Card, Cuda
from tui_lab.worker.captured.measures import RecordedMeasures
from tui_lab.worker.captured.steps import RecordedSteps
from tui_lab.worker.publisher import Publisher

OFF = "TUI_LAB_EAGER"
"""Set in the environment, and not to 0: every step is taken one by one."""


def recorded_on_card(
    program: Program, publisher: Publisher, environ: Mapping[str, str] = os.environ
) -> RecordedSteps | None:
    """What takes the steps of a program that trains on a CUDA device; None for any other, and where
    $TUI_LAB_EAGER says so."""
    if program.device.type != "cuda" or environ.get(OFF, "0") not in ("", "0"):
        return None
    return recorded(program, Cuda(program.device), publisher)


def recorded(
    program: Program,
    card: Card,
    publisher: Publisher,
    clock: Callable[[], float] = time.perf_counter,
) -> RecordedSteps:
    """What takes the steps of a program on this card; the publisher measures its whole sets there
    too."""
    steps = RecordedSteps(program, card, publisher, clock)
    publisher.whole_sets.recorded = RecordedMeasures(program, card, lambda: steps.stands)
    return steps
