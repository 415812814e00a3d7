"""Protects what lessons say of chance: their commands are populations, and the bands are those that
come out."""

from __future__ import annotations

import pytest
import torch

from tests.experiments.lessons import lesson
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.populations import refusal
from tui_lab.training.members import stack_of
from tui_lab.training.population import Population
from tui_lab.view_models.spread import spread
from tui_lab.worker.programs import program_class

SEEDS = 32


@pytest.mark.parametrize(
    ("name", "values", "key"),
    [
        ("weight-decay", {"weight_decay": 0.0}, "test/loss"),
        ("weight-decay", {"weight_decay": 3.0}, "test/loss"),
        ("linear-regression", {}, "error/w"),
    ],
)
def test_a_band_is_what_comes_out(name: str, values: dict[str, float], key: str) -> None:
    experiment = load_experiment(name)
    text = " ".join(lesson(name).split())
    assert f"--seeds {SEEDS}" in text
    request = RunRequest(experiment=name, program=experiment.program, hyperparameters=values)
    assert not refusal(experiment, request)
    found = spread(_finals(name, values, key))
    for number in (found.median, found.low, found.high):
        assert any(_says(word, number) for word in text.split()), number


def _says(word: str, number: float) -> bool:
    try:
        said = float(word.strip(",;:."))
    except ValueError:
        return False
    return said == pytest.approx(number, rel=2e-3)


def _finals(name: str, values: dict[str, float], key: str) -> list[float]:
    """The measurement of each member after the last epoch."""
    experiment = load_experiment(name)
    chosen = [experiment.choose(values)] * SEEDS
    program = program_class(experiment.program)
    population = Population(program, chosen, range(SEEDS), device=torch.device("cpu"))
    with population.chances:
        for _ in range(population.program.epochs):
            for batch in population.program.batches:
                for _ in population.program.step(batch):
                    pass
        with torch.no_grad():
            measured = population.program.evaluate()[key]
    assert isinstance(measured, torch.Tensor)
    return [float(value) for value in stack_of(measured).reshape(-1)]
