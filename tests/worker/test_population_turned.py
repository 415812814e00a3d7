"""Protects the other members from a number that one is given and their program can't have: the
order is refused in a sentence, and all go on as before."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from tests.worker.conducted import EXPERIMENT, ScriptedRequest, Toy
from tui_lab.commands import SetHyperparameter
from tui_lab.events import HyperparameterChanged, RunEvent
from tui_lab.experiment import Experiment
from tui_lab.together import Together
from tui_lab.training.phase import Phase
from tui_lab.training.population import Population
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.population.loop import PopulationLoop
from tui_lab.worker.population.member import MemberRun
from tui_lab.worker.population.obedience import Bell
from tui_lab.worker.position import Position

TOGETHER = Experiment(**{**vars(EXPERIMENT), "together": Together(differ=("lr",))})


class Particular(Toy):
    """Asks for large rates."""

    def build(self) -> None:
        super().build()
        self.w = torch.full((1,), 100.0, requires_grad=True)

    def step(self, batch: Any) -> Iterator[Phase]:
        if self.hp.lr > 2:
            raise ValueError("too fast")
        yield from super().step(batch)

    def evaluate(self) -> dict[str, Any]:
        return {"train/loss": self.w.detach()[0], "rate": 1.0 if self.hp.lr < 1 else 2.0}


class Member:
    """One that remembers what was logged of it, and has one order."""

    def __init__(self, index: int, request: ScriptedRequest | None = None) -> None:
        self.index, self.id = index, f"toy-{index}"
        self.is_over = self.is_lost = False
        self.events: list[RunEvent] = []
        self.emit = self.events.append
        asked = [] if request is None else [request]
        self.control = SimpleNamespace(take=lambda timeout: asked.pop() if asked else None)
        self.record = SimpleNamespace(try_flush=lambda: True)
        self.losses: list[float] = []

    def add(self, first: int, columns: Any, *_: Any) -> None:
        self.losses += [float(loss) for loss in columns.get("train/loss", ())]


def ready(
    chosen: type[Toy], asked: float | None
) -> tuple[PopulationLoop, list[Member], ScriptedRequest]:
    """Two members, the second of which is asked to turn its rate at once."""
    request = ScriptedRequest(SetHyperparameter("lr", asked))
    members = [Member(0), Member(1, None if asked is None else request)]
    values = [TOGETHER.choose({"epochs": 2})] * 2
    population = Population(chosen, values, (0, 1), device=torch.device("cpu"))
    bell = Bell()
    bell.set()
    given = cast("list[MemberRun]", members)
    return PopulationLoop(TOGETHER, population, given, Position(), bell), members, request


def trained(chosen: type[Toy], asked: float | None) -> tuple[list[Member], ScriptedRequest]:
    """The same at their end."""
    loop, members, request = ready(chosen, asked)
    loop.run()
    return members, request


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (1.5, "The members of this population part ways"),
        (9.0, "The members of this population part ways"),
    ],
    ids=["where they measure", "in the step"],
)
def test_what_the_program_can_not_have_is_refused(rate: float, said: str) -> None:
    members, request = trained(Particular, rate)
    (answer,) = request.answers
    assert (answer.ok, answer.step) == (False, 1)
    assert answer.message.startswith(said)
    assert [member.events for member in members] == [[], []]
    assert [m.losses for m in members] == [m.losses for m in trained(Particular, None)[0]]


def test_what_the_program_raises_is_refused_with_its_line() -> None:
    class Failing(Particular):
        def hyperparameter_changed(self, name: str) -> None:
            raise KeyError(name)

    _, request = trained(Failing, 0.7)
    (answer,) = request.answers
    assert not answer.ok
    assert answer.message.startswith("KeyError: 'lr' (test_population_turned.py, line ")


def stop(*_: Any) -> bool:
    raise Stopped("enough")


@pytest.mark.parametrize("at", ["rehearsal", "publish"])
def test_an_end_meanwhile_is_no_refusal(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if at == "rehearsal":
        monkeypatch.setattr(PopulationLoop, "_rehearse", stop)
    loop, members, request = ready(Particular, 0.75)
    if at == "publish":
        members[1].control.take = lambda timeout: _full_from_now(members[1], request)
    with pytest.raises(Stopped, match="enough"):
        loop.run()
    assert request.answers == []


def _full_from_now(member: Member, request: ScriptedRequest) -> ScriptedRequest:
    member.record.try_flush = stop
    return request


def test_what_it_can_have_counts_from_the_next_step_on() -> None:
    members, request = trained(Particular, 0.75)
    (answer,) = request.answers
    assert (answer.ok, answer.step) == (True, 2)
    (changed,) = members[1].events
    assert isinstance(changed, HyperparameterChanged)
    assert (changed.step, changed.old, changed.new) == (2, 0.5, 0.75)
    assert members[0].losses == [100.0, 99.5, 99.0, 98.5, 98.0, 97.5]
    assert members[1].losses == [100.0, 99.5, 98.75, 98.0, 97.25, 96.5]
