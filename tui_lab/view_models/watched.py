"""What the log of a watched script says of its training, as it becomes known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tui_lab.declaration import from_json
from tui_lab.events import RunStarted
from tui_lab.experiment import Experiment
from tui_lab.watching import TrainingFound


class Watched:
    """The latest finding; nothing in a run of an experiment."""

    def __init__(self) -> None:
        self.found: TrainingFound | None = None
        self.experiment: Experiment | None = None
        """The declaration that was made of it."""
        self.count = 0
        """How often more was found."""

    def fold(self, event: TrainingFound) -> None:
        """More is known; raises `ValueError` for a declaration that is none."""
        self.experiment = from_json(event.declaration)
        self.found = event
        self.count += 1

    @property
    def values(self) -> Mapping[str, Any]:
        """Those that its knobs were found at, in their JSON form."""
        return self.found.values if self.found is not None else {}


def found_out(started: RunStarted, found: TrainingFound) -> RunStarted:
    """What a run's first event would have said, had its script been known then."""
    return replace(
        started,
        total_steps=found.total_steps,
        steps_per_epoch=found.steps_per_epoch,
        parameters=found.parameters,
        device=found.device,
        source=found.source,
        source_line=1,
        source_file=found.source_file,
    )
