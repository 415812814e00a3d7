"""The loop of a population: the steps of all members at once, and the blocks of each one's log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import torch

from tui_lab.events import MetricsLogged
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.training.population import Population
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.population.block import PopulationBlock, of_member
from tui_lab.worker.population.member import MemberRun
from tui_lab.worker.population.obedience import Bell, Obedience
from tui_lab.worker.population.portraits import Portraits, flushed
from tui_lab.worker.position import Position

_BLOCK, _SHARE = 1 / 30, 10
"""Seconds between two blocks, at least, and how many times what writing one takes."""
_LONGEST = 4096
"""Steps after which a block is written whatever the time."""
_ROOM = 1.0
"""Seconds between two tries to write on a full disk."""


class PopulationLoop:
    """Drives a population from its first step to its last, obeying its members between steps."""

    def __init__(
        self,
        experiment: Experiment,
        population: Population,
        members: Sequence[MemberRun],
        position: Position,
        bell: Bell,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._population = population
        self._program = population.program
        self._position = position
        self._clock = clock
        self._block = PopulationBlock(len(population))
        self._next = 0.0
        self.obedience = Obedience(
            experiment, population, members, position, self.publish, self._rehearse, bell
        )
        self._batch: Any = None
        """That of the last step; None before the first."""
        self.portraits = Portraits(population, position)
        names = population.program.record_names
        self._parameters = frozenset(chain.from_iterable(names.values()))

    def run(self) -> None:
        """Take all steps. Raises `Stopped`, or whatever the program raises."""
        self.publish()
        with self._population.chances:
            epochs = Epochs(self._program, self._position)
        try:
            while not epochs.is_done:
                if self.obedience.bell.is_set() and self._batch is not None:
                    self.obedience.attend()
                self._take_step(epochs)
                if len(self._block) >= _LONGEST or self._clock() >= self._next:
                    self.publish()
        finally:
            self.publish()
        with self._population.chances:
            left_others = self._program.finish()
        if left_others:
            self._measure_again()

    def _take_step(self, epochs: Epochs) -> None:
        step = self._position.step + 1
        with self._population.chances:
            try:
                batch = next(epochs.batches)
            except StopIteration:  # of batches of no known number
                epochs.exhaust()
                self._arrive(epochs, stepped=False)
                return
            self._batch = batch
            for _ in self._program.step(batch):
                pass
            due = epochs.due
            self._position.step = step
            self._block.add(self._program)
            if step >= due:
                self._arrive(epochs, stepped=True)

    def _rehearse(self) -> None:
        with self._population.chances:
            for _ in self._program.step(self._batch):
                pass
            with torch.no_grad():
                self._program.evaluate()

    def _arrive(self, epochs: Epochs, *, stepped: bool) -> None:
        """A step is over, and perhaps an epoch: measure, and draw the order of the next epoch."""
        epoch = self._position.epoch
        if is_due := epochs.arrive(stepped=stepped):
            with torch.no_grad():
                measured = self._program.evaluate()
            self._block.add_epoch(self._position.step, self._position.epoch, measured)
        if is_due or self._position.epoch > epoch:
            epochs.is_closed = self._program.done
        if epochs.is_over and not epochs.is_closed:
            epochs.go_on()

    def publish(self) -> None:
        """Write what has happened to each member; a full disk holds them until there is room, or
        all are stopped. Raises `Stopped`."""
        self._population.check()
        begun, names = self._clock(), self._program.record_names
        first = self._position.step - len(self._block) + 1
        columns, measured = self._block.take(names)
        members = self.obedience.live
        for member in members:
            k = member.index
            steps = {key: rows[k] for key, rows in columns.items()}
            wholes = [of_member(stretch, k) for stretch in measured]
            member.add(first, steps, wholes, self._parameters)
        if not flushed(members):
            self._wait_for_room(members)
        now = self._clock()
        self._next = now + max(_BLOCK, _SHARE * (now - begun))

    def _wait_for_room(self, members: Sequence[MemberRun]) -> None:
        while not flushed(members):
            if self.obedience.stop_reason is not None:
                raise Stopped(self.obedience.stop_reason)
            self.obedience.bell.wait(_ROOM)
        for member in members:
            member.record.set_status(RunStatus.RUNNING)

    def _measure_again(self) -> None:
        """The program left other parameters than those of its last step."""
        block, position = PopulationBlock(len(self._population)), self._position
        with self._population.chances, torch.no_grad():
            block.add_epoch(position.step, position.epoch, self._program.evaluate())
        self._population.check()
        _, [measured] = block.take({})
        for member in self.obedience.live:
            columns = of_member(measured, member.index).columns
            member.record.progress(
                position.step, position.epoch, {key: c[0] for key, c in columns.items()}
            )
            member.emit(
                MetricsLogged(
                    t=position.t,
                    kind="evaluation",
                    steps=[position.step],
                    epochs=[position.epoch],
                    columns=columns,
                )
            )
