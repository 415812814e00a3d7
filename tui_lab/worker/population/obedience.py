"""What members of a population are told to do: each may stop and be turned; all hold still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tui_lab.commands import (
    Acknowledgement,
    Pause,
    Resume,
    SetHyperparameter,
    SetHyperparameters,
    Stop,
)
from tui_lab.errors import ExperimentError, HyperparameterError
from tui_lab.events import HyperparameterChanged, RunStopped
from tui_lab.experiment import Experiment
from tui_lab.training.population import Population
from tui_lab.worker.control import Request
from tui_lab.worker.fault import sentence
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.population.member import MemberRun
from tui_lab.worker.population.portraits import others
from tui_lab.worker.position import Position

_POLL = 0.25
Bell = threading.Event
"""Rung when a member has a request, or is to be looked after."""


class Obedience:
    """Carries out orders to members between two steps of their population."""

    def __init__(
        self,
        experiment: Experiment,
        population: Population,
        members: Sequence[MemberRun],
        position: Position,
        publish: Callable[[], object],
        rehearse: Callable[[], object],
        bell: Bell,
    ) -> None:
        """`publish` writes what has happened; `rehearse` takes a step to see whether one can be
        taken with other numbers."""
        self._experiment = experiment
        self._population = population
        self._members = members
        self._position = position
        self._publish = publish
        self._rehearse = rehearse
        self.bell = bell
        """Rings when there is something to attend to."""
        self.stop_reason: str | None = None
        self._held = False

    def request_stop(self, reason: str) -> None:
        """End all members at the next step boundary; safe to call from a signal handler."""
        self.stop_reason = reason
        self.bell.set()

    @property
    def live(self) -> list[MemberRun]:
        """The members that have not ended."""
        return [member for member in self._members if not member.is_over]

    def attend(self) -> None:
        """Answer what was asked; while held, wait for an order to go on. Raises `Stopped` when all
        have to end."""
        while True:
            if self.stop_reason is not None:
                raise Stopped(self.stop_reason)
            self.bell.clear()
            for member in self.live:
                self._attend_to(member)
            if not self.live:
                raise Stopped
            if not self._held:
                return
            self.bell.wait(_POLL)

    def _attend_to(self, member: MemberRun) -> None:
        while not member.is_over and (request := member.control.take(timeout=0.0)) is not None:
            self._obey(member, request)
        if member.is_lost:
            self._end(member, "its directory was removed")

    def _obey(self, member: MemberRun, request: Request) -> None:
        step, command = self._position.step, request.command
        match command:
            case Stop(reason):
                self._end(member, reason)
                return
            case Pause():
                self._hold(member)
                answer = Acknowledgement(True, step)
            case Resume():
                self._go_on()
                answer = Acknowledgement(True, step + 1)
            case SetHyperparameter(name, value):
                answer = self._turn(member, {name: value}, request.by)
            case SetHyperparameters(values):
                answer = self._turn(member, values, request.by)
            case _:
                answer = Acknowledgement(False, step, self._refusal(member))
        self._publish()
        request.answer(answer)

    def _end(self, member: MemberRun, reason: str) -> None:
        """One member goes no further; what its rows go on to hold is nobody's."""
        self._publish()
        position = self._position
        member.end(
            RunStopped(
                t=position.t,
                step=position.step,
                epoch=position.epoch,
                reason=reason,
                metrics=member.metrics(),
            )
        )

    def _hold(self, member: MemberRun) -> None:
        if self._held:
            return
        self._held = True
        self._publish()
        for each in self.live:
            count = len(self.live)
            hold = "holds" if count == 2 else "hold"
            reason = f"asked of {member.id}; the {others(count)} of its population {hold} with it"
            each.paused(reason if count > 1 else "")

    def _go_on(self) -> None:
        if self._held:
            self._held = False
            for each in self.live:
                each.resumed()

    def _turn(self, member: MemberRun, values: Mapping[str, Any], by: str) -> Acknowledgement:
        step, before = self._position.step, dict(self._population.values(member.index))
        try:
            chosen = self._checked(member, values)
        except (HyperparameterError, ExperimentError) as error:
            return Acknowledgement(False, step, str(error))
        self._publish()
        turned = {name: chosen[name] for name in values}
        if why := self._refused(member, turned):
            return Acknowledgement(False, step, why)
        for name in values:
            hyperparameter = self._experiment[name]
            old, new = (hyperparameter.to_json(each[name]) for each in (before, chosen))
            member.emit(
                HyperparameterChanged(
                    t=self._position.t, step=step + 1, name=name, old=old, new=new, by=by
                )
            )
        return Acknowledgement(True, step + 1)

    def _refused(self, member: MemberRun, turned: Mapping[str, Any]) -> str:
        """Why the program can't have these numbers, and stands as before; empty where it has."""
        try:
            self._population.turn(member.index, turned, self._rehearse)
        except Stopped:
            raise
        except ExperimentError as error:
            return str(error)
        except Exception as error:  # of the program's own
            return sentence(error)
        return ""

    def _checked(self, member: MemberRun, values: Mapping[str, Any]) -> Mapping[str, Any]:
        together = self._experiment.together
        differ = together.differ if together else ()
        apart = together.apart if together else ()
        before = self._population.values(member.index)
        chosen = self._experiment.choose({**before, **values})
        for name in values:
            if not self._experiment[name].live:
                raise HyperparameterError(
                    name, f"{name} can't change while a run is going on; it takes a new run."
                )
            at_edge = name in apart and bool({before[name], chosen[name]} & {0.0, 1.0})
            if name not in differ or at_edge:
                raise HyperparameterError(name, f"{name} {self._alike(member)}")
        return chosen

    def _alike(self, member: MemberRun) -> str:
        return (
            f"is one for all {len(self._members)} members of a population; run {member.id} by "
            "itself to turn it."
        )

    def _refusal(self, member: MemberRun) -> str:
        return (
            f"{member.id} trains with {others(len(self._members))} as one: it can be paused "
            "with all of them, stopped, and its own numbers turned. Run it by itself for more."
        )
