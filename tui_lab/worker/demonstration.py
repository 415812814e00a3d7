"""Drives a demonstration: computed once, and again for every knob that moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from tui_lab.commands import Acknowledgement, SetHyperparameter, SetHyperparameters
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.program import Program
from tui_lab.worker.control import Control, Request
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.orders import Orders
from tui_lab.worker.process import PARENT
from tui_lab.worker.publisher import Publisher


class DemonstrationLoop:
    """Answers requests with new pictures; `build` makes a program for given values. A step of it
    is to be computed again."""

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
        self._publisher = publisher
        self._position = publisher.position
        self._orders = Orders(control, publisher)
        self._parent = int(os.environ.get(PARENT, os.getppid()))

    def request_stop(self, reason: str) -> None:
        """End soon; safe to call from a signal handler."""
        self._orders.request_stop(reason)

    def run(self, *, interactive: bool) -> None:
        """Show the first picture, then follow the knobs until told to stop if `interactive`."""
        self._publisher.evaluate_epoch()
        self._orders.publish()
        while interactive:
            if os.getppid() != self._parent:
                raise Stopped("The lab that showed it is gone.")
            self._orders.attend(self._carry_out, wait=True)

    def _carry_out(self, request: Request) -> Acknowledgement:
        match request.command:
            case SetHyperparameter(name, value):
                return self._change({name: value}, request.by)
            case SetHyperparameters(values):
                return self._change(values, request.by)
        step = self._position.step
        return Acknowledgement(False, step, "A demonstration has no steps; turn a knob.")

    def _change(self, values: Mapping[str, Any], by: str) -> Acknowledgement:
        old: Mapping[str, Any] = dict(vars(self._program.hp))
        try:
            new = self._experiment.choose({**old, **values})
            program = self._build(new)
        except HyperparameterError as error:
            return Acknowledgement(False, self._position.step, str(error))
        self._position.step = step = self._position.step + 1
        self._program = program
        self._publisher.follow(program)
        for name in values:
            changed = self._experiment[name]
            self._publisher.hyperparameter_changed(step, changed, old[name], new[name], by)
        self._publisher.evaluate_now()
        return Acknowledgement(True, step)
