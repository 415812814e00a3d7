"""Drives a demonstration: computed once, and again for every knob that moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from tui_lab.commands import Acknowledgement, Command, SetHyperparameter, SetHyperparameters, Stop
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.program import Program
from tui_lab.worker.control import Control, Request
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.process import PARENT
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.room import no_room, wait_for_room


class DemonstrationLoop:
    """Answers requests with new pictures; `build` makes a program for given values."""

    def __init__(
        self,
        experiment: Experiment,
        program: Program,
        build: Callable[[Hyperparameters], Program],
        control: Control,
        publisher: Publisher,
    ) -> None:
        self._experiment = experiment
        self._program = program
        self._build = build
        self._control = control
        self._publisher = publisher
        self._stop_reason: str | None = None
        self._parent = int(os.environ.get(PARENT, os.getppid()))
        self.step = 0
        """How many times it was computed again."""
        self.epoch = 0

    @property
    def completed(self) -> int:
        """The same, under the name the training loop has for it."""
        return self.step

    def request_stop(self, reason: str) -> None:
        """End soon; safe to call from a signal handler."""
        self._stop_reason = reason

    def run(self, *, interactive: bool) -> None:
        """Show the first picture, then follow the knobs until told to stop if `interactive`."""
        self._publisher.evaluate_epoch(0, 0)
        self._publish()
        while interactive:
            if self._stop_reason is not None:
                raise Stopped(self._stop_reason)
            if os.getppid() != self._parent:
                raise Stopped("The lab that showed it is gone.")
            request = self._control.take(timeout=0.25)
            if request is not None:
                self._obey(request)

    def _publish(self) -> None:
        """Write what has happened; a full disk holds the demonstration until there is room."""
        try:
            self._publisher.publish()
        except OSError as error:
            self._wait_for_room(error)

    def _wait_for_room(self, error: OSError) -> None:
        wait_for_room(self._publisher, self._control, self.step, error, lambda: self._stop_reason)

    def _obey(self, request: Request) -> None:
        """Carry an order out; what it changed is written before it is answered. An order to stop is
        answered by the end of the run."""
        if isinstance(request.command, Stop):
            self._stop_reason = request.command.reason
            return
        answer = self._carry_out(request.command)
        try:
            self._publisher.publish()
        except OSError as error:
            request.answer(Acknowledgement(False, self.step, no_room(error)))
            self._wait_for_room(error)
        request.answer(answer)

    def _carry_out(self, command: Command) -> Acknowledgement:
        match command:
            case SetHyperparameter(name, value):
                return self._change({name: value})
            case SetHyperparameters(values):
                return self._change(values)
        return Acknowledgement(False, self.step, "A demonstration has no steps; turn a knob.")

    def _change(self, values: Mapping[str, Any]) -> Acknowledgement:
        old: Mapping[str, Any] = dict(vars(self._program.hp))
        try:
            new = self._experiment.choose({**old, **values})
            program = self._build(new)
        except HyperparameterError as error:
            return Acknowledgement(False, self.step, str(error))
        self.step += 1
        self._program = program
        self._publisher.follow(program)
        for name in values:
            changed = self._experiment[name]
            self._publisher.hyperparameter_changed(self.step, changed, old[name], new[name])
        self._publisher.evaluate_now(self.step)
        return Acknowledgement(True, self.step)
