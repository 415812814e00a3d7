"""Protects where dropout's lesson says to see a benefit: few images, seen a hundred times."""

from __future__ import annotations

import pytest
import torch

from tests.experiments.classifier_driver import drive, needs_debian
from tests.experiments.driver import Values, build, evaluate
from tests.experiments.lessons import numbers, outcome
from tui_lab.experiments.dropout import EXPERIMENT

NAME = "dropout"
FEW = ("few-images-0", "few-images", "few-images-strong")


def trained(preset: str, seed: int = 0, **values: object) -> dict[str, float]:
    """The measurements after a whole run of a preset."""
    torch.manual_seed(seed)  # as the worker does
    chosen: Values = {**EXPERIMENT.preset(preset).values, **values}
    program = build(NAME, seed, **chosen)
    drive(program, program.epochs * len(program.batches))
    return evaluate(program)


@pytest.mark.usefixtures("subset")
@pytest.mark.parametrize("seed", [0, 1])
def test_with_few_images_dropout_lowers_test_loss_and_gap(seed: int) -> None:
    none, strong = (trained(preset, seed, examples=500) for preset in (FEW[0], FEW[-1]))
    assert strong["test/loss"] < 0.95 * none["test/loss"]
    assert strong["gap/accuracy"] < none["gap/accuracy"]
    assert strong["test/accuracy"] == pytest.approx(none["test/accuracy"], abs=0.04)


@needs_debian  # bands, for rounding differs from machine to machine
@pytest.mark.parametrize("preset", FEW)
def test_the_lesson_has_the_numbers(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUI_LAB_DATA", raising=False)
    found = trained(preset)
    said = numbers(outcome(NAME, preset), "gap #, test loss #.")
    assert said == pytest.approx([found["gap/accuracy"], found["test/loss"]], abs=0.02)
    accuracies = numbers(outcome(NAME, FEW[-1]), "is #, # and # in the three")
    assert accuracies[FEW.index(preset)] == pytest.approx(found["test/accuracy"], abs=0.015)


@pytest.mark.parametrize("preset", ["notes", "no-dropout", *FEW])
def test_surprising_presets_ask_first(preset: str) -> None:
    assert EXPERIMENT.preset(preset).question is not None
