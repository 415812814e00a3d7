"""Protects what comes into the lab: the same series as in the file, in a run that is whole or not
there, and a sentence with the place for what can't be read."""

from __future__ import annotations

import json
import math
import os
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.commandline.scripted_run import Screen
from tests.exchange.test_tables import STARTED, block, evaluated, looked_at, written
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.errors import HomeError, UsageError
from tui_lab.events import RunFinished
from tui_lab.exchange import gathered as gathering
from tui_lab.exchange import imported_run
from tui_lab.exchange.export import export_run
from tui_lab.exchange.imported_run import import_runs
from tui_lab.exchange.pictures import view_of
from tui_lab.exchange.record_file import framed
from tui_lab.plugins import load_experiment
from tui_lab.run import RunStatus
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.run import RunView

NewRun = Callable[..., RunDirectory]
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "runs"


def imported(path: Path, home: Path, **options: object) -> RunDirectory:
    (made,) = import_runs(path, home, NOW, **options)  # type: ignore[arg-type]
    return made.run


def series(view: RunView) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    return {
        place: (line.steps.tolist(), [repr(value) for value in line.values.tolist()])  # type: ignore[misc]
        for place, line in view.series.items()
    }


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    """What every kind of row is made of."""
    end = RunFinished(t=4.0, step=4, epoch=2, metrics={"train/loss": 0.5, "norm/all": 5.0})
    return written(
        new_run(experiment="weight-decay"),
        STARTED,
        block(1, 0.1, math.nan, t=1.0),
        looked_at(2, 1.0),
        evaluated(2, 1, t=1.0, train_loss=0.1, test_loss=math.inf),
        block(3, 1e-300, 2.0, t=4.0),
        evaluated(4, 2, t=4.0, train_loss=0.5, test_loss=3.0),
        end,
    )


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.tfevents"])
def test_what_was_exported_comes_back_the_same(
    run: RunDirectory, home: Path, tmp_path: Path, name: str
) -> None:
    export_run(run, tmp_path / name)
    back = imported(tmp_path / name, home)
    before, after = view_of(run), view_of(back)
    if name == "x.tfevents":  # which has float32
        for place, line in before.series.items():
            with np.errstate(over="ignore"):
                expected = line.values.astype(np.float32)
            np.testing.assert_array_equal(after.series[place].values.astype(np.float32), expected)
            np.testing.assert_array_equal(after.series[place].steps, line.steps)
    else:
        assert series(after) == series(before)
    assert after.series.keys() == before.series.keys()
    assert (after.step, after.epoch, after.status) == (4, 2, RunStatus.FINISHED)
    assert after.steps_per_epoch == 2
    assert {n: s.norm for n, s in after.gradients.items()} == {"w2": 3.0, "w1": 4.0}
    assert after.t == pytest.approx(before.t)
    assert after.metrics["norm/all"] == 5.0


