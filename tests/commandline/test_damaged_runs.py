"""Protects the commands' word on a run whose directory is damaged, or was made from a file: what is
known is shown, what is not is said, and no file is run that a person has not named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, write_events
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Ending, conclude
from tui_lab.events import RunFinished
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory

MakeRun = Callable[..., RunDirectory]
OWN = """
print("ran")
from tui_lab.experiment import Experiment
EXPERIMENT = Experiment(name="{name}", title="Mine", chapter="Mine", summary="",
    hyperparameters=(), metrics=(), pictures=(), program="mine:Mine")
from tui_lab.training.program import Program
class Mine(Program): ...
"""


def change(run: RunDirectory, **fields: object) -> None:
    """Give fields of run.json other values."""
    path = run.path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.fixture
def damaged(make_run: MakeRun) -> RunDirectory:
    """A run whose status can't be read, and whose log is whole."""
    run = make_run()
    (run.path / "status.json").write_text("{")
    return run


@pytest.mark.parametrize("words", [["show", "RUN"], ["show", "RUN", "--json"], ["export", "RUN"]])
def test_what_is_wrong_is_said_beside_what_the_log_tells(
    damaged: RunDirectory, words: list[str], console: Screen, tmp_path: Path
) -> None:
    words = [damaged.id if word == "RUN" else word for word in words]
    words += ["--to", str(tmp_path / "run.csv")] if words[0] == "export" else []
    assert perform(words, console) == ExitStatus.FINISHED
    assert console.err.startswith(f"status.json of {damaged.id} is torn: it is not JSON.\n")


def test_the_list_shows_both(damaged: RunDirectory, console: Screen) -> None:
    perform(["runs"], console)
    row = console.out.splitlines()[1]
    assert row.startswith(f"{damaged.id}  finished")
    assert "  20  " in row
    assert "train/loss 0.25" in row
    assert row.endswith(f"status.json of {damaged.id} is torn: it is not JSON.")


def test_without_a_log_there_is_nothing_to_export(
    damaged: RunDirectory, console: Screen, tmp_path: Path
) -> None:
    damaged.events_path.unlink()
    words = ["export", damaged.id, "--to", str(tmp_path / "run.csv")]
    assert perform(words, console) == ExitStatus.FAILED
    assert console.err == f"status.json of {damaged.id} is torn: it is not JSON.\n"
    assert not (tmp_path / "run.csv").exists()


def test_many_metrics_of_an_unknown_experiment_are_cut_to_a_screen(
    make_run: MakeRun, console: Screen
) -> None:
    run = make_run()
    change(run, experiment="gone")
    metrics = {f"norm/{number}": 1.0 for number in range(100)}
    write_events(run, [RunFinished(t=1.0, step=20, epoch=2, metrics=metrics)])
    assert perform(["show", run.id], console) == ExitStatus.FINISHED
    assert console.out.count("norm/") == 29  # of 30 metrics: one is train/loss
    assert f"  and 72 more: tui-lab show {run.id} --json\n" in console.out


@pytest.fixture
def own(make_run: MakeRun, tmp_path: Path) -> RunDirectory:
    """A run of a file of one's own, which has the name of an installed experiment."""
    run = make_run(lr=0.5)
    (tmp_path / "mine.py").write_text(OWN.format(name="linear-regression"))
    change(run, plugin=str(tmp_path / "mine.py"))
    return run


@pytest.mark.parametrize("words", [["show"], ["runs"]])
def test_a_run_of_a_file_is_shown_under_plain_names(
    own: RunDirectory, words: list[str], console: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert perform([*words, own.id], console) == ExitStatus.FINISHED
    assert "true_w" in console.out  # at its default, which is not known here
    assert "default" not in console.out
    assert capsys.readouterr().out == ""


def test_who_has_named_the_file_gets_its_words(
    own: RunDirectory, console: Screen, linear_regression: Experiment
) -> None:
    conclude(own, linear_regression, Ending.BY_ITSELF, console, as_json=False)
    assert linear_regression.metrics[0].help[:20] in console.out
    assert f"tui-lab attach {own.id} FILE.py\n" in console.out


def test_attaching_to_it_needs_the_file_to_be_named(
    own: RunDirectory, console: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert perform(["attach", own.id], console) == ExitStatus.USAGE
    assert f"tui-lab attach {own.id} FILE.py names it.\n" in console.err
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("linear-regression", "The lab needs a terminal"),
        ("other", "mine.py declares other; {id} is a run of linear-regression."),
    ],
)
def test_a_named_file_is_run_and_must_declare_its_experiment(
    own: RunDirectory, name: str, sentence: str, tmp_path: Path, console: Screen
) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(name=name))
    words = ["attach", own.id, str(tmp_path / "mine.py")]
    assert perform(words, console) == ExitStatus.USAGE
    assert sentence.format(id=own.id) in console.err
