"""Protects the directory of a run that goes on after its end: whatever reads it agrees on what
stands, and on whether there is more to come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.view_models.folded import started, steps
from tui_lab import history
from tui_lab.commandline.result import json_pieces, run_result
from tui_lab.errors import RunUnreadable
from tui_lab.events import (
    AlarmRaised,
    MetricsLogged,
    RunEvent,
    RunFinished,
    RunResumed,
)
from tui_lab.exchange.export import export_run
from tui_lab.exchange.formats import Options
from tui_lab.history import History, folded
from tui_lab.run import RunStatus
from tui_lab.runs.directory import STARTING, RunDirectory
from tui_lab.runs.encoding import dumps
from tui_lab.runs.log import RunLog
from tui_lab.runs.standing import Limits
from tui_lab.view_models.memory import remembered
from tui_lab.view_models.run import RunView

NewRun = Callable[..., RunDirectory]
BACK = RunResumed(t=5.0, step=50, from_step=50)


def evaluated(*at: int) -> MetricsLogged:
    epochs = [step // 4 for step in at]
    columns = {"test/loss": [float(step) for step in at]}
    return MetricsLogged(t=at[-1] / 10, kind="epoch", steps=at, epochs=epochs, columns=columns)


FIRST: list[RunEvent] = [
    started(total_steps=100),
    steps(1, 48, 4.8),
    evaluated(40, 48),
    steps(49, 100, 10.0),
    steps(99, 100, 10.0, "norm/w"),
    evaluated(48, 52),
    evaluated(100),
    RunFinished(t=10.0, step=100, epoch=25, metrics={"test/loss": 100.0}),
]
SECOND: list[RunEvent] = [
    BACK,
    started(step=50, epoch=12, t=5.0, total_steps=120),
    steps(51, 120, 12.0),
    evaluated(60),
    RunFinished(t=12.0, step=120, epoch=30, metrics={"test/loss": 60.0}),
]


def write(directory: RunDirectory, *events: RunEvent) -> None:
    log = RunLog(directory.events_path)
    for event in events:
        log.append(event)
    log.close()


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    """100 steps, then from 50 on others up to 120."""
    directory = new_run(RunStatus.FINISHED)
    write(directory, *FIRST)
    write(directory, *SECOND)
    return directory


def test_an_export_has_each_step_once(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "run.csv", Options(timed=False))
    with (tmp_path / "run.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["step", "epoch", "kind", "train/loss", "test/loss"]  # norm/w came later
    assert [int(row[0]) for row in rows if row[2] == "step"] == list(range(1, 121))
    assert [int(row[0]) for row in rows if row[2] == "epoch"] == [40, 48, 60]
    assert (rows[0][1], rows[-2][1]) == ("1", "30")

    export_run(run, tmp_path / "run.jsonl")
    lines = list(map(json.loads, (tmp_path / "run.jsonl").read_text().splitlines()))
    assert [[str(line[key]) for key in ("step", "epoch", "kind")] for line in lines] == [
        row[:3] for row in rows
    ]


def test_epochs_of_another_length_count_from_where_they_began(
    new_run: NewRun, tmp_path: Path
) -> None:
    directory = new_run(RunStatus.FINISHED)
    write(directory, started(step=100, epoch=10, epoch_offset=60), steps(101, 105, 1.0))
    export_run(directory, tmp_path / "run.csv")
    rows = (tmp_path / "run.csv").read_text().splitlines()[1:]
    assert [row.split(",")[1] for row in rows] == ["11", "11", "11", "11", "12"]


def test_the_result_and_its_history_are_those_of_what_stands(run: RunDirectory) -> None:
    view = folded(run, None)
    found = json.loads(b"".join(json_pieces(run, view)))
    assert found["history"]["test/loss"]["step"] == [40, 48, 48, 60]
    assert (found["steps"], found["epochs"], found["elapsed_s"]) == (120, 30, 12.0)
    assert found["metrics"] == {"train/loss": 120.0, "test/loss": 60.0}


def test_a_result_of_a_run_that_was_taken_up_and_lost(new_run: NewRun) -> None:
    directory = new_run(RunStatus.RUNNING)
    write(directory, *FIRST, *SECOND[:2])
    result = run_result(directory, folded(directory, None))
    assert (result["status"], result["steps"], result["epochs"]) == ("crashed", 50, 12)
    assert directory.status() is RunStatus.CRASHED


@pytest.mark.parametrize("kept_after", range(1, len(FIRST + SECOND) + 1))
def test_what_was_kept_before_it_went_back_is_right_after_it(
    new_run: NewRun, kept_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LEAST", 1)
    monkeypatch.setattr(history, "_STRIDE", 1)
    directory = new_run(RunStatus.RUNNING)
    events = [*FIRST, *SECOND]
    write(directory, *events[:kept_after])
    folded(directory, None)
    assert History(directory.events_path).view(None).revision == kept_after
    write(directory, *events[kept_after:])
    whole = RunView()
    for event in events:
        whole.fold(event)
    data, points = remembered(folded(directory, None))
    expected, expected_points = remembered(whole)

    assert dumps(data) == dumps(expected)
    assert [rows.tolist() for rows in points] == [rows.tolist() for rows in expected_points]


def test_what_stands_is_told_of_all_that_has_a_step() -> None:
    alarms = [AlarmRaised(t=0.0, step=step, kind="k", message="") for step in (10, 60)]
    events: list[RunEvent] = [*FIRST[:-1], *alarms, FIRST[-1], BACK, alarms[1]]
    stands = list(Limits([50]).standing(events))
    assert [e for e in stands if isinstance(e, AlarmRaised)] == [alarms[0], alarms[1]]
    assert not any(isinstance(event, RunFinished) for event in stands)


def test_twice_the_earlier_step_counts_for_what_came_before_both() -> None:
    def back(step: int) -> RunResumed:
        return RunResumed(t=0.0, step=step, from_step=step)

    events: list[RunEvent] = [
        steps(1, 100, 1.0),
        back(80),
        steps(81, 90, 2.0),
        back(30),
        steps(31, 35, 3.0),
    ]
    stands = [e for e in Limits([80, 30]).standing(events) if isinstance(e, MetricsLogged)]
    assert [(e.first, len(e.columns["train/loss"])) for e in stands] == [(1, 30), (31, 5)]


class TestAsked:
    def test_a_run_waits_again_for_a_worker(self, run: RunDirectory) -> None:
        run.write_exit_status(-9)
        run.ask_to_resume({"epochs": 30})
        assert run.status() is RunStatus.PENDING
        assert (run.exit_status(), run.resumption()) == (None, {"epochs": 30})
        assert run.resume_path.name == "resume.json"

    def test_no_worker_came_and_all_is_as_it_was(self, run: RunDirectory) -> None:
        run.ask_to_resume({})
        late = datetime.now(UTC) - timedelta(seconds=STARTING + 1)
        run.resume_path.write_bytes(dumps({"asked": late.isoformat(), "values": {}}))
        assert run.status() is RunStatus.FINISHED

    def test_a_worker_that_died_at_once_is_not_waited_for(self, run: RunDirectory) -> None:
        run.ask_to_resume({})
        run.write_exit_status(1)
        assert run.status() is RunStatus.FINISHED

    def test_what_was_known_of_it_stays_until_a_worker_knows_more(self, run: RunDirectory) -> None:
        run.write_status(run.status_record().__class__(status=RunStatus.STOPPED, step=7, epoch=2))
        run.ask_to_resume({})
        record = run.status_record()
        assert (record.status, record.step, record.epoch) == (RunStatus.PENDING, 7, 2)

    def test_most_runs_never_were(self, new_run: NewRun) -> None:
        assert new_run().resumption() is None

    def test_what_can_not_be_read_is_said(self, run: RunDirectory) -> None:
        run.resume_path.write_bytes(b'{"values": 3}')
        with pytest.raises(RunUnreadable, match=r"resume\.json of .* can't be used"):
            run.resumption()
