"""Protects the commands about runs that were: what they show, refuse, and never lose."""

from __future__ import annotations

import csv
import json
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, training_events, write_events
from tui_lab.cli import perform
from tui_lab.commandline import stop
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.cost import LabCostMeasured
from tui_lab.errors import RunError, RunNotLive
from tui_lab.events import HyperparameterChanged, StepAbandoned
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock
from tui_lab.runs.status import StatusRecord

MakeRun = Callable[..., RunDirectory]


def test_without_runs_nothing_is_data(console: Screen) -> None:
    assert perform(["runs"], console) == ExitStatus.FINISHED
    assert console.out == ""
    assert "tui-lab run" in console.err


def test_runs_shows_what_differs_from_the_defaults(console: Screen, make_run: MakeRun) -> None:
    run = make_run(lr=0.5, epochs=3, true_w="1,2,3")
    assert perform(["runs"], console) == ExitStatus.FINISHED
    row = console.out.splitlines()[1]
    assert row.startswith(run.id)
    assert "lr=0.5 true_w=1,2,3" in row
    assert "epochs=" not in row
    assert "train/loss 0.25  norm/w 3.5" in row
    assert "finished" in row


def test_runs_shows_what_was_done_to_a_run_on_its_way(console: Screen, make_run: MakeRun) -> None:
    run = make_run(lr=0.5)
    record = run.status_record()
    run.write_status(replace(record, status=RunStatus.STOPPED, changed={"lr": 0.25}))
    perform(["runs"], console)
    assert "lr=0.5 lr → 0.25 stopped at step 20" in console.out
    screen = Screen()
    perform(["runs", "--json"], screen)
    assert json.loads(screen.out)[0]["changed"] == {"lr": 0.25}


def test_runs_says_that_a_run_diverged(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    record = run.status_record()
    metrics = {**record.metrics, "step/first_inf": 7.0}
    run.write_status(replace(record, status=RunStatus.STOPPED, metrics=metrics))
    perform(["runs"], console)
    assert "diverged at step 7 stopped at step 20" in console.out


def test_runs_is_filtered_by_every_word(console: Screen, make_run: MakeRun) -> None:
    kept, _ = make_run(lr=0.5), make_run(lr=0.25)
    assert perform(["runs", "LINEAR", "lr=0.5", "--json"], console) == ExitStatus.FINISHED
    assert [item["run"] for item in json.loads(console.out)] == [kept.id]


def test_runs_as_json_holds_every_field(console: Screen, make_run: MakeRun) -> None:
    run = make_run(RunStatus.FAILED, "It broke.", lr=0.5)
    perform(["runs", "--json"], console)
    (item,) = json.loads(console.out)
    assert item["run"] == run.id
    assert (item["status"], item["live"], item["error"]) == ("failed", False, "It broke.")
    assert (item["step"], item["epoch"], item["seed"]) == (20, 2, 0)
    assert item["hyperparameters"]["lr"] == 0.5
    assert item["metrics"] == {"train/loss": 0.25, "norm/w": 3.5}


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: (run.path / "run.json").unlink(),
        lambda run: (run.path / "run.json").write_text('{"format": 1, "exp'),
        lambda run: (run.path / "run.json").write_text('{"format": 99}'),
    ],
    ids=["missing", "torn", "newer"],
)
def test_a_run_that_cant_be_read_is_a_row_and_a_sentence(
    damage: Callable[[RunDirectory], object], console: Screen, make_run: MakeRun
) -> None:
    good, bad = make_run(), make_run()
    damage(bad)
    assert perform(["runs"], console) == ExitStatus.FINISHED
    assert f"{good.id}  finished" in console.out
    assert f"{bad.id}  unreadable" in console.out
    for command in (["show", bad.id], ["show", bad.id, "--json"]):
        screen = Screen()
        assert perform(command, screen) == ExitStatus.FAILED
        assert bad.id in screen.err
        assert screen.err.count("\n") == 1
        assert screen.out == ""


def test_a_run_of_an_experiment_that_is_gone_is_still_shown(
    console: Screen, make_run: MakeRun
) -> None:
    run = make_run()
    text = (run.path / "run.json").read_text()
    (run.path / "run.json").write_text(text.replace('"linear-regression"', '"gone"'))
    assert perform(["show", run.id], console) == ExitStatus.FINISHED
    assert "train/loss" in console.out
    assert perform(["runs"], console) == ExitStatus.FINISHED


def test_show_takes_the_beginning_of_a_name(console: Screen, make_run: MakeRun) -> None:
    run = make_run(lr=0.5)
    assert perform(["show", run.id[:-1]], console) == ExitStatus.FINISHED
    assert f"{run.id}: finished" in console.out
    assert "default 0.03" in console.out


def test_show_writes_values_as_they_are_typed(console: Screen, make_run: MakeRun) -> None:
    run = make_run(noise=1.0)
    assert perform(["show", run.id], console) == ExitStatus.FINISHED
    (line,) = [line for line in console.out.splitlines() if line.startswith("  σ noise")]
    assert line.split() == ["σ", "noise", "1", "default", "0.01"]


def test_show_says_what_the_lab_itself_took(console: Screen, make_run: MakeRun) -> None:
    run, older = make_run(), make_run()
    write_events(run, [LabCostMeasured(t=1.0, step=20, share=0.0131), training_events()[-1]])
    assert perform(["show", run.id], console) == ExitStatus.FINISHED
    assert "the lab itself took  1.3 % of the time" in console.out
    screen = Screen()
    assert perform(["show", older.id], screen) == ExitStatus.FINISHED
    assert "the lab itself" not in screen.out


