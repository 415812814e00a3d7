"""Protects what overfitting's lesson says of noisy validation labels: their loss turns sooner, and
test accuracy is no worse there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.experiments.classifier_driver import needs_debian
from tests.experiments.driver import Values, build, evaluate
from tests.experiments.lessons import lesson, numbers
from tui_lab.experiments.overfitting.program import Overfitting

SMALL: Values = {
    "examples": 500,
    "batch_size": 25,
    "hidden": "64",
    "test_examples": 500,
    "validation_examples": 500,
    "epochs": 30,
}


def true_labels(program: Overfitting) -> Tensor:
    """Of the validation images, found again among all images."""
    whole = program._source.train
    place = {x.numpy().tobytes(): i for i, x in enumerate(whole.X)}
    return whole.y[[place[x.numpy().tobytes()] for x in program._data.validation.X]]


def turns(seed: int, **values: Any) -> list[tuple[int, float]]:
    """Epoch and test accuracy where validation loss is lowest, by noisy and by true labels."""
    program = build("overfitting", seed, **values)
    assert isinstance(program, Overfitting)
    X, true = program._data.validation.X.unsqueeze(0), true_labels(program)
    history: list[tuple[float, float, float]] = []
    for _ in range(program.epochs):
        for batch in program.batches:
            for _ in program.step(batch):
                pass
        measured = evaluate(program)
        with torch.no_grad():
            clean = F.cross_entropy(program.logits(X)[0], true).item()
        history.append((measured["val/loss"], clean, measured["test/accuracy"]))
    best = [min(range(len(history)), key=lambda e: history[e][by]) for by in (0, 1)]
    return [(epoch + 1, history[epoch][2]) for epoch in best]


@pytest.mark.usefixtures("subset")
def test_noisy_validation_loss_turns_sooner_at_no_worse_accuracy() -> None:
    noisy, clean = np.array([turns(seed, **SMALL) for seed in range(4)]).transpose(1, 2, 0)
    assert (noisy[0] < 0.75 * clean[0]).all()
    assert noisy[1].mean() > clean[1].mean() - 0.03


@needs_debian  # bands, for rounding differs from machine to machine
def test_the_turning_points_are_those_of_the_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUI_LAB_DATA", raising=False)
    (sooner, accuracy), (later, other) = turns(0)
    said = lesson("overfitting")
    assert numbers(said, "turns sooner, after epoch # of") == pytest.approx([sooner], abs=3)
    assert numbers(said, "it would turn after epoch #.") == pytest.approx([later], abs=10)
    pattern = "accuracy is # at the first of these points and # at the second"
    assert numbers(said, pattern) == pytest.approx([accuracy, other], abs=0.02)
