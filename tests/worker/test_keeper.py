"""Protects the run from what is kept beside its log: nothing while the log is short, all of it at
the end, and no trouble when it can't be."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui_lab import history
from tui_lab.events import MetricsLogged, RunFinished
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.kept import LEAST, kept_path, read_kept
from tui_lab.runs.log import RunLog
from tui_lab.worker import keeper
from tui_lab.worker.keeper import Keeper
from tui_lab.worker.record import RunRecord

EXPERIMENT = load_experiment("linear-regression")


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    request = RunRequest(experiment="linear-regression", program="m:C", hyperparameters={})
    return RunDirectory.create(tmp_path, request, datetime.now(UTC))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep of a short log too."""
    for module in (history, keeper):
        monkeypatch.setattr(module, "LEAST", 1)


def block(first: int) -> MetricsLogged:
    losses = [0.25] * 1000
    return MetricsLogged(t=1.0, kind="step", first=first, columns={"train/loss": losses})


def test_a_short_log_is_not_even_read(directory: RunDirectory) -> None:
    log = RunLog(directory.events_path)
    log.append(block(1))
    log.close()
    own = Keeper(directory.events_path, EXPERIMENT)
    own.look()
    own.finish()
    assert directory.events_path.stat().st_size < LEAST
    assert not kept_path(directory.events_path).exists()


@pytest.mark.usefixtures("always")
def test_a_record_that_is_closed_has_kept_all(directory: RunDirectory) -> None:
    record = RunRecord(directory)
    record.keep_for(EXPERIMENT)
    record.append(block(1))
    record.append(RunFinished(t=2.0, step=1000, epoch=1))
    record.close(RunStatus.FINISHED)
    kept = read_kept(directory.events_path)
    assert kept is not None
    assert kept.place.offset == directory.events_path.stat().st_size
    assert history.folded(directory, EXPERIMENT).step == 1000


@pytest.mark.usefixtures("always")
def test_it_goes_on_from_where_it_was(directory: RunDirectory) -> None:
    log = RunLog(directory.events_path)
    own = Keeper(directory.events_path, EXPERIMENT)
    for first in (1, 1001, 2001):
        log.append(block(first))
        log.flush()
        own.look()
    log.close()
    own.finish()
    assert history.folded(directory, EXPERIMENT).series["step", "train/loss"].total == 3000


@pytest.mark.usefixtures("always")
def test_a_log_that_is_gone_is_no_trouble(
    directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Keeper(directory.events_path, EXPERIMENT)
    shutil.rmtree(directory.path)
    own.look()
    own.finish()
    assert capsys.readouterr().out.count("Nothing more is kept beside the log (File") == 1


@pytest.mark.usefixtures("always")
def test_a_thousand_metrics_take_no_memory_of_the_worker(
    directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    log = RunLog(directory.events_path)
    columns = {f"norm/{number}": [1.0] for number in range(1000)}
    log.append(MetricsLogged(t=1.0, kind="step", first=1, columns=columns))
    log.close()
    Keeper(directory.events_path, EXPERIMENT).finish()
    assert not kept_path(directory.events_path).exists()
    assert "1,000 metrics would take too much memory" in capsys.readouterr().out
