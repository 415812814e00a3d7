"""Many runs at once on a card, against the same runs one after another, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from benchmarks.cuda.run import made, run
from benchmarks.measurement import Measurement
from tui_lab.plugins import load_experiment
from tui_lab.training.program import Program

_RUNS = 1024
_POINTS = 16
_MANY = 65_536


def measure() -> Iterator[Measurement]:
    """The ratio of both times, from data to the last loss; and the time of very many runs."""
    run("lambda-sweep", {"points": 3, "seeds": 2}, graphs=True)  # loads what both need
    population = _population(_POINTS - 1, _RUNS // _POINTS)
    singles = [_single(seed) for seed in range(3)]
    seconds = min(singles)
    yield Measurement(
        f"{_RUNS:,} runs of 100 epochs: singly ÷ as one population",
        seconds * _RUNS / population,
        700.0,
        at_least=True,
        note=f"{population:.2f} s; a single run {seconds:.2f} s, the best of {len(singles)}",
    )
    points, seeds = _most()
    runs = (points + 1) * seeds
    yield Measurement(f"{runs:,} runs as one population", _population(points, seeds), 2.0, "s")


def _most() -> tuple[int, int]:
    """Points and seeds of about 65,536 runs, as many as may be."""
    high = {
        h.name: int(getattr(h, "high", 0)) for h in load_experiment("lambda-sweep").hyperparameters
    }
    points = min(high["points"], 63)
    return points, min(high["seeds"], _MANY // (points + 1))


def _population(points: int, seeds: int) -> float:
    start = time.perf_counter()
    run("lambda-sweep", {"points": points, "seeds": seeds}, graphs=True)
    return time.perf_counter() - start


def _single(seed: int) -> float:
    """The notes' own loop for one of the runs, its losses measured every epoch."""
    start = time.perf_counter()
    _train(made("weight-decay", {}, seed))
    torch.cuda.synchronize()
    return time.perf_counter() - start


def _train(program: Program) -> None:
    for _ in range(program.epochs):
        for batch in program.batches:
            for _ in program.step(batch):
                pass
        with torch.no_grad():
            sum(float(value) for value in program.evaluate().values())
