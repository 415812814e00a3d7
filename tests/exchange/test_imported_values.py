"""Protects what an imported run says of itself: its last values are those of its last step wherever
in the file that stands, its epochs are those of the file or are said to be lost, and what was not
measured is no number and no reason to leave numbers out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tests.exchange.test_import import NOW, NewRun, home, imported, text
from tests.exchange.test_tables import STARTED, block, written
from tui_lab.cli import perform
from tui_lab.errors import UsageError
from tui_lab.events import GradientsLogged, RunFinished
from tui_lab.exchange import gathered as gathering
from tui_lab.exchange.export import export_run
from tui_lab.exchange.imported_run import Imported, import_runs
from tui_lab.exchange.pictures import view_of
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import Catalogue

__all__ = ["home"]
PARAMETERS = 900


def made(path: Path, home: Path) -> Imported:
    (found,) = import_runs(path, home, NOW)
    return found


@pytest.mark.parametrize("order", [1, -1])
def test_the_last_values_are_those_of_the_last_step(home: Path, tmp_path: Path, order: int) -> None:
    rows = [f"{step},{100 - step},{step / 100}\n" for step in range(1, 40)][::order]
    run = imported(text(tmp_path / "x.csv", "step,loss,acc\n" + "".join(rows)), home)
    (summary,) = Catalogue(home).summaries()
    assert summary.metrics == view_of(run).metrics == {"loss": 61, "acc": 0.39}
    assert (summary.step, summary.status) == (39, RunStatus.FINISHED)


def test_a_value_over_a_whole_set_counts_more_and_the_end_before_all(
    home: Path, tmp_path: Path
) -> None:
    rows = [
        {"step": 2, "kind": "end", "c": 7},
        {"step": 9, "kind": "end", "c": 8},
        {"step": 6, "kind": "evaluation", "epoch": 2, "a": 3},
        {"step": 4, "kind": "epoch", "epoch": 2, "a": 1, "b": 1, "c": 1},
        {"step": 2, "kind": "epoch", "epoch": 1, "a": 2, "b": 2, "c": 2},
        *({"step": step, "kind": "step", "b": 10 + step, "d": step} for step in (8, 7, 6)),
    ]
    path = text(tmp_path / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    run = imported(path, home)
    expected = {"a": 3, "b": 1, "c": 8, "d": 8}
    assert Catalogue(home).summaries()[0].metrics == expected
    assert view_of(run).metrics == expected


@pytest.mark.parametrize(("first_step", "first_epoch"), [(1, 1), (1, 0), (0, 1), (0, 0)], ids=str)
def test_the_epochs_of_rows_of_steps_are_kept(
    home: Path, tmp_path: Path, first_step: int, first_epoch: int
) -> None:
    rows = "".join(f"{first_step + n},{first_epoch + n // 7},{n}\n" for n in range(25))
    found = made(text(tmp_path / "x.csv", "step,epoch,loss\n" + rows), home)
    assert not found.epochs_lost
    assert view_of(found.run).steps_per_epoch == 7


def test_parts_of_epochs_lie_in_them(home: Path, tmp_path: Path) -> None:
    rows = [{"step": 10 * n, "epoch": 10 * n / 30, "loss": n} for n in range(1, 10)]
    rows.append({"step": 90, "epoch": 3.0, "eval_loss": 1})
    path = text(tmp_path / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    run = imported(path, home)
    export_run(run, tmp_path / "y.jsonl")
    back = [json.loads(line) for line in (tmp_path / "y.jsonl").read_text().splitlines()]
    epochs = [(row["step"], row["epoch"]) for row in back if row["kind"] == "epoch"]
    assert epochs == [(10 * n, -(-n // 3)) for n in range(1, 10)]
    assert view_of(run).epoch == 3
    for bad in ('"x"', '"nan"', "1e999", "true", "-1", "-0.5"):
        with pytest.raises(UsageError, match=r"line 1: epoch is .*, not a number"):
            imported(text(path, f'{{"step": 1, "epoch": {bad}, "loss": 1}}\n'), home)


def test_a_log_of_one_epoch_is_of_one(home: Path, tmp_path: Path) -> None:
    rows = "".join(f"{n},1,{n}\n" for n in range(1, 31))
    found = made(text(tmp_path / "x.csv", "step,epoch,loss\n" + rows), home)
    assert (view_of(found.run).steps_per_epoch, found.epochs_lost) == (30, False)


def test_without_epochs_none_are_made_up_and_none_are_lost(home: Path, tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(1, 31))
    found = made(text(tmp_path / "x.csv", "step,loss\n" + rows), home)
    assert (view_of(found.run).steps_per_epoch, found.epochs_lost) == (0, False)


def test_epochs_of_no_one_length_are_said_to_be_lost(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{n},{1 + (n > 5) + (n > 25)},{n}\n" for n in range(1, 31))
    path = text(tmp_path / "x.csv", "step,epoch,loss\n" + rows)
    found = made(path, home)
    assert (view_of(found.run).steps_per_epoch, found.epochs_lost) == (0, True)
    monkeypatch.setenv("TUI_LAB_HOME", str(home.parent))
    console = Screen()
    perform(["import", str(path)], console)
    assert "Epochs are left out, as no number of steps for each fits all rows." in console.err


@pytest.mark.parametrize("missing", ["", "n/a", "NA", "#N/A", " null ", "None", "-"])
def test_what_was_not_measured_is_missing_and_the_numbers_stay(
    home: Path, tmp_path: Path, missing: str
) -> None:
    content = f"step,epoch,loss\n5,{missing},{missing}\n50,1,0.5\n90,2,{missing}\n"
    found = made(text(tmp_path / "x.csv", content), home)
    line = view_of(found.run).series["epoch", "loss"]
    assert (line.steps.tolist(), line.values.tolist()) == ([50], [0.5])
    assert found.left_out == []


def test_a_row_says_its_step_or_is_wrong(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 2: step is 'n/a', not a whole number"):
        made(text(tmp_path / "x.csv", "step,loss\nn/a,1\n"), home)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.tfevents"])
def test_the_gradients_of_a_large_model_come_back(
    new_run: NewRun, home: Path, tmp_path: Path, name: str
) -> None:
    names = [f"layers.{n}.attention.output.weight" for n in range(PARAMETERS)]
    states = [
        {"name": each, "norm": n + 0.5, "grad_norm": n + 0.25, "update": n + 0.125}
        for n, each in enumerate(names)
    ]
    looked = GradientsLogged(
        t=1.0, step=2, phase="backward", grad_enabled=True, graph=True, parameters=states
    )
    end = RunFinished(t=2.0, step=3, epoch=1, metrics={"train/loss": 0.5})
    export_run(written(new_run(), STARTED, block(1, 3.0, 2.0, 0.5), looked, end), tmp_path / name)
    found = made(tmp_path / name, home)
    assert found.left_out == []
    view = view_of(found.run)
    assert view.experiment is not None
    assert [metric.key for metric in view.experiment.metrics] == ["train/loss"]
    shown = view.gradients
    assert [(shown[each].norm, shown[each].update) for each in names] == [
        (n + 0.5, n + 0.125) for n in range(PARAMETERS)
    ]


def test_too_many_gradients_are_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_ONCE", 2)
    rows = '{"step": 1, "kind": "gradients", "grad/a": 1, "grad/b": 1, "grad/c": 1}\n'
    with pytest.raises(UsageError, match="more than 2 metrics"):
        made(text(tmp_path / "x.jsonl", rows), home)
