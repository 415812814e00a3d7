"""A sweep of 1,024 runs as one population, against the same runs one after another.

Single runs are the weight-decay program's own, which takes the very steps of a run in the
population (the tests hold the two together). Only a few are timed, spread over repetitions and λ,
and their mean is scaled to all 1,024: they all take the same number of steps of the same size.
Population and single runs take turns, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.measurement import Measurement, scatter
from tui_lab.experiments.lambda_sweep.grid import lambda_grid
from tui_lab.plugins import load_experiment
from tui_lab.training.program import Program
from tui_lab.worker.programs import program_class

_RUNS = 1024
_SINGLE = 8
_ROUNDS = 3


def measure() -> Iterator[Measurement]:
    """The ratio of both times: of training alone, and with the losses measured every epoch."""
    for evaluated, words in ((False, "training alone"), (True, "with losses every epoch")):
        ratios = [_ratio(round_, evaluated=evaluated) for round_ in range(_ROUNDS)]
        yield Measurement(
            f"{_RUNS:,} runs of 100 epochs: singly ÷ as one population, {words}",
            statistics.median(ratios),
            30.0,
            at_least=True,
            note=f"{scatter(ratios)}; {_SINGLE} single runs a round, scaled to {_RUNS:,}; "
            f"threads: {torch.get_num_threads()}",
        )


def _ratio(round_: int, *, evaluated: bool) -> float:
    """One population between two halves of the single runs, which 85, being odd, spreads."""
    places = [(round_ * _SINGLE + i) % _RUNS for i in range(_SINGLE)]
    before = [_single(place * 85 % _RUNS, evaluated) for place in places[: _SINGLE // 2]]
    population = _seconds("lambda-sweep", 0, evaluated, seeds=_RUNS // 16)
    after = [_single(place * 85 % _RUNS, evaluated) for place in places[_SINGLE // 2 :]]
    return statistics.mean(before + after) * _RUNS / population


def _single(place: int, evaluated: bool) -> float:
    """The seconds of one of the population's runs, by its number."""
    repetition, index = divmod(place, 16)
    decay = lambda_grid(0.1, 650.0, 15)[index]
    return _seconds("weight-decay", repetition, evaluated, weight_decay=decay)


def _seconds(experiment: str, seed: int, evaluated: bool, **values: Any) -> float:
    """Build a program and take all its steps, from its data to its last loss."""
    declaration = load_experiment(experiment)
    make = program_class(declaration.program)
    start = time.perf_counter()
    program = make(declaration.choose(values), seed=seed, device=torch.device("cpu"))
    program.build()
    _train(program, evaluated)
    return time.perf_counter() - start


def _train(program: Program, evaluated: bool) -> None:
    for _ in range(program.epochs):
        for batch in program.batches:
            for _ in program.step(batch):
                pass
        if evaluated:
            with torch.no_grad():
                sum(float(value) for value in program.evaluate().values())


if __name__ == "__main__":
    print(*measure(), sep="\n")
