"""Runs that train as one population, against the same runs one after another.

First the programs alone, from their data to their last loss, with the losses measured every epoch
as a run does: what the arithmetic gains. Then whole runs, each with its directory, its log and its
worker, as `tui-lab run` makes them: what a person gains. Only a few single runs are timed, before
and after the population, and their mean is scaled to all: they take the same steps. One thread, so
that both sides have the same.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.measurement import Measurement, scatter
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.populations import create_population
from tui_lab.training.population import Population
from tui_lab.training.program import Program
from tui_lab.worker.process import start_run
from tui_lab.worker.programs import program_class

_BUDGET = 30.0
_CPU = torch.device("cpu")
_SINGLE, _ROUNDS = 6, 3
_MEMBERS = {"linear-regression": 1024, "weight-decay": 1024}
_WHOLE = {"linear-regression": 256, "weight-decay": 256}


def measure() -> Iterator[Measurement]:
    """The ratio of both times, of each experiment."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for name, count in _MEMBERS.items():
            ratios = [_of_programs(name, count) for _ in range(_ROUNDS)]
            yield _measured(f"{count:,} programs of {name}", ratios)
    finally:
        torch.set_num_threads(threads)
    for name, count in _WHOLE.items():
        yield _measured(
            f"{count:,} runs of {name}, workers and logs included", [_of_runs(name, count)]
        )


def _measured(what: str, ratios: list[float]) -> Measurement:
    return Measurement(
        f"{what}: one after another ÷ as one",
        statistics.median(ratios),
        _BUDGET,
        at_least=True,
        note=f"{scatter(ratios)}; {_SINGLE} single ones a round, scaled; one thread",
    )


def _of_programs(name: str, count: int) -> float:
    experiment = load_experiment(name)
    before = [_alone(experiment, seed) for seed in range(_SINGLE // 2)]
    together = _together(experiment, count)
    after = [_alone(experiment, seed) for seed in range(_SINGLE // 2)]
    return statistics.mean(before + after) * count / together


def _alone(experiment: Experiment, seed: int) -> float:
    chosen, start = program_class(experiment.program), time.perf_counter()
    torch.manual_seed(seed)
    program = chosen(experiment.choose({}), seed=seed, device=_CPU)
    program.build()
    _train(program)
    return time.perf_counter() - start


def _together(experiment: Experiment, count: int) -> float:
    chosen, start = program_class(experiment.program), time.perf_counter()
    members = [experiment.choose({})] * count
    population = Population(chosen, members, range(count), device=_CPU)
    with population.chances:
        _train(population.program)
    return time.perf_counter() - start


def _train(program: Program) -> None:
    for _ in range(program.epochs):
        for batch in program.batches:
            for _ in program.step(batch):
                pass
        with torch.no_grad():
            program.evaluate()


def _of_runs(name: str, count: int) -> float:
    experiment = load_experiment(name)
    request = RunRequest(
        experiment=name,
        program=experiment.program,
        hyperparameters=experiment.to_json(experiment.choose({})),
        device="cpu",
        threads=1,
    )
    with tempfile.TemporaryDirectory() as home:
        requests = [replace(request, seed=seed) for seed in range(count)]
        before = [_run(Path(home), [each]) for each in requests[: _SINGLE // 2]]
        together = _run(Path(home), requests)
        after = [_run(Path(home), [each]) for each in requests[: _SINGLE // 2]]
    return statistics.mean(before + after) * count / together


def _run(home: Path, requests: list[RunRequest]) -> float:
    """Seconds from the request to the worker's end."""
    start, now = time.perf_counter(), datetime.now(UTC)
    if len(requests) > 1:
        first = create_population(home, requests, now)[0]
    else:
        first = RunDirectory.create(home, requests[0], now)
    if code := start_run(first).wait():
        raise SystemExit(f"{first.id} ended with {code}; see {first.log_path}.")
    return time.perf_counter() - start


if __name__ == "__main__":
    print(*measure(), sep="\n")
