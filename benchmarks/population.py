"""Runs that train as one population, against the same runs one after another.

First the programs alone, from their data to their last loss, with the losses measured every epoch
as a run does: what the arithmetic gains, on one thread and on two, the same on both sides. Then
whole runs, each with its directory, its log and its worker, as they are made while the lab is open:
what a person gains. Every worker is warm, a spare that had imported torch before the clock began.
Only a few single runs are timed, before and after the population, and their mean is scaled to all:
they take the same steps.
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
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.populations import create_population
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.training.population import Population
from tui_lab.training.program import Program
from tui_lab.worker.process import WarmWorker
from tui_lab.worker.programs import program_class

_BUDGET = 30.0
_CPU = torch.device("cpu")
_SINGLE, _ROUNDS = 6, 3
_THREADS = (1, 2)
_MEMBERS = {"linear-regression": 1024, "weight-decay": 1024, "mlp": 128}
_WHOLE = {"linear-regression": 256, "weight-decay": 256, "mlp": 64}
_VALUES = {"mlp": {"hidden": "32", "batch_size": 32, "examples": 500}}
"""A small network on a few images: of a larger one each step has enough to do alone."""
_POLL = 0.05
"""Seconds between two looks whether a spare worker is there."""


def measure() -> Iterator[Measurement]:
    """The ratio of both times, of each experiment."""
    before = torch.get_num_threads()
    for name, count in _MEMBERS.items():
        for threads in _THREADS:
            torch.set_num_threads(threads)
            ratios = [_of_programs(name, count) for _ in range(_ROUNDS)]
            yield _measured(f"{count:,} programs of {name}, {_spelled(threads)}", ratios)
    torch.set_num_threads(before)
    for name, count in _WHOLE.items():
        for threads in _THREADS:
            ratio = _of_runs(name, count, threads)
            yield _measured(f"{count:,} whole runs of {name}, {_spelled(threads)}", [ratio])


def _spelled(threads: int) -> str:
    return f"{threads} thread" + ("s" if threads > 1 else "")


def _measured(what: str, ratios: list[float]) -> Measurement:
    return Measurement(
        f"{what}: one after another ÷ as one",
        statistics.median(ratios),
        _BUDGET,
        at_least=True,
        note=f"{scatter(ratios)}; {_SINGLE} single ones a round, scaled",
    )


def _chosen(experiment: Experiment) -> Hyperparameters:
    return experiment.choose(_VALUES.get(experiment.name, {}))


def _of_programs(name: str, count: int) -> float:
    experiment = load_experiment(name)
    before = [_alone(experiment, seed) for seed in range(_SINGLE // 2)]
    together = _together(experiment, count)
    after = [_alone(experiment, seed) for seed in range(_SINGLE // 2)]
    return statistics.mean(before + after) * count / together


def _alone(experiment: Experiment, seed: int) -> float:
    chosen, start = program_class(experiment.program), time.perf_counter()
    torch.manual_seed(seed)
    program = chosen(_chosen(experiment), seed=seed, device=_CPU, data=str(SUBSET))
    program.build()
    _train(program)
    return time.perf_counter() - start


def _together(experiment: Experiment, count: int) -> float:
    chosen, start = program_class(experiment.program), time.perf_counter()
    members = [_chosen(experiment)] * count
    population = Population(chosen, members, range(count), device=_CPU, data=str(SUBSET))
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


def _of_runs(name: str, count: int, threads: int) -> float:
    experiment = load_experiment(name)
    request = RunRequest(
        experiment=name,
        program=experiment.program,
        hyperparameters=experiment.to_json(_chosen(experiment)),
        device="cpu",
        threads=threads,
        data=str(SUBSET),
    )
    requests = [replace(request, seed=seed) for seed in range(count)]
    with tempfile.TemporaryDirectory() as home:
        before = [_run(Path(home), [each]) for each in requests[: _SINGLE // 2]]
        together = _run(Path(home), requests)
        after = [_run(Path(home), [each]) for each in requests[: _SINGLE // 2]]
    return statistics.mean(before + after) * count / together


def _run(home: Path, requests: list[RunRequest]) -> float:
    """Seconds from the request to the end of the worker, which is warm."""
    spare = _spare()
    start, now = time.perf_counter(), datetime.now(UTC)
    if len(requests) > 1:
        first = create_population(home, requests, now)[0]
    else:
        first = RunDirectory.create(home, requests[0], now)
    if code := spare.give(first).wait():
        raise SystemExit(f"{first.id} ended with {code}; see {first.log_path}.")
    return time.perf_counter() - start


def _spare() -> WarmWorker:
    spare = WarmWorker()
    spare.start()
    while not spare.ready:
        time.sleep(_POLL)
    return spare


if __name__ == "__main__":
    print(*measure(), sep="\n")
