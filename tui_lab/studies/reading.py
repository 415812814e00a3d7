"""One run of a trial as its study sees it: the goal after each epoch, and how the run ended."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cached_property

from tui_lab.checks import number
from tui_lab.errors import RunUnreadable
from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    RunEnded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunResumed,
    RunStopped,
)
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.studies import reasons
from tui_lab.study import TrialState
from tui_lab.together import CURE

_HEADS, _EPOCH = (b'{"type":"run_', b'{"type":"hyperparameter_'), b'"kind":"epoch"'
_HEAD = 100


def is_wanted(line: bytes) -> bool:
    """Whether a line of a log may say something of a goal, of values, or of how the run stands."""
    return line.startswith(_HEADS) or _EPOCH in line[:_HEAD]


class RunReading:
    """The run in `directory`, which has this `seed`; of its metrics only the goal is looked at.
    The hyperparameters in `proposed` are those that its trial gave it values of."""

    def __init__(
        self,
        directory: RunDirectory,
        goal: str,
        *,
        seed: int,
        created: str,
        proposed: Collection[str] = (),
    ) -> None:
        self.id = directory.id
        self.directory = directory
        self.seed = seed
        self.created = created
        self.curve: list[tuple[int, float]] = []
        """(epoch, goal), in the order of epochs."""
        self._steps: list[int] = []
        self.step = 0
        self.t = 0.0
        self.ended: RunEnded | None = None
        self.lost = False
        """Whether its worker vanished without a last event."""
        self._goal = goal
        self._proposed = proposed
        self._turned: list[tuple[int, str]] = []
        """(step, name) of each of them that was given another value."""
        self._tail = RunTail(directory.events_path, wanted=is_wanted)

    def read(self) -> bool:
        """Take in what came since; whether anything did. Raises `RunUnreadable`."""
        found = False
        while events := self._tail.read():
            found = True
            for event in events:
                with suppress(ValueError, TypeError):  # one that does not hold what it promises
                    self._fold(event)
        return found

    def look(self, *, is_attended: bool) -> bool:
        """See whether its worker vanished, for who is not told; whether that is news. A run that no
        worker ever had waits for one as long as its study `is_attended`, and what goes on after all
        was not lost."""
        before, waits = self.lost, is_attended and not self.began
        crashed = not waits and self.directory.status() is RunStatus.CRASHED
        self.read()
        self.lost = crashed and self.ended is None
        return self.lost is not before

    @property
    def began(self) -> bool:
        """Whether a worker has written anything."""
        return self.directory.events_path.exists()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.ended is not None or self.lost

    @property
    def parted(self) -> bool:
        """Whether its program was refused as one for many runs; alone it may train."""
        failed = self.ended if isinstance(self.ended, RunFailed) else None
        return failed is not None and failed.error.endswith(CURE) and self._is_member

    @cached_property
    def _is_member(self) -> bool:
        try:
            return bool(self.directory.request().population)
        except RunUnreadable:
            return False

    @property
    def test_metrics(self) -> Mapping[str, float]:
        """The test metrics it ended with: for the end of a study alone."""
        metrics = {} if self.ended is None else self.ended.metrics
        return {key: number(v) for key, v in metrics.items() if key.startswith("test/")}

    @property
    def goal(self) -> float | None:
        """What it ended with; None where it did not measure that."""
        if self.ended is not None and self._goal in self.ended.metrics:
            return number(self.ended.metrics[self._goal])
        return self.curve[-1][1] if self.curve else None

    @property
    def outcome(self) -> tuple[TrialState, str]:
        """What the run means for its trial, and why: COMPLETE is one with a goal, WAITING one that
        has to be begun again."""
        outcome = self._outcome
        if self._turned and outcome[0] in (TrialState.COMPLETE, TrialState.PRUNED):
            return TrialState.FAIL, reasons.by_hand(*self._turned[0])
        return outcome

    @property
    def _outcome(self) -> tuple[TrialState, str]:
        match self.ended:
            case None:
                return (TrialState.WAITING if self.lost else TrialState.RUNNING), ""
            case RunFinished():
                return self._measured()
            case RunFailed() if self.parted:
                return TrialState.WAITING, ""
            case RunFailed():
                return TrialState.FAIL, self.ended.error
            case RunStopped():
                return _stopped(self.ended.reason)

    @property
    def lacks_goal(self) -> bool:
        """Whether it came to its end without ever measuring the goal."""
        return isinstance(self.ended, RunFinished) and self.goal is None

    def _measured(self) -> tuple[TrialState, str]:
        if self.goal is None:
            return TrialState.FAIL, f"{self._goal} was not measured"
        if not math.isfinite(self.goal):
            return TrialState.FAIL, f"diverged: {self._goal} is {self.goal}"
        return TrialState.COMPLETE, ""

    def _fold(self, event: RunEvent) -> None:
        self.t = max(self.t, float(event.t))
        if isinstance(event, RunResumed) and event.from_step is not None:
            standing = sum(step <= event.from_step for step in self._steps)
            del self.curve[standing:], self._steps[standing:]
            self._turned = [each for each in self._turned if each[0] <= event.from_step]
            self.ended = None
        elif isinstance(event, HyperparameterChanged) and event.name in self._proposed:
            self._turned.append((int(event.step), event.name))
        elif isinstance(event, MetricsLogged) and self._goal in event.columns:
            values = map(number, event.columns[self._goal])
            self.curve += zip(map(int, event.epochs), values, strict=True)
            self._steps += map(int, event.steps)
            self.step = max([self.step, *self._steps[-1:]])
        elif isinstance(event, RunEnded):
            self.ended = event
            self.step = max(self.step, int(event.step))


def _stopped(reason: str) -> tuple[TrialState, str]:
    if reasons.is_cut_short(reason):
        return TrialState.WAITING, ""
    if reasons.is_pruned(reason):
        return TrialState.PRUNED, reason
    if reasons.is_diverged(reason):
        return TrialState.FAIL, reason
    return TrialState.FAIL, f"stopped: {reason}" if reason else "stopped by hand"