def test_show_gives_the_whole_run_as_one_command(console: Screen, make_run: MakeRun) -> None:
    run = make_run(true_w="1,2,3", lr=0.5)
    turned = HyperparameterChanged(t=1.0, step=9, name="lr", old=0.5, new=0.25)
    skipped = StepAbandoned(t=1.0, step=12, then="skip")
    write_events(run, [turned, skipped, training_events()[-1]])
    command = "tui-lab run linear-regression lr=0.5 true_w=1,2,3 --seed 0 @9:lr=0.25 @12:skip"
    assert perform(["show", run.id], console) == ExitStatus.FINISHED
    assert command in console.out.splitlines()
    screen = Screen()
    perform(["show", run.id, "--json"], screen)
    assert json.loads(screen.out)["command"] == command


def test_show_says_what_the_command_can_not_repeat(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    text = (run.path / "run.json").read_text()
    gone = "linear-regression-20260101-000000-abcd"
    (run.path / "run.json").write_text(text.replace('"parent": ""', f'"parent": "{gone}"'))
    assert perform(["show", run.id], console) == ExitStatus.FINISHED
    assert f"# {run.id} went on from step 0 of {gone}, which can't be read any more" in console.out


def test_show_as_json_is_the_result(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    assert perform(["show", run.id, "--json"], console) == ExitStatus.FINISHED
    result = json.loads(console.out)
    assert (result["run"], result["status"], result["steps"]) == (run.id, "finished", 20)


def test_what_a_run_says_of_itself_is_shown_as_text(console: Screen, make_run: MakeRun) -> None:
    run = make_run(RunStatus.FAILED, "\x1b]0;owned\x07 [bold]it[/bold] broke")
    perform(["runs"], console)
    perform(["show", run.id], console)
    assert "\x1b" not in console.out + console.err
    assert "\x07" not in console.out + console.err
    assert "[bold]it[/bold] broke" in console.err


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_export_writes_the_file(
    suffix: str, console: Screen, make_run: MakeRun, tmp_path: Path
) -> None:
    to = tmp_path / f"run{suffix}"
    assert perform(["export", make_run().id, "--to", str(to)], console) == ExitStatus.FINISHED
    with to.open() as file:
        rows = list(csv.DictReader(file)) if suffix == ".csv" else list(map(json.loads, file))
    assert [row["kind"] for row in rows].count("epoch") == 2
    assert len(rows) == 23  # with what it ended with
    assert console.out == ""


def test_export_names_the_suffixes(console: Screen, make_run: MakeRun, tmp_path: Path) -> None:
    line = ["export", make_run().id, "--to", str(tmp_path / "run.xlsx")]
    assert perform(line, console) == ExitStatus.USAGE
    assert ".csv" in console.err
    assert ".jsonl" in console.err


def test_export_into_nowhere_is_one_sentence(console: Screen, make_run: MakeRun) -> None:
    line = ["export", make_run().id, "--to", "/nowhere/run.csv"]
    assert perform(line, console) == ExitStatus.FAILED
    assert "/nowhere/run.csv can't be written" in console.err
    assert console.err.count("\n") == 1


@pytest.mark.parametrize(("answer", "kept"), [("y\n", False), ("n\n", True), ("", True)])
def test_delete_asks_first(answer: str, kept: bool, make_run: MakeRun) -> None:
    run = make_run()
    console = Screen(terminal=True, typed=answer)
    expected = ExitStatus.FAILED if kept else ExitStatus.FINISHED
    assert perform(["delete", run.id], console) == expected
    assert run.path.exists() is kept
    assert f"Delete {run.id} for good?" in console.err


def test_delete_without_anyone_to_ask_needs_yes(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    assert perform(["delete", run.id], console) == ExitStatus.USAGE
    assert "--yes" in console.err
    assert run.path.exists()
    assert perform(["delete", run.id, "--yes"], console) == ExitStatus.FINISHED
    assert not run.path.exists()


@pytest.fixture
def live_run(make_run: MakeRun) -> Iterator[RunDirectory]:
    """A run whose worker, this process, holds its lock."""
    run = make_run(RunStatus.RUNNING)
    lock = RunLock(run.path)
    lock.acquire()
    yield run
    lock.release()


def test_delete_refuses_a_live_run(console: Screen, live_run: RunDirectory) -> None:
    assert perform(["delete", live_run.id, "--yes"], console) == ExitStatus.FAILED
    assert "still running" in console.err
    assert live_run.path.exists()


def test_a_live_run_is_marked(console: Screen, live_run: RunDirectory) -> None:
    perform(["runs"], console)
    assert f"{live_run.id}  ● running" in console.out


def test_stop_that_did_not_end_a_run_says_what_it_saw(
    console: Screen, live_run: RunDirectory
) -> None:
    with pytest.raises(RunError, match="still running: it did not answer"):
        stop.execute(Namespace(run=live_run.id), console, lambda run: run.status())


def test_stop_ends_a_live_run_and_says_where(console: Screen, live_run: RunDirectory) -> None:
    def end(run: RunDirectory) -> RunStatus:
        run.write_status(StatusRecord(status=RunStatus.STOPPED, step=13))
        return RunStatus.STOPPED

    status = stop.execute(Namespace(run=live_run.id), console, end)
    assert status == ExitStatus.FINISHED
    assert console.err == f"{live_run.id} is stopped after step 13.\n"


def test_stop_refuses_a_run_that_is_over(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(RunNotLive, match="it is finished"):
        stop.execute(Namespace(run=run.id), console, lambda run: pytest.fail("stopped"))
