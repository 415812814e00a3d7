"""Protects the range of λ of the sweep: its defaults hold the minimum between two walls, the lesson
says what they are made of, and any λ of it can be run singly."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.experiments.driver import Array, Values, train
from tests.experiments.lessons import lesson
from tui_lab.experiments.lambda_sweep import EXPERIMENT
from tui_lab.experiments.lambda_sweep.grid import lambda_grid
from tui_lab.experiments.weight_decay import EXPERIMENT as WEIGHT_DECAY
from tui_lab.hyperparameters import Float

NAME = "lambda-sweep"


@cache
def sweep(preset: str, **values: float) -> dict[str, Array]:
    """The columns of a preset's table after its last epoch."""
    chosen: Values = {**EXPERIMENT.preset(preset).values, **values}
    table = train(NAME, **chosen).program.pictures()["sweep"]["table"]
    columns = np.array(table["rows"]).T
    return dict(zip(table["columns"], columns, strict=True))


@pytest.mark.parametrize("name", ["lambda_low", "lambda_high"])
def test_weight_decay_takes_every_strength_that_a_sweep_reaches(name: str) -> None:
    """The lesson says to look at any run of a sweep singly."""
    knob = EXPERIMENT[name]
    assert isinstance(knob, Float)
    for strength in lambda_grid(knob.low, knob.high, 21):
        assert WEIGHT_DECAY.choose({"weight_decay": strength}).weight_decay == strength


@pytest.mark.parametrize("first_seed", [0, 500])
def test_the_default_range_holds_its_minimum_between_two_walls(first_seed: int) -> None:
    found = train(NAME, first_seed, seeds=24).program.pictures()["sweep"]["table"]
    columns = dict(zip(found["columns"], np.array(found["rows"]).T, strict=True))
    best = columns["test"].argmin()
    assert 0 < best < len(columns["λ"]) - 1
    assert columns["test"][0] > 1000 * columns["test"][best]
    assert columns["test"][-1] > 5 * columns["test"][best]
    assert columns["ridge test"][-1] < 1.1 * columns["test"][best]
    assert not columns["diverged"].any()


def test_the_lesson_has_the_numbers_of_the_default_range() -> None:
    found, said = sweep("to-the-edge"), lesson(NAME)
    strength, test = found["λ"], found["test"]
    best = test.argmin()
    assert dict(EXPERIMENT.preset("to-the-edge").values) == {}
    assert f"falls from {test[0]:.0f} to {test[best]:.4f} at {strength[best]:.0f}, and" in said
    assert f"at {strength[-1]:.0f} it is {test[-1]:.2f}." in said
    flat = strength[test < 1.01 * test[best]]
    assert f"from {flat[0]:.0f} to {flat[-1]:.0f} the loss stays within 1 %" in said
    assert f"{found['ridge test'][-1]:.4f} for λ {strength[-1]:.0f}." in said
    assert f"1 − lr·λ = −{0.003 * strength[-1] - 1:.2f}" in said


def test_the_lesson_has_the_numbers_of_the_notes_grid_and_of_l1() -> None:
    said, grid = lesson(NAME), sweep("notes-grid")
    assert grid["λ"].tolist() == [0, 0.1, 0.3162, 1, 3.162, 10, 31.62, 100]
    assert f"from {grid['test'][0]:.0f} at λ = 0 to {grid['test'][6]:.4f} at 32 and" in said
    assert f"and {grid['test'][7]:.4f} at 100." in said
    swinging, still = sweep("l1"), sweep("l1-proximal")
    best = swinging["test"].argmin()
    assert f"best is λ {swinging['λ'][best]:.1f} with {swinging['test'][best]:.3f}; at" in said
    assert f"100 it is {swinging['test'][-1]:.1f}, for every" in said
    assert still["λ"][-1] == 100
    assert f"no U: {still['test'][-1]:.4f} at 100." in said


def test_soft_threshold_leaves_no_weight_at_the_end_of_its_range() -> None:
    values: Values = {**EXPERIMENT.preset("l1-proximal").values, "seeds": 8}
    training = train(NAME, **values)
    assert not training.program.parameters()["w"][..., -1].any()
