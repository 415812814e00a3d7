"""Protects what leaves the lab: every measurement once, in order, with its text unchanged, and
never half a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tui_lab.errors import RunError, RunUnreadable, UsageError
from tui_lab.events import MetricsLogged
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.export import export_run
from tui_lab.runs.log import RunLog

NewRun = Callable[..., RunDirectory]


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    """Two steps and an evaluation; no epoch length is known."""
    directory = new_run()
    log = RunLog(directory.events_path)
    losses = np.array([0.1, np.nan], np.float32)
    log.append(MetricsLogged(t=0.0, kind="step", first=1, columns={"train/loss": losses}))
    columns = {'odd, "key"': [1.5]}
    log.append(MetricsLogged(t=0.0, kind="epoch", steps=[2], epochs=[1], columns=columns))
    log.close()
    return directory


def test_csv(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "run.CSV")
    with (tmp_path / "run.CSV").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["step", "epoch", "kind", "train/loss", 'odd, "key"'],
            ["1", "", "step", "0.1", ""],
            ["2", "", "step", "NaN", ""],
            ["2", "1", "epoch", "", "1.5"],
        ]


def test_jsonl(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "run.jsonl")
    assert [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()] == [
        {"step": 1, "epoch": None, "kind": "step", "train/loss": 0.1},
        {"step": 2, "epoch": None, "kind": "step", "train/loss": "NaN"},
        {"step": 2, "epoch": 1, "kind": "epoch", 'odd, "key"': 1.5},
    ]


def test_columns_of_unequal_length_leave_cells_empty(new_run: NewRun, tmp_path: Path) -> None:
    directory = new_run()
    log = RunLog(directory.events_path)
    columns = {"a": [1.0], "b": [1.0, 2.0]}
    log.append(MetricsLogged(t=0.0, kind="step", first=5, columns=columns))
    log.close()
    export_run(directory, tmp_path / "run.csv")
    assert (tmp_path / "run.csv").read_text().splitlines()[1:] == [
        "5,,step,1.0,1.0",
        "6,,step,,2.0",
    ]
    export_run(directory, tmp_path / "run.jsonl")
    last = (tmp_path / "run.jsonl").read_text().splitlines()[-1]
    assert json.loads(last) == {"step": 6, "epoch": None, "kind": "step", "b": 2.0}


def test_a_run_without_measurements_is_a_header(new_run: NewRun, tmp_path: Path) -> None:
    export_run(new_run(), tmp_path / "run.csv")
    assert (tmp_path / "run.csv").read_text() == "step,epoch,kind\n"


@pytest.mark.parametrize("name", ["run.xlsx", "run", ".csv"])
def test_another_suffix_is_refused_and_both_are_named(
    run: RunDirectory, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"exported to \.csv or \.jsonl"):
        export_run(run, tmp_path / name)


def test_a_place_that_can_not_be_written_is_one_sentence(run: RunDirectory, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"run\.csv can't be written \(No such file or directory\)"):
        export_run(run, tmp_path / "nowhere" / "run.csv")
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(RunError, match=r"taken\.csv can't be written"):
        export_run(run, tmp_path / "taken.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "taken.csv"]


def test_what_is_no_run_becomes_no_table(tmp_path: Path) -> None:
    with pytest.raises(RunUnreadable):
        export_run(RunDirectory(tmp_path / "gone"), tmp_path / "run.csv")
    assert not (tmp_path / "run.csv").exists()
