"""Protects that every experiment gives the same numbers when its steps are recorded. The card is a
stub that does on the processor what it recorded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.worker import driven
from tests.worker.captured.stub_card import StubCard
from tests.worker.driven import CPU, building, column, drive
from tui_lab import events
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.captured.beginning import recorded
from tui_lab.worker.captured.steps import RecordedSteps
from tui_lab.worker.programs import program_class

CASES: list[tuple[str, dict[str, Any]]] = [
    ("linear-regression", {"epochs": 2}),
    ("linear-regression", {"implementation": "concise", "epochs": 2}),
    ("linear-regression", {"zero_grad": False, "epochs": 6, "examples": 333}),
    ("weight-decay", {"epochs": 40}),
    ("weight-decay", {"implementation": "concise", "epochs": 40}),
    ("penalties", {"epochs": 200}),
    ("mlp", {"examples": 640, "batch_size": 6, "hidden": (8,), "epochs": 2}),
    (
        "mlp",
        {
            "implementation": "concise",
            "optimizer": "momentum",
            "examples": 640,
            "batch_size": 6,
            "hidden": (8,),
            "epochs": 2,
        },
    ),
    ("dropout", {"lr": 0.5, "examples": 640, "batch_size": 6, "epochs": 2}),
    ("gradient-flow", {"depth": 3, "width": 4}),
    ("lambda-sweep", {"epochs": 40, "points": 3, "seeds": 2}),
]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[RecordedSteps]:
    """What takes recorded steps, of each run that has a card."""
    found: list[RecordedSteps] = []

    def noting(*given: Any) -> RecordedSteps:
        found.append(recorded(*given))
        return found[-1]

    monkeypatch.setattr(driven, "recorded", noting)
    return found


@pytest.mark.usefixtures("subset")
@pytest.mark.parametrize(("name", "values"), CASES)
def test_an_experiment_gives_the_same_numbers(
    name: str, values: dict[str, Any], tmp_path: Path, made: list[RecordedSteps]
) -> None:
    experiment = load_experiment(name)
    build = building(program_class(experiment.program), experiment)
    request = RunRequest(experiment=name, program=experiment.program, hyperparameters={})
    ends = []
    for folder, taken in (("one", None), ("other", StubCard())):
        (tmp_path / folder).mkdir()
        directory = RunDirectory.create(tmp_path / folder, request, datetime(2026, 1, 1))
        program = build(CPU, experiment.choose(values))
        log, _ = drive(directory, experiment, program, card=taken)
        ends.append((program, log))
    (plain, log), (other, log_other) = ends
    assert [steps.replayed > 4 for steps in made] == [True]
    for one, two in zip(plain.parameters().values(), other.parameters().values(), strict=True):
        assert torch.equal(one, two)
    for key in (metric.key for metric in experiment.metrics):
        assert column(log, key, "epoch") == column(log_other, key, "epoch")
    losses = column(log_other, "train/loss")
    assert losses == pytest.approx(column(log, "train/loss"), rel=1e-5)
    assert not [e for e in log_other if isinstance(e, events.Remarked)]
