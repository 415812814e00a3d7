"""What takes the place of a run's record, checkpoints and control while the run is repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tui_lab.events import CheckpointWritten, GradientsLogged, MetricsLogged, RunEvent
from tui_lab.training.program import Program
from tui_lab.training.state import capture
from tui_lab.training.state_file import digest
from tui_lab.worker.checkpoints import Capture, Checkpoints, Place
from tui_lab.worker.control import Control, Request
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.record import RunRecord

LOSS = "train/loss"
_SAY = 0.5
"""Seconds between two words on how far it has come."""


@dataclass
class Replayed:
    """How a replay ended."""

    steps: int = 0
    """Through which it was the same."""
    difference: str = ""
    """The first; empty when there is none."""
    remarks: list[str] = field(default_factory=list)
    """What is other than it was, and what can't be promised."""
    recorded: dict[str, list[float]] = field(default_factory=dict)
    """The curves that were asked for, from the first step of the run on."""


class Differs(Stopped):
    """The replay is not the run: there is no need to go on."""


class Comparison(RunRecord):
    """Takes the place of a run's record: what would be written is compared with what was."""

    def __init__(
        self,
        losses: Iterator[tuple[int, float]],
        keys: Sequence[str],
        result: Replayed,
        say: Callable[[int], object],
    ) -> None:
        self._losses = losses
        self._keys = keys
        self._result = result
        self._say = say
        self._said = 0.0
        self._metrics = {}
        self._columns = result.recorded

    def append(self, event: RunEvent) -> None:
        """Compare a block of losses; raises `Differs` at the first that is another."""
        if isinstance(event, MetricsLogged) and event.kind == "step":
            for place, value in enumerate(event.columns.get(LOSS, ())):
                self._compare(event.first + place, value)
            rows = max(map(len, event.columns.values()), default=0)
            self._result.steps = event.first + rows - 1  # of some nothing but the state is known
            if time.monotonic() - self._said > _SAY:
                self._said = time.monotonic()
                self._say(self._result.steps)
        elif isinstance(event, GradientsLogged) and self._keys:
            self._gather(event)

    def finish(self) -> None:
        """The replay is over: so should the run be."""
        if self._result.difference:
            return
        if (more := next(self._losses, None)) is not None:
            self._result.difference = (
                f"the replay ended after step {self._result.steps:,}, and the run did not: it has "
                f"a step {more[0]:,}"
            )

    def _compare(self, step: int, value: Any) -> None:
        was = next(self._losses, None)
        if was is None or was[0] != step:
            found = "ended" if was is None else f"goes on with step {was[0]:,}"
            self._differ(f"after step {step - 1:,} the run {found}, and the replay does not")
        elif not _same(value, type(value)(was[1])):
            self._differ(
                f"first difference at step {step:,}: train/loss {was[1]:.9g} ≠ {value:.9g}"
            )
        self._result.steps = step

    def _differ(self, sentence: str) -> None:
        self._result.difference = sentence
        raise Differs(sentence)

    def _gather(self, event: GradientsLogged) -> None:
        found = {str(each["name"]): each for each in event.parameters}
        for key in self._keys:
            kind, _, name = key.partition("/")
            value = found[name][_FIELDS[kind]]
            self._columns.setdefault(key, []).append(np.nan if value is None else float(value))

    def keep_for(self, experiment: object) -> None:
        """Nothing is kept."""

    def flush(self) -> None:
        """Nothing is written."""

    def progress(self, step: int, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Nobody asks."""

    def set_status(self, status: object, error: str = "") -> None:
        """Nobody asks."""


_FIELDS = {"norm": "norm", "grad": "grad_norm", "update": "update"}
"""Of a parameter in a snapshot, by the first word of a metric's key."""


class Digests(Checkpoints):
    """Takes the place of a run's checkpoints: the digest of each is compared."""

    def __init__(self, expected: Mapping[int, str], program: Program, result: Replayed) -> None:
        self._expected = expected
        self._program = program
        self._result = result

    def follow(self, program: Program) -> None:
        """The run goes on as another program."""
        self._program = program

    def next_due(self, step: int) -> int:
        """The next step whose state was kept."""
        return min((due for due in self._expected if due > step), default=2**62)

    def is_due(self, step: int) -> bool:
        """Whether the state after `step` was kept."""
        return step in self._expected

    def take(self, place: Place, reason: str = "") -> None:
        """Compare the present state; raises `Differs` where it is another."""
        was = None if self._result.difference else self._expected.get(place.step)
        if was is not None and digest(capture(self._program)) != was:
            sentence = f"first difference at the checkpoint after step {place.step:,}"
            self._result.difference = f"{sentence}: the losses are the same, the state is not"
            raise Differs(sentence)

    def latest(self, step: int) -> Capture | None:
        """A replay does not go back."""
        return None

    def reaches(self, step: int) -> bool:
        """A replay does not go back."""
        return False

    def written(self) -> list[CheckpointWritten]:
        """None is."""
        return []

    def complaints(self) -> list[str]:
        """There are none."""
        return []

    def flush(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """There is nothing to wait for."""


class Silence(Control):
    """Nobody gives orders to a replay."""

    def __init__(self) -> None:
        self._closed = True
        self._doing = ""

    @property
    def pending(self) -> bool:
        """Never."""
        return False

    def take(self, timeout: float | None) -> Request | None:
        """None."""
        return None


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (np.isnan(one) and np.isnan(other)))
