"""How many threads a run takes: the fastest on what is free, found out in steps that are taken
back, so that the run gives the numbers it would have given without."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.worker.conducted import EXPERIMENT, Toy
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment, load_experiments
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.pace import counts_up_to, fastest, most_threads, rehearse
from tui_lab.worker.programs import program_class

CPU = torch.device("cpu")
WITH_STEPS = [e for e in load_experiments() if isinstance(e, Experiment) and not e.demonstration]


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def built(name: str) -> Program:
    experiment = load_experiment(name)
    torch.manual_seed(3)
    program = program_class(experiment.program)(experiment.choose({}), seed=3, device=CPU)
    program.build()
    return program


def numbers(program: Program, steps: int = 6) -> list[Any]:
    """The loss of the next steps and the parameters after them."""
    losses: list[Any] = []
    batches = itertools.chain.from_iterable(iter(lambda: program.batches, None))
    for batch in itertools.islice(batches, steps):
        for _ in program.step(batch):
            pass
        assert program.loss is not None
        losses.append(program.loss.detach().clone())
    return [*losses, *(p.detach().clone() for p in program.parameters().values())]


def same(left: list[Any], right: list[Any]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("experiment", WITH_STEPS, ids=lambda e: e.name)
def test_a_rehearsal_leaves_no_trace(experiment: Experiment) -> None:
    torch.set_num_threads(1)
    plain = numbers(built(experiment.name))
    program = built(experiment.name)
    rehearse(program, [1, 2])
    assert program.loss is None
    assert program.records == {}
    assert torch.get_num_threads() == 1
    assert same(numbers(program), plain)


def test_a_step_that_raises_leaves_no_trace_either() -> None:
    class Raising(Toy):
        def step(self, batch: Any) -> Iterator[Phase]:
            if self.w < 98:
                raise ZeroDivisionError
            yield from super().step(batch)

    program = Raising(EXPERIMENT.choose({}), seed=0, device=CPU)
    program.build()
    with pytest.raises(ZeroDivisionError):
        rehearse(program, [1, 2])
    assert program.w.item() == 100.0


def clock_of(seconds: Callable[[int], float]) -> Callable[[], float]:
    """A clock that moves by what a step with the present number of threads takes."""
    now = [0.0]

    def clock() -> float:
        now[0] += seconds(torch.get_num_threads())
        return now[0]

    return clock


def toy() -> Toy:
    program = Toy(EXPERIMENT.choose({}), seed=0, device=CPU)
    program.build()
    return program


@pytest.mark.parametrize(
    ("seconds", "best"),
    [
        (lambda n: 1e-4, 1),  # nothing gained: the fewest
        (lambda n: 1e-3 / n, 8),
        (lambda n: 1e-3 * n, 1),
        (lambda n: 1e-3 if n == 4 else 3e-3, 4),
        (lambda n: 1e-3 / (1 + 0.004 * n), 1),  # within a few per cent: the fewest
    ],
)
def test_the_fastest_is_taken(seconds: Callable[[int], float], best: int) -> None:
    pace = rehearse(toy(), counts_up_to(8), clock_of(seconds))
    assert fastest(pace) == best


def test_one_slow_step_decides_nothing() -> None:
    calls = itertools.count()
    hiccup = clock_of(lambda n: 0.03 if next(calls) == 3 else 1e-3 * n)
    assert fastest(rehearse(toy(), [1, 2], hiccup)) == 1


def test_slow_steps_are_rehearsed_once() -> None:
    calls: list[int] = []

    def slow(n: int) -> float:
        calls.append(n)
        return 1.0

    rehearse(toy(), [1, 2], clock_of(slow))
    assert len(calls) <= 2 * 4 + 2


def test_counts_are_powers_of_two_and_the_most() -> None:
    assert [counts_up_to(n) for n in (1, 2, 6, 16)] == [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8, 16]]


@pytest.mark.parametrize(
    ("cores", "quota", "most"),
    [(64, "max 100000", 6), (2, "max 100000", 2), (64, "150000 100000", 2), (64, "1000 100000", 1)],
)
def test_no_more_threads_than_there_is_room_for(
    cores: int, quota: str, most: int, tmp_path: Path
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    torch.set_num_threads(6)
    assert most_threads(lambda _: set(range(cores)), tmp_path / "cpu.max") == most


def test_without_such_words_of_the_system_torch_s_own_count_holds(tmp_path: Path) -> None:
    torch.set_num_threads(3)
    assert most_threads(None, tmp_path / "none") == 3
