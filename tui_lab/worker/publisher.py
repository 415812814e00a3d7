"""Turns what happens in the loop into events, in the order in which it happened.

Steps and epochs are gathered into blocks and written at most thirty times a second; whatever else
happens first closes the block, so that it stands in the log exactly where it took effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    PictureLogged,
    Remarked,
    RunEvent,
)
from tui_lab.hyperparameters import Hyperparameter, Value
from tui_lab.training.generators import generators_kept
from tui_lab.training.program import Pictures, Program
from tui_lab.worker.guard import Damage
from tui_lab.worker.lab_cost import LabCost
from tui_lab.worker.pending_metrics import PendingMetrics
from tui_lab.worker.position import Position
from tui_lab.worker.probe import GradientProbe
from tui_lab.worker.record import RunRecord
from tui_lab.worker.respite import respite
from tui_lab.worker.standing import Standing
from tui_lab.worker.whole_sets import WholeSets

_BLOCK = 1 / 30
"""Seconds between two writes of a run that is going on."""
_LONGEST = 4096
"""Steps after which a block is written whatever the time, so that its tensors stay few."""
_PICTURES = 0.5
"""Seconds between two pictures of a kind; a terminal shows no more."""


class Publisher:
    """The worker's account of one run."""

    interval = _BLOCK
    """Seconds between two blocks, at least."""
    guarded_after: int | None = None
    """From this step on a block in which something is not finite is not written, but raises
    `Damage`; None: every block is written."""

    def __init__(
        self,
        program: Program,
        record: RunRecord,
        *,
        total_steps: int,
        position: Position | None = None,
        alarms: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """A run that does not begin with its first step stands at `position`, and `alarms` of these
        kinds were raised already, at these steps."""
        self._program = program
        self._record = record
        self._clock = clock
        self.position = position or Position(clock=clock)
        """Where the run stands; whoever moves it on moves this."""
        self.measurements = PendingMetrics(self.position, alarms or {})
        """What was measured and is not written yet."""
        self.whole_sets = WholeSets(program, partial(_leave_out, self, "evaluate()"))
        self.health = self.measurements.health  # it judges losses and watched steps
        self._remarks: set[str] = set()
        self._next_block = self._next_pictures = 0.0
        self.probe = GradientProbe(program, total_steps, zeroed_after=self.position.step)
        """What watched steps are looked at with."""
        self.cost = LabCost(program.device, clock)
        """What tells the time that the lab takes from the program's own."""
        self.standing = Standing(self.position, record, self.emit)
        """What says that the run holds still, or goes on."""

    @property
    def t(self) -> float:
        """Seconds since the run started."""
        return self.position.t

    def add_step(self, step: int) -> bool:
        """Take over the finished step; whether the block should be written now."""
        self.measurements.block.add(self._program)
        return self._clock() >= self._next_block or step % _LONGEST == 0

    @property
    def is_due(self) -> bool:
        """Whether the block should be written now."""
        return self._clock() >= self._next_block

    def evaluate_epoch(self) -> None:
        """Measure the whole sets after an epoch, and draw if pictures are due."""
        step = self.position.step
        with self.cost.program():  # as a loop of one's own would
            measured = self.whole_sets.after_epoch()
        self.measurements.add_epoch(step, self.position.epoch, measured)
        if (start := self._clock()) >= self._next_pictures:
            self._close_block()
            self.log_pictures(step, _pictures(self._program))
            end = self._clock()
            self._next_pictures = max(start + _PICTURES, end + respite(end - start))

    def evaluate_now(self) -> None:
        """Measure and draw because someone asked, or because the parameters are others now."""
        self._close_block()
        with _apart(self._program):
            self.log_evaluation(self.whole_sets.now())
        self.log_pictures(self.position.step, _pictures(self._program))

    def log_evaluation(self, measured: Mapping[str, float]) -> None:
        """Log what was measured where the run stands."""
        step, epoch = self.position.step, self.position.epoch
        self._record.progress(step, epoch, measured)
        columns = {key: [value] for key, value in measured.items()}
        self.emit(
            MetricsLogged(
                t=self.t, kind="evaluation", steps=[step], epochs=[epoch], columns=columns
            )
        )

    def log_pictures(self, step: int, pictures: Pictures) -> None:
        """One event per layer."""
        for picture, layers in pictures.items():
            for layer, data in layers.items():
                event = PictureLogged(t=self.t, step=step, picture=picture, layer=layer, data=data)
                self._record.append(event)

    def hyperparameter_changed(
        self, step: int, hyperparameter: Hyperparameter, old: Value, new: Value, by: str = ""
    ) -> None:
        """A live hyperparameter has a new value from `step` on, by order of `by`."""
        before, after = hyperparameter.to_json(old), hyperparameter.to_json(new)
        name = hyperparameter.name
        changed = HyperparameterChanged(
            t=self.t, step=step, name=name, old=before, new=after, by=by
        )
        self.emit(changed)

    def emit(self, event: RunEvent) -> None:
        """Log an event after everything that happened before it."""
        self._close_block()
        self._record.append(event)

    def note(self, event: RunEvent) -> None:
        """Log an event whose place among the measurements does not matter."""
        self._record.append(event)

    def remark(self, step: int, message: str) -> None:
        """Log, once, what a person may want to know."""
        if message not in self._remarks:
            self._remarks.add(message)
            self.note(Remarked(t=self.t, step=step, message=message))

    def publish(self) -> None:
        """Write what has happened; raises `OSError` when the disk is full (nothing is lost)."""
        self._close_block()
        self._record.flush()
        self._next_block = self._clock() + self.interval

    def follow(self, program: Program) -> None:
        """Publish another program from now on (a demonstration computed again)."""
        self._program = self.whole_sets.program = program
        self._record.forget_metrics()

    def draw_last(self) -> None:
        """The pictures as the run leaves them."""
        self._close_block()
        self.log_pictures(self.position.step, _pictures(self._program))

    def last_metrics(self) -> dict[str, Any]:
        """The final value of every metric, and of what the probe saw last."""
        self._close_block()
        return {**self.probe.metrics(), **self._record.metrics, **self.measurements.alarms}

    def check(self) -> None:
        """Look at what was gathered and not written yet; raises `Damage` where it is not finite and
        the run is guarded."""
        names, after = self._program.record_names, self.guarded_after
        damaged = self.measurements.copy(names, after or 0)
        if damaged is not None and after is not None:
            raise Damage(damaged)

    def settle(self) -> None:
        """Give what was gathered its steps, before the run stands elsewhere."""
        self.measurements.copy(self._program.record_names)

    def forget_after(self, step: int) -> None:
        """The run goes back: what was gathered after this step never was. What is logged already
        is not touched."""
        self.measurements.forget_after(step)
        self._record.forget_metrics()
        self._record.progress(step, self.position.epoch, self.measurements.alarms)

    def _close_block(self) -> None:
        self.check()
        for event in self.measurements.take(self.t, self._program.record_names):
            self._record.append(event)
        for key, found in self.measurements.refused():
            _leave_out(self, "record()", key, found)
        if self.measurements.last:
            last = {**self.measurements.last, **self.measurements.alarms}
            self._record.progress(self.position.step, self.position.epoch, last)


def _pictures(program: Program) -> Pictures:
    with _apart(program):
        return program.pictures()


def _apart(program: Program) -> AbstractContextManager[None]:
    """What is asked for, or drawn when there is time, may be random: it has no part in the run."""
    return generators_kept(program.device, program.generator)


def _leave_out(publisher: Publisher, source: str, key: str, found: str) -> None:
    said = f"{source} gave {key} = {found}; a metric is a number, so it is left out."
    publisher.remark(publisher.position.step, said)
