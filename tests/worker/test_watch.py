"""Protects the speed of a step that is looked at: looking wakes none of torch's other threads, and
the step itself has all of them. And what is said of its place: whatever a program calls its phases,
they have names, and a line in the source that is shown."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from tests.worker.conducted import EXPERIMENT, Toy
from tests.worker.stepped import Stepped, built
from tui_lab.events import PhaseEntered
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiments
from tui_lab.training.phase import FORWARD, Phase
from tui_lab.worker.health_alarms import HealthAlarms
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.watch import StepWatch

THREADS = 3


@pytest.fixture(autouse=True)
def several_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


class Probe:
    """Notes with how many threads it looks, and how long it is told to rest."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.rests: list[tuple[float, float]] = []

    def _look(self, *_: object) -> None:
        self.threads.append(torch.get_num_threads())

    begin = observe = _look

    def snapshot(self, step: int, *, held: bool) -> dict[str, Any]:
        self._look()
        return {
            "step": step,
            "grad_enabled": True,
            "graph": False,
            "parameters": [],
            "activations": [],
        }

    def remarks(self) -> list[str]:
        return []

    def rest(self, now: float, spent: float) -> None:
        self.rests.append((now, spent))


def test_looking_takes_one_thread_and_the_step_has_all() -> None:
    probe = Probe()
    clock = iter([10.0, 10.1, 20.0, 20.05, 30.0, 30.1, 40.0]).__next__
    publisher = SimpleNamespace(probe=probe, health=HealthAlarms(), t=0.0, note=lambda event: None)
    watch = StepWatch(cast("Publisher", publisher), clock)
    watch.begin(1, ())
    between = torch.get_num_threads()
    watch.observe(FORWARD)
    watch.end(1, held=False)
    assert probe.threads == [1, 1, 1]
    assert between == torch.get_num_threads() == THREADS
    ((now, spent),) = probe.rests
    assert (now, round(spent, 9)) == (40.0, 0.25)  # looking alone, not the step between


class Named(Toy):
    """A step with phases of its own, some of which are no names at all."""

    def step(self, batch: Any) -> Iterator[Any]:
        yield self.forward(self.w.sum())
        yield from self.own()
        yield None

    def own(self) -> Iterator[Any]:
        yield "clip"
        yield ["no name"]
        yield "a name\nthat is far too long to be read on one line"


def entered(program: Toy) -> list[PhaseEntered]:
    program.build()
    stepped = Stepped(program)
    stepped.take()
    return stepped.of(PhaseEntered)


def toy(kind: type[Toy]) -> Toy:
    return kind(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))


def test_phases_of_a_programs_own_are_told_by_their_names() -> None:
    assert [event.phase for event in entered(toy(Named))] == [
        "forward",
        "clip",
        "['no name']",
        "a name that is far too long to be read o",
        "?",
    ]


def test_a_line_is_one_of_the_function_that_is_shown() -> None:
    """What the step hands on to stands elsewhere: the line is where it does so."""
    lines, first = inspect.getsourcelines(Named.step)
    shown = [lines[event.line - first].strip() for event in entered(toy(Named))]
    assert shown == [
        "yield self.forward(self.w.sum())",
        *["yield from self.own()"] * 3,
        "yield None",
    ]


class Chosen(Named):
    """Its step only chooses; what is shown is what it chooses."""

    def step_source(self) -> Callable[..., Any]:
        return self.own


def test_a_step_that_only_chooses_is_followed_into_what_it_chose() -> None:
    lines, first = inspect.getsourcelines(Named.own)
    clip = entered(toy(Chosen))[1]
    assert lines[clip.line - first].strip() == 'yield "clip"'


class Listed(Toy):
    """A step that is no generator."""

    def step(self, batch: Any) -> Iterator[Phase]:
        return iter([FORWARD, Phase("mine")])


def test_a_step_that_is_no_generator_has_no_line() -> None:
    assert [(event.phase, event.line) for event in entered(toy(Listed))] == [
        ("forward", 0),
        ("mine", 0),
    ]


PROGRAMS = [e.name for e in load_experiments() if isinstance(e, Experiment) and not e.demonstration]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_stands_at_a_line_of_its_source(subset: None, name: str) -> None:
    program = built(name)
    stepped = Stepped(program)
    stepped.take()
    lines, first = inspect.getsourcelines(program.step_source())
    for event in stepped.of(PhaseEntered):
        assert lines[event.line - first].strip().startswith("yield")
