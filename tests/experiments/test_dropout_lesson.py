"""Protects what dropout teaches: the gap between known and new images, the function in pictures,
presets that can be run, and the numbers that books report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.classifier_driver import drive, needs_debian
from tests.experiments.driver import build, evaluate
from tests.experiments.dropout_driver import built, each
from tui_lab.experiments.dropout import EXPERIMENT

pytestmark = pytest.mark.usefixtures("subset")


@each
def test_the_gap_is_between_known_and_new_images_without_dropout(implementation: str) -> None:
    program = built(implementation)
    drive(program, 6)
    X, y = program.batches.tensors
    with torch.no_grad():
        known = (program.logits(X).argmax(1) == y).double().mean().item()  # type: ignore[attr-defined]
    measured = evaluate(program)
    assert measured["train/accuracy_undropped"] == pytest.approx(known)
    assert measured["gap/accuracy"] == pytest.approx(known - measured["test/accuracy"])
    assert evaluate(program) == measured


@each
def test_pictures_are_declared_and_show_the_function(implementation: str) -> None:
    program = built(implementation, p1=0.3)
    random = torch.get_rng_state()
    pictures = program.pictures()
    assert torch.equal(torch.get_rng_state(), random)
    titles = {picture.title for picture in EXPERIMENT.pictures}
    assert set(pictures) | set(program.start_pictures()) <= titles
    assert json.loads(json.dumps(pictures, allow_nan=False)) == pictures
    cells: Mapping[str, Any] = pictures["dropout of 0 … 15"]["cells"]
    assert cells["rows"][::2] == ["p = 0", "p₁ = 0.3", "p₂ = 0.5", "p = 1"]
    whole, some, half, none = np.array(cells["values"]).reshape(4, 16)
    np.testing.assert_array_equal(whole, np.arange(16))
    assert set(np.round(some[1:] / whole[1:], 5)) <= {0, round(1 / 0.7, 5)}
    assert set(half[1:] / whole[1:]) == {0, 2}
    assert not none.any()


@pytest.mark.parametrize("preset", EXPERIMENT.presets, ids=lambda p: p.name)
def test_presets_can_be_run(preset: Any) -> None:
    program = build("dropout", **{**preset.values, "examples": 300})
    assert len(drive(program, 2)) == 2


def test_declared_metrics_are_the_logged_ones() -> None:
    measured = evaluate(built("scratch", validation_examples=9))
    logged = set(measured) | {"step/first_inf", "step/first_nan"}
    assert {metric.key for metric in EXPERIMENT.metrics} == logged


def test_the_lesson_names_every_preset() -> None:
    lesson = resources.files("tui_lab.experiments.dropout").joinpath("notes.md").read_text("utf-8")
    assert lesson.startswith("# Dropout\n")
    assert all(f"`{preset.name}`" in lesson for preset in EXPERIMENT.presets)
    assert all(len(line) <= 80 for line in lesson.splitlines())


@needs_debian
def test_an_epoch_of_the_notes_on_the_real_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """E14 and points 9 and 11: loss near 1.2 (the books' .0044 × 256 = 1.13), train accuracy
    .55 with dropout on, below the test accuracy of about .7."""
    monkeypatch.delenv("TUI_LAB_DATA")
    torch.manual_seed(0)
    program = build("dropout", 0)
    drive(program, 235)
    measured = evaluate(program)
    assert measured["data/examples"] == 60_000
    assert measured["train/loss"] == pytest.approx(1.18, abs=0.1)
    assert measured["train/accuracy"] == pytest.approx(0.55, abs=0.05)
    assert 0.58 < measured["test/accuracy"] < 0.82
    assert measured["test/accuracy"] > measured["train/accuracy"]
    assert abs(measured["gap/accuracy"]) < 0.03
