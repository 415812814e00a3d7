"""Protects what leaves the lab as a table: every measurement once, in one order whenever it was
written, with its text unchanged, and never half a file."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from tui_lab.errors import RunError, RunUnreadable, UsageError
from tui_lab.events import GradientsLogged, MetricsLogged, RunEvent, RunFinished, RunStarted
from tui_lab.exchange.export import PLAIN, export_run
from tui_lab.exchange.formats import Options
from tui_lab.exchange.rows import Measured
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog

NewRun = Callable[..., RunDirectory]
STARTED = RunStarted(
    pid=1,
    host="here",
    device="cpu",
    device_name="",
    threads=1,
    started="2026-01-02T03:04:05.000+00:00",
    total_steps=4,
    steps_per_epoch=2,
    parameters=[{"name": "w2"}, {"name": "w1"}],
)


def written(run: RunDirectory, *events: RunEvent) -> RunDirectory:
    log = RunLog(run.events_path)
    for event in events:
        log.append(event)
    log.close()
    return run


def block(first: int, *losses: float, t: float = 0.0) -> MetricsLogged:
    return MetricsLogged(t=t, kind="step", first=first, columns={"train/loss": list(losses)})


def evaluated(step: int, epoch: int, t: float = 0.0, **values: float) -> MetricsLogged:
    columns = {key.replace("_", "/"): [value] for key, value in values.items()}
    return MetricsLogged(t=t, kind="epoch", steps=[step], epochs=[epoch], columns=columns)


def looked_at(step: int, t: float = 0.0) -> GradientsLogged:
    states = [
        {"name": "w2", "norm": 3.0, "grad_norm": 6.0, "update": math.inf},
        {"name": "w1", "norm": 4.0, "grad_norm": None, "update": None},
    ]
    return GradientsLogged(
        t=t, step=step, phase="backward", grad_enabled=True, graph=True, parameters=states
    )


def csv_rows(run: RunDirectory, to: Path, options: Options = PLAIN) -> list[list[str]]:
    export_run(run, to, options)
    with to.open(newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    """Two steps and an evaluation; no epoch length is known, nor when it was."""
    losses = np.array([0.1, np.nan], np.float32)
    steps = MetricsLogged(t=0.0, kind="step", first=1, columns={"train/loss": losses})
    columns = {'odd, "key"': [1.5]}
    epoch = MetricsLogged(t=0.0, kind="epoch", steps=[2], epochs=[1], columns=columns)
    return written(new_run(), steps, epoch)


def test_csv(run: RunDirectory, tmp_path: Path) -> None:
    assert csv_rows(run, tmp_path / "run.CSV") == [
        ["step", "epoch", "kind", "seconds", "time", "train/loss", 'odd, "key"'],
        ["1", "", "step", "0.0", "", "0.1", ""],
        ["2", "", "step", "0.0", "", "NaN", ""],
        ["2", "1", "epoch", "0.0", "", "", "1.5"],
    ]


def test_jsonl(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "run.jsonl", Options(timed=False))
    assert [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()] == [
        {"step": 1, "epoch": None, "kind": "step", "train/loss": 0.1},
        {"step": 2, "epoch": None, "kind": "step", "train/loss": "NaN"},
        {"step": 2, "epoch": 1, "kind": "epoch", 'odd, "key"': 1.5},
    ]


def test_wall_time_is_seconds_since_the_start_and_iso(new_run: NewRun, tmp_path: Path) -> None:
    run = written(new_run(), STARTED, block(1, 1.0, 2.0, t=3.0))
    rows = csv_rows(run, tmp_path / "run.csv")[1:]
    assert [row[3:5] for row in rows] == [
        ["1.5", "2026-01-02T03:04:06.500+00:00"],
        ["3.0", "2026-01-02T03:04:08.000+00:00"],
    ]


def test_the_order_does_not_depend_on_when_blocks_were_written(
    new_run: NewRun, tmp_path: Path
) -> None:
    first = [block(1, 1.0, 2.0), evaluated(2, 1, train_loss=1.0, test_loss=2.0), block(3, 3.0)]
    other = [
        block(1, 1.0),
        block(2, 2.0, 3.0),
        evaluated(2, 1, train_loss=1.0, test_loss=2.0),
    ]
    files = []
    for name, events in (("one", first), ("other", other)):
        run = written(new_run(), STARTED, *events)
        export_run(run, tmp_path / f"{name}.csv", Options(timed=False))
        export_run(run, tmp_path / f"{name}.jsonl", Options(timed=False))
        files.append([(tmp_path / f"{name}.{s}").read_bytes() for s in ("csv", "jsonl")])
    assert files[0] == files[1]
    assert [row[:3] for row in csv_rows(run, tmp_path / "x.csv", Options(timed=False))[1:]] == [
        ["1", "1", "step"],
        ["2", "1", "step"],
        ["2", "1", "epoch"],
        ["3", "2", "step"],
    ]


def test_columns_are_as_declared_then_by_name_then_by_parameter(
    new_run: NewRun, tmp_path: Path
) -> None:
    told = evaluated(2, 1, zebra=1.0, ant=1.0, norm_w=1.0, test_loss=1.0, train_loss=1.0)
    run = written(new_run(experiment="weight-decay"), STARTED, looked_at(2), told)
    assert csv_rows(run, tmp_path / "run.csv", Options(timed=True))[0][5:] == [
        *("train/loss", "test/loss", "norm/w"),
        *("ant", "zebra"),
        *("norm/w2", "norm/w1", "norm/all", "grad/w2", "grad/all", "update/w2"),
    ]


def test_gradients_and_the_end_are_rows_of_their_own(new_run: NewRun, tmp_path: Path) -> None:
    end = RunFinished(t=2.0, step=2, epoch=1, metrics={"train/loss": 9.0, "grad/all": math.nan})
    run = written(new_run(), STARTED, looked_at(1, 1.0), block(1, 1.0, 2.0, t=2.0), end)
    export_run(run, tmp_path / "run.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [(line["step"], line["kind"]) for line in lines] == [
        (1, "step"),
        (1, "gradients"),
        (2, "step"),
        (2, "end"),
    ]
    del lines[1]["time"]
    assert lines[1] == {
        "step": 1,
        "epoch": 1,
        "kind": "gradients",
        "seconds": 1.0,
        "norm/w2": 3.0,
        "norm/w1": 4.0,
        "norm/all": 5.0,
        "grad/w2": 6.0,
        "grad/all": 6.0,
        "update/w2": "Infinity",
    }
    assert lines[3]["grad/all"] == "NaN"


def test_without_time_only_the_last_gradients_stay(new_run: NewRun, tmp_path: Path) -> None:
    end = RunFinished(t=2.0, step=1, epoch=1, metrics={"grad/all": 0.5})
    run = written(new_run(), STARTED, looked_at(1, 1.0), block(1, 1.0, t=2.0), end)
    assert csv_rows(run, tmp_path / "run.csv", Options(timed=False)) == [
        ["step", "epoch", "kind", "train/loss", "grad/all"],
        ["1", "1", "step", "1.0", ""],
        ["1", "1", "end", "", "0.5"],
    ]


def test_a_curve_that_was_recorded_later_stands_in_the_rows_of_its_steps(
    new_run: NewRun, tmp_path: Path
) -> None:
    later = [
        MetricsLogged(t=0.0, kind="step", first=first, columns={"norm/w": [first * 1.0]})
        for first in (1, 2, 3)
    ]
    run = written(new_run(), STARTED, block(1, 1.0, 2.0), block(3, 3.0), *later)
    rows = csv_rows(run, tmp_path / "run.csv", Options(timed=False))
    assert [row[-2:] for row in rows[1:]] == [["1.0", "1.0"], ["2.0", "2.0"], ["3.0", "3.0"]]


@pytest.mark.parametrize("sets", [1, 12])
def test_steps_that_do_not_ascend_and_many_sets_of_columns_are_put_in_order(
    new_run: NewRun, sets: int, tmp_path: Path
) -> None:
    blocks: Iterable[RunEvent] = [
        MetricsLogged(t=0.0, kind="step", first=first, columns={f"key{n}": [float(first)]})
        for n in range(sets)
        for first in (3, 1, 2)
    ]
    rows = list(Measured(written(new_run(), *blocks)).rows())
    assert [row.step for row in rows] == [1, 2, 3]
    assert [len(row.values) for row in rows] == [sets] * 3


def test_parquet(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "run.parquet")
    table = parquet.read_table(tmp_path / "run.parquet")
    assert table.column_names == [
        *("step", "epoch", "kind", "seconds", "time", "train/loss", 'odd, "key"')
    ]
    losses = table["train/loss"].to_pylist()
    assert (losses[0], losses[2]) == (0.1, None)
    assert math.isnan(losses[1])
    assert table["step"].to_pylist() == [1, 2, 2]
    assert table.schema.metadata[b"tui-lab.run"] == run.id.encode()


def test_parquet_without_pyarrow_is_a_sentence_and_no_file(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r'is not installed: pip install -U "tui-lab\[export\]"'):
        export_run(run, tmp_path / "run.parquet")
    assert not list(tmp_path.glob("*run.parquet*"))


def test_a_pyarrow_that_can_not_be_imported_says_why(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyarrow.py").write_text('raise ImportError("NumPy is too old")')
    monkeypatch.delitem(sys.modules, "pyarrow")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=r"which can't be used here \(NumPy is too old\)"):
        export_run(run, tmp_path / "run.parquet")


def test_columns_of_unequal_length_leave_cells_empty(new_run: NewRun, tmp_path: Path) -> None:
    columns = {"a": [1.0], "b": [1.0, 2.0]}
    run = written(new_run(), MetricsLogged(t=0.0, kind="step", first=5, columns=columns))
    export_run(run, tmp_path / "run.csv", Options(timed=False))
    assert (tmp_path / "run.csv").read_text().splitlines()[1:] == [
        "5,,step,1.0,1.0",
        "6,,step,,2.0",
    ]
    export_run(run, tmp_path / "run.jsonl", Options(timed=False))
    last = (tmp_path / "run.jsonl").read_text().splitlines()[-1]
    assert json.loads(last) == {"step": 6, "epoch": None, "kind": "step", "b": 2.0}


def test_a_run_without_measurements_is_a_header(new_run: NewRun, tmp_path: Path) -> None:
    export_run(new_run(), tmp_path / "run.csv")
    assert (tmp_path / "run.csv").read_text() == "step,epoch,kind,seconds,time\n"


@pytest.mark.parametrize("name", ["run.xlsx", "run", ".csv"])
def test_another_suffix_is_refused_and_all_are_named(
    run: RunDirectory, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"exported to \.csv, \.jsonl"):
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