def test_a_second_export_of_it_is_the_same_table(
    run: RunDirectory, home: Path, tmp_path: Path
) -> None:
    export_run(run, tmp_path / "x.jsonl")
    export_run(imported(tmp_path / "x.jsonl", home), tmp_path / "y.jsonl")
    first, second = (
        [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        for name in ("x.jsonl", "y.jsonl")
    )
    for row in (*first, *second):
        assert row.pop("time")[18] == str(5 + int(row.pop("seconds")))
    assert second == first


def test_a_wide_table_of_others(home: Path, tmp_path: Path) -> None:
    path = text(
        tmp_path / "run 1.csv",
        "_step,loss,val_acc,note,_timestamp\n0,1.5,,x,1767323045\n10,0.5,0.25,y,1767323046.5\n",
    )
    (made,) = import_runs(path, home, NOW, name="theirs")
    view = view_of(made.run)
    assert view.series["epoch", "loss"].steps.tolist() == [0, 10]
    assert view.series["epoch", "val_acc"].values.tolist() == [0.25]
    assert (made.rows, made.metrics, made.left_out) == (2, 2, ["note"])
    assert view.t == pytest.approx(1.5)
    assert read_annotation(made.run.path).name == "theirs"
    assert view.experiment is not None
    assert view.experiment.name == "import-run-1"


def test_consecutive_steps_become_steps(home: Path, tmp_path: Path) -> None:
    rows = "".join(f"{i},{1 / i}\n" for i in range(1, 2000))
    view = view_of(imported(text(tmp_path / "x.csv", "step,loss\n" + rows), home))
    assert view.series["step", "loss"].values.tolist() == [1 / i for i in range(1, 2000)]
    assert view.experiment is not None
    (curve,) = view.experiment.pictures
    assert (curve.title, getattr(curve, "every", "")) == ("loss", "step")


def test_rows_without_a_step_are_counted_and_the_last_of_a_step_counts(
    home: Path, tmp_path: Path
) -> None:
    view = view_of(imported(text(tmp_path / "x.jsonl", '{"a": 1}\n\n{"a": 2}\n'), home))
    assert view.series["epoch", "a"].steps.tolist() == [1, 2]
    rows = '{"step": 2, "a": 1}\n{"step": 1, "a": 5}\n{"step": 2, "a": "Infinity"}\n'
    view = view_of(imported(text(tmp_path / "y.jsonl", rows), home))
    assert view.series["epoch", "a"].values.tolist() == [5, math.inf]


def test_metrics_of_one_quantity_share_a_chart(home: Path, tmp_path: Path) -> None:
    path = text(tmp_path / "x.csv", "step,train/loss,val/loss,lr\n5,1,2,3\n9,1,2,3\n")
    experiment = view_of(imported(path, home)).experiment
    assert experiment is not None
    assert [getattr(p, "keys", ()) for p in experiment.pictures] == [
        ("train/loss", "val/loss"),
        ("lr",),
    ]
    assert [m.direction for m in experiment.metrics] == ["minimize", "minimize", None]


def test_a_directory_of_event_files_is_a_run_for_each(
    run: RunDirectory, home: Path, tmp_path: Path
) -> None:
    for name in ("one", "two/deep"):
        export_to = tmp_path / "board" / name
        export_to.mkdir(parents=True)
        export_run(run, export_to / "events.out.tfevents.1")
    names = [read_annotation(m.run.path).name for m in import_runs(tmp_path / "board", home, NOW)]
    assert names == ["one", "two/deep"]
    assert len(Catalogue(home).summaries()) == 2


def test_it_may_be_of_an_experiment_and_is_never_gone_on_with(home: Path, tmp_path: Path) -> None:
    of = load_experiment("weight-decay")
    run = imported(text(tmp_path / "x.csv", "step,train/loss\n1,1\n"), home, experiment=of)
    (summary,) = Catalogue(home).summaries()
    assert (summary.experiment, summary.status) == ("weight-decay", RunStatus.FINISHED)
    assert summary.imported == str(tmp_path / "x.csv")
    assert view_of(run).experiment == of


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", "", "line 1: there is no heading"),
        ("x.csv", "step,a,a\n", "two columns are called 'a'"),
        ("x.csv", "step,a\n1,2\n2,x\n", "line 3: a is 'x', not a number"),
        ("x.csv", "step,a\n1,2\n2\n", "line 3: 1 cells under 2 columns"),
        ("x.csv", "step,a\none,2\n", "line 2: step is 'one', not a whole number"),
        ("x.csv", "step,a\n-4,2\n", "line 2: -4 is no number of steps"),
        ("x.csv", "step,kind,a\n1,zebra,2\n", "'zebra' is no kind of row"),
        ("x.csv", "step,note\n1,hello\n", "it holds no numbers"),
        ("x.csv", 'step,a\n1,"2\n', "line"),
        ("x.csv", "step,a\x1b\n1,2\n", "can't be the name of a metric"),
        ("x.jsonl", '{"step": 1, "a": 1}\n{"step"\n', "line 2: it is not JSON"),
        ("x.jsonl", "[1]\n", "line 1: it is no JSON object"),
        ("x.jsonl", "[" * 100_000 + "\n", "line 1: it is not JSON"),
        ("x.jsonl", '{"a": 1}\n{"a": true}\n', "line 2: a is 'True', not a number"),
        ("x.xlsx", "", "it is a .csv, a .jsonl, TensorBoard's"),
    ],
)
def test_what_can_not_be_read_is_one_sentence_and_nothing_is_left(
    home: Path, tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    with pytest.raises(UsageError) as raised:
        imported(text(tmp_path / name, content), home)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert not home.exists() or not list(home.iterdir())


def test_bytes_that_are_no_text_and_what_is_no_file(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"step,\xff\xfe\n")
    with pytest.raises(UsageError, match="no text in UTF-8"):
        imported(tmp_path / "x.csv", home)
    with pytest.raises(UsageError, match="does not exist"):
        imported(tmp_path / "gone.csv", home)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no event files"):
        imported(tmp_path / "empty", home)


def test_damaged_event_files_are_said_with_the_record(
    run: RunDirectory, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.tfevents"
    export_run(run, path)
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"record \d+ is damaged"):
        imported(path, home)
    for junk in (b"\x2a\xff", b"\xff" * 12, b"\x2a\x03\x0a\x09a"):
        path.write_bytes(framed([junk]))
        with pytest.raises(UsageError, match="record 1 is not an event"):
            imported(path, home)


def test_too_much_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_POINTS", 3)
    with pytest.raises(UsageError, match="line 3: it holds more than 3 numbers"):
        imported(text(tmp_path / "x.csv", "a,b\n1,2\n3,4\n"), home)
    monkeypatch.setattr(gathering, "MOST_KEYS", 1)
    with pytest.raises(UsageError, match="more than 1 metrics"):
        imported(text(tmp_path / "x.csv", "a,b\n1,2\n"), home)


def test_a_disk_that_gives_up_leaves_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunDirectory, "write_status", full)
    with pytest.raises(HomeError, match="No space left"):
        imported(text(tmp_path / "x.csv", "a\n1\n"), home)
    assert list(home.iterdir()) == []


