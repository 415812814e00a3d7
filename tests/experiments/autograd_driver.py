"""What tests of the laboratory of requires_grad share: cases as they run, and their tables."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.experiments.driver import build, evaluate
from tui_lab.experiments.autograd import execution as autograd
from tui_lab.experiments.autograd.program import Autograd
from tui_lab.experiments.autograd.witness import Given, Sight

NAME = "autograd"
USUAL = Given(x=2.0, w=1.0, lr=0.1, times=3)
OTHER = Given(x=-1.5, w=0.75, lr=0.3, times=5)


@cache
def run(case: str, under: str = "nothing", given: Given = USUAL) -> autograd.Execution:
    return autograd.execute(case, under, given, 0)


@cache
def demonstration(seed: int = 0, **values: Any) -> tuple[Autograd, dict[str, float]]:
    program = build(NAME, seed, **values)
    assert isinstance(program, Autograd)
    return program, evaluate(program)


def sight(case: str, name: str, given: Given = USUAL, under: str = "nothing") -> Sight:
    found = run(case, under, given).see.last(name)
    assert found is not None
    return found


def table(title: str, **values: Any) -> list[list[str]]:
    program, _ = demonstration(**values)
    rows = program.pictures()[title]["table"]["rows"]
    assert isinstance(rows, list)
    return rows
