"""A home of its own for every test of the commands, a console of text, and runs to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, training_events, write_events
from tui_lab.config import runs_directory
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path / "home"


@pytest.fixture
def console() -> Screen:
    """A console that is no terminal."""
    return Screen()


@pytest.fixture
def linear_regression() -> Experiment:
    """The declaration most tests run."""
    return load_experiment("linear-regression")


@pytest.fixture
def make_run(linear_regression: Experiment) -> Callable[..., RunDirectory]:
    """Writes a run of 20 steps in 2 epochs, finished unless said otherwise."""

    def make(
        status: RunStatus = RunStatus.FINISHED, error: str = "", **values: object
    ) -> RunDirectory:
        chosen = linear_regression.choose(values)
        request = RunRequest(
            experiment=linear_regression.name,
            program=linear_regression.program,
            hyperparameters=linear_regression.to_json(chosen),
        )
        run = RunDirectory.create(runs_directory(), request, datetime.now(UTC))
        write_events(run, training_events())
        metrics = {"train/loss": 0.25, "norm/w": 3.5}
        run.write_status(
            StatusRecord(status=status, step=20, epoch=2, metrics=metrics, error=error)
        )
        return run

    return make