def test_what_a_killed_import_left_is_no_run_and_is_swept_a_day_later(
    home: Path, tmp_path: Path
) -> None:
    path = text(tmp_path / "x.csv", "a\n1\n")
    old, new = home / ".import-old", home / ".import-new"
    for left in (old, new):
        left.mkdir(parents=True)
    os.utime(old, (0, 0))
    run = imported(path, home)
    assert sorted(each.name for each in home.iterdir()) == [".import-new", run.id]
    assert [each.id for each in Catalogue(home).summaries()] == [run.id]


def test_what_another_import_sweeps_meanwhile_is_gone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = home / ".import-old"
    left.mkdir(parents=True)

    def swept() -> float:
        left.rmdir()
        return 0.0

    monkeypatch.setattr(imported_run, "time", SimpleNamespace(time=swept))
    run = imported(text(tmp_path / "x.csv", "a\n1\n"), home)
    assert list(home.iterdir()) == [run.path]


def test_what_makes_it_again_says_of_what_it_is(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_LAB_HOME", str(home.parent))
    path = text(tmp_path / "x.csv", "step,train/loss\n1,1\n")
    console, shown = Screen(), Screen()
    words = ["import", str(path), "--experiment", "weight-decay"]
    assert perform(words, console) == ExitStatus.FINISHED
    assert "Imported 1 row of 1 metric;" in console.err
    perform(["show", console.out.strip()], shown)
    assert shlex.join(["tui-lab", *words]) in shown.out.splitlines()


def test_the_command_names_the_run_and_what_is_said_of_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_LAB_HOME", str(home.parent))
    path = text(tmp_path / "x.csv", "step,loss,note\n1,2,a\n2,1,b\n")
    console = Screen()
    assert perform(["import", str(path), "--name", "theirs"], console) == ExitStatus.FINISHED
    run_id = console.out.strip()
    assert "Imported 2 rows of 1 metric" in console.err
    assert "are not numbers: note." in console.err
    for words, status in (
        (["show", run_id], ExitStatus.FINISHED),
        (["compare", run_id, run_id[:-1]], ExitStatus.USAGE),
        (["export", run_id, "--to", str(tmp_path / "y.svg")], ExitStatus.FINISHED),
    ):
        assert perform(words, Screen()) == status, words
    shown = Screen()
    perform(["show", run_id], shown)
    assert f"tui-lab import {path}" in shown.out.splitlines()
    (headline,) = [line for line in shown.out.splitlines() if line.startswith(f"{run_id}: ")]
    assert headline == f"{run_id}: finished, 2 steps, 0 epochs in 0.0 s"
    for command in ("resume", "replay", "branch --step 1"):
        console, (word, *more) = Screen(), command.split()
        assert perform([word, run_id, *more], console) == ExitStatus.USAGE
        assert "it can be looked at and compared, no more" in console.err, command
    assert perform(["export", run_id, "--to", str(tmp_path / "m.pt")], Screen()) != 0
    assert perform(["import"], console) == ExitStatus.USAGE
    assert perform(["import", str(tmp_path / "gone.csv")], console) == ExitStatus.USAGE
