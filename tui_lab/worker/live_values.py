"""Values that live hyperparameters are to take: checked when asked for, used from the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS, Value
from tui_lab.training.program import Program, turn
from tui_lab.worker.heeding import Heeding
from tui_lab.worker.publisher import Publisher


class LiveValues:
    """Takes orders for one program, and hands them to it between two steps."""

    def __init__(self, experiment: Experiment, program: Program, publisher: Publisher) -> None:
        self._experiment = experiment
        self._program = program
        self._publisher = publisher
        self._accepted: dict[str, Value] = {}
        self._heeding = Heeding(program, self._ignored)

    def __bool__(self) -> bool:
        """Whether any wait for the step under way to end."""
        return bool(self._accepted)

    def declare(self, experiment: Experiment) -> None:
        """There are other hyperparameters from now on."""
        self._experiment = experiment

    def complaint(self, values: Mapping[str, Any]) -> str:
        """What is wrong with new values; empty where nothing is."""
        try:
            for name in values:
                if not (self._experiment[name].live or name == EPOCHS):
                    return f"{name} can't change while a run is going on; it takes a new run."
            hp = vars(self._program.hp)
            chosen = self._experiment.choose({**hp, **self._accepted, **values})
        except HyperparameterError as error:
            return str(error)
        begun = self._publisher.position.epoch + 1
        if EPOCHS in values and int(str(chosen[EPOCHS])) < begun:
            return f"{EPOCHS} can't be fewer than the {begun} that have begun."
        return ""

    def forget(self) -> None:
        """What was accepted and not used yet never was."""
        self._accepted.clear()

    def accept(self, values: Mapping[str, Any], step: int, by: str = "") -> str:
        """Check new values now, together, and say that they are used from `step` on, by order of
        `by`; gives what is wrong with them, empty when they are taken."""
        if complaint := self.complaint(values):
            return complaint
        hp = vars(self._program.hp)
        chosen = self._experiment.choose({**hp, **self._accepted, **values})
        for name in values:
            old = self._accepted.get(name, hp[name])
            hyperparameter = self._experiment[name]
            self._publisher.hyperparameter_changed(step, hyperparameter, old, chosen[name], by)
            self._accepted[name] = chosen[name]
        return ""

    def apply(self) -> None:
        """Hand what was accepted to the program; no step is under way."""
        if not self._accepted:
            return
        idle = self._experiment.idle({**vars(self._program.hp), **self._accepted})
        names = self._accepted.keys() - idle.keys() - {EPOCHS}
        position = self._publisher.position
        self._heeding.watch(names, position.step, position.epoch)
        for name, value in self._accepted.items():
            turn(self._program, name, value)
        self._accepted.clear()

    def look(self) -> None:
        """See whether the program has read what it was given."""
        position = self._publisher.position
        self._heeding.look(position.step, position.epoch)

    def _ignored(self, name: str, step: int) -> None:
        self._publisher.remark(
            self._publisher.position.step,
            f"{name} was changed at step {step:,} and nothing in the program has read it since; "
            "hand it on in hyperparameter_changed.",
        )
