"""Protects what a list of runs is told of a live run: values that were changed while it
ran, and alarms; that the log reaches the disk every second, and no value without its step."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.worker.walker import DEADLINE
from tui_lab.events import AlarmRaised, HyperparameterChanged, MetricsLogged
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.worker import record as record_module
from tui_lab.worker.record import RunRecord


def test_the_last_value_of_what_was_changed_stands_in_the_status(tmp_path: Path) -> None:
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={"lr": 0.1})
    run = RunDirectory.create(tmp_path, request, datetime.now(UTC))
    record = RunRecord(run)
    record.start()
    assert run.status_record().changed == {}
    for step, (name, new) in enumerate([("lr", 0.2), ("kind", "b"), ("lr", float("inf"))], 1):
        record.append(HyperparameterChanged(t=1.0, step=step, name=name, old=0, new=new))
    record.append(AlarmRaised(t=1.0, step=19, kind="step/first_nan", message=""))
    record.set_status(RunStatus.PAUSED)
    assert run.status_record().metrics == {"step/first_nan": 19}
    assert run.status_record().changed == {"lr": "Infinity", "kind": "b"}
    record.close(RunStatus.STOPPED)
    assert Catalogue(tmp_path).summary(run.id).changed == {"lr": "Infinity", "kind": "b"}


def test_every_heartbeat_brings_the_log_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    run = RunDirectory.create(tmp_path, request, datetime.now(UTC))
    synced = threading.Event()
    monkeypatch.setattr(record_module, "_HEARTBEAT", 0.001)
    monkeypatch.setattr(RunLog, "sync", lambda log: synced.set())
    record = RunRecord(run)
    record.start()
    assert synced.wait(DEADLINE)
    record.close(RunStatus.STOPPED)


@pytest.mark.parametrize(
    ("steps", "columns"), [([], {"a": [1.0], "b": [1.0, 2.0]}), ([2, 4], {"a": [1.0]})]
)
def test_columns_whose_rows_have_no_place_are_not_written(
    steps: list[int], columns: dict[str, list[float]], tmp_path: Path
) -> None:
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    run = RunDirectory.create(tmp_path, request, datetime.now(UTC))
    record = RunRecord(run)
    record.start()
    event = MetricsLogged(t=0.0, kind="epoch", steps=steps, epochs=steps, columns=columns)
    with pytest.raises(ValueError, match="columns of several lengths"):
        record.append(event)
    record.close(RunStatus.STOPPED)
    assert b"metrics" not in run.events_path.read_bytes()
