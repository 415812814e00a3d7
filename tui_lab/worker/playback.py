"""Steps of a program taken as its run took them, with nobody looking: the way from a captured state
to any later step.

On the CPU they give the same numbers to the last bit; on a card as far as its kernels do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from tui_lab.errors import RunError
from tui_lab.experiment import Experiment
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program, forget_step, turn
from tui_lab.worker.alterations import alterations
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.interventions import Interventions, forks
from tui_lab.worker.position import Position

Look = Callable[[Phase], bool]
"""Whether a phase is one to stop at."""


class Playback:
    """Plays on a program that stands after `step` steps and `epoch` epochs, with `taken` batches of
    the epoch under way behind it."""

    def __init__(
        self,
        experiment: Experiment,
        program: Program,
        interventions: Interventions,
        *,
        step: int,
        epoch: int,
        taken: int,
    ) -> None:
        self._experiment = experiment
        self._program = program
        self._interventions = interventions
        self._position = Position(step, epoch)
        self._epochs = Epochs(program, self._position, taken, bounded=False)

    @property
    def step(self) -> int:
        """Steps that were taken to their end."""
        return self._position.step

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self._position.epoch

    @property
    def taken(self) -> int:
        """Batches of the epoch under way that lie behind."""
        return self._epochs.taken

    def to(self, step: int, look: Look | None = None) -> bool:
        """Play on until after `step`. False when it stopped within a step, at a phase that `look`
        found one to stop at: `self.step` is the last step before. Raises what the program does."""
        while self.step < step:
            self.prepare(self.step + 1)
            if not self._take_step(look):
                return False
            self._position.step += 1
            self._arrive(stepped=True)
            forget_step(self._program)
        return True

    def prepare(self, step: int) -> None:
        """Do what was done before `step`, the next. Raises `RunError` where the run went on as
        another program there: no way leads over that."""
        for each in self._interventions.done(step):
            if forks(self._experiment, each):
                raise RunError(f"No state was kept from step {step:,} on, where the run forked.")
            if each.act == "skip":
                self._epochs.leave_out()
                if self._epochs.is_over:
                    self._arrive(stepped=False)
            set_values(self._experiment, self._program, each.values)

    def _take_step(self, look: Look | None) -> bool:
        done = alterations(self._program, self._interventions.done(self.step + 1))
        for phase in self._program.step(self._batch()):
            for alteration in done:
                alteration.at(phase)
            if look is not None and look(phase):
                return False
        return True

    def _batch(self) -> Any:
        """The next, of the next epoch where none is left of this one."""
        for batch in self._epochs.batches:
            return batch
        self._epochs.exhaust()
        self._arrive(stepped=False)
        return next(self._epochs.batches)

    def _arrive(self, *, stepped: bool) -> None:
        """What was measured is measured, as it was; an epoch that is over is followed by the
        next."""
        if self._epochs.arrive(stepped=stepped):
            with torch.no_grad():
                self._program.evaluate()
        if self._epochs.is_over:
            self._epochs.go_on()


def set_values(experiment: Experiment, program: Program, values: Mapping[str, Any]) -> None:
    """Give live hyperparameters new values (JSON form); no step is under way. Raises
    `HyperparameterError`."""
    if not values:
        return
    chosen = experiment.choose({**vars(program.hp), **values})
    for name in values:
        turn(program, name, chosen[name])
