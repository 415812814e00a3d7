"""Protects what is put aside to choose by: it is not trained on, every seed is judged by as many,
and nothing else of a run hangs on it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.experiments.classifier_driver import drive as drive_classifier
from tests.experiments.driver import build, evaluate, train
from tui_lab.training.fashion_mnist import Split, load
from tui_lab.training.fashion_mnist_files import SUBSET

SMALL = {"hidden": "6", "batch_size": 8}


@pytest.fixture(autouse=True)
def subset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))


@pytest.mark.parametrize(("count", "held"), [(0, 0), (3, 3), (10, 5), (99, 5)])
def test_the_last_examples_are_held_out_at_most_half(count: int, held: int) -> None:
    whole = Split(torch.arange(10.0).view(10, 1), torch.arange(10))
    train, validation = whole.hold_out(count)
    assert (len(train), len(validation)) == (10 - held, held)
    assert torch.equal(torch.cat((train.y, validation.y)), whole.y)
    assert torch.equal(torch.cat((train.X, validation.X)), whole.X)


@pytest.mark.parametrize("name", ["mlp", "dropout"])
def test_clothes_that_are_put_aside_are_not_trained_on(name: str, capsys: Any) -> None:
    hidden = {"mlp": "6", "dropout": "6,6"}[name]
    program = build(name, 0, **{**SMALL, "hidden": hidden, "validation_examples": 40})
    there = len(load().train)
    measured = evaluate(program)
    assert measured["data/examples"] == there - 40
    images = program._validation.X  # type: ignore[attr-defined]
    assert torch.equal(images, load().train.X[-40:])
    loss, accuracy = program.measure(program._validation)  # type: ignore[attr-defined]
    assert (measured["val/loss"], measured["val/accuracy"]) == (loss, accuracy)
    rows = program.start_pictures()["data"]["table"]["rows"]
    assert ["of these for validation", 40] in rows
    assert "validation_examples: " not in capsys.readouterr().out


def test_more_than_there_are_is_said(capsys: Any) -> None:
    program = build("mlp", 0, **SMALL, validation_examples=900_000)
    there = len(load().train)
    assert evaluate(program)["data/examples"] == there - there // 2
    said = capsys.readouterr().out
    assert f"validation_examples: 900,000 asked for, {there // 2:,} there" in said


def test_without_any_nothing_is_said_of_them() -> None:
    program = build("mlp", 0, **SMALL)
    assert not any(key.startswith("val/") for key in evaluate(program))


@pytest.mark.parametrize("name", ["weight-decay", "penalties"])
def test_a_law_draws_them_apart(name: str) -> None:
    few, other = (train(name, 3, epochs=2, validation_examples=n).last for n in (5, 90))
    assert {key for key in few if few[key] != other[key]} == {"val/loss"}
    many = build(name, 3, validation_examples=90)
    seen = [*many.batches.tensors, *many._test]  # type: ignore[attr-defined]
    X = many._validation[0]  # type: ignore[attr-defined]
    assert X.shape == (90, 200)
    assert not any((X[0] == other).all() for tensor in seen for other in tensor)


def test_the_deep_network_has_as_many_of_its_own() -> None:
    program = build("gradient-flow", 0, examples=30)
    parts = (program.batches.tensors, program._test, program._validation)  # type: ignore[attr-defined]
    assert [len(y) for _, y in parts] == [30, 30, 30]
    rows = torch.cat([X for X, _ in parts])
    assert len(rows.unique(dim=0)) == 90
    assert {"val/loss", "val/accuracy"} <= set(evaluate(program))


@pytest.mark.parametrize("name", ["mlp"])
def test_the_same_for_every_seed(name: str) -> None:
    one, other = (build(name, seed, **SMALL, validation_examples=40) for seed in (0, 1))
    assert torch.equal(one._validation.y, other._validation.y)  # type: ignore[attr-defined]
    assert drive_classifier(one, 3) != drive_classifier(other, 3)
