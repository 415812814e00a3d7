"""Protects `tui-lab study` and `tui-lab studies`: what is typed becomes the study that is meant,
what can't be is one sentence, and a real study comes to its end, is stopped, killed, taken up."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.commandline.scripted_run import Screen
from tests.commandline.test_end_to_end import Command
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.config import runs_directory
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import holder, lock_path
from tui_lab.studies.catalogue import StudyCatalogue
from tui_lab.studies.directory import StudyDirectory
from tui_lab.study import StudyState

SHORT = ("study", "weight-decay", "inputs=4", "--device", "cpu", "--at-once", "2")
FOREVER = ("study", "linear-regression", "epochs=1000000", "--device", "cpu", "--at-once", "2")
GRID = (*SHORT, "epochs=2", "weight_decay=0,1,3", "lr=0.01,0.02", "--sampler", "grid")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A home with a study of six trials that has finished, what it printed and what it said."""
    home = tmp_path_factory.mktemp("home")
    command = Command(*GRID, "--json", environ={"TUI_LAB_HOME": str(home)})
    status, out, err = command.finish()
    assert status == ExitStatus.FINISHED, err
    return home, json.loads(out), err


def test_json_is_the_whole_study(outcome: tuple[Path, dict[str, Any], str]) -> None:
    home, result, err = outcome
    assert (result["state"], result["counts"]) == ("finished", {"complete": 6})
    assert [trial["values"] for trial in result["trials"]] == [
        {"weight_decay": decay, "lr": lr} for decay in (0.0, 1.0, 3.0) for lr in (0.01, 0.02)
    ]
    best = result["trials"][result["best"]]
    assert best["goal"] == min(trial["goal"] for trial in result["trials"])
    assert result["study"] in err
    assert f"lr={best['values']['lr']}" in result["command"]
    assert "inputs=4" in result["command"]
    populations = {RunDirectory(run).request().population for run in (home / "runs").iterdir()}
    assert len(populations) == 1
    assert populations != {""}
    for trial in result["trials"]:
        request = RunDirectory(home / "runs" / trial["runs"][0]).request()
        assert (request.study, request.trial) == (result["study"], trial["number"])


def test_studies_are_listed_and_shown(
    outcome: tuple[Path, dict[str, Any], str], monkeypatch: pytest.MonkeyPatch, console: Screen
) -> None:
    home, result, _ = outcome
    monkeypatch.setenv("TUI_LAB_HOME", str(home))
    assert perform(["studies"], console) == ExitStatus.FINISHED
    assert f"{result['study']}  finished" in console.out
    assert "6/6" in console.out
    shown = Screen()
    assert perform(["study", "--show", result["study"]], shown) == ExitStatus.FINISHED
    assert result["command"] in shown.out
    assert f"best: trial {result['best']}" in shown.out
    refused = Screen()
    assert perform(["study", "--resume", result["study"]], refused) == ExitStatus.FAILED
    assert "has finished: there is nothing left to do" in refused.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "study needs an experiment; see tui-lab list."),
        ("weight-decay", "A study needs a range to look in, such as lr=0.001..0.1"),
        ("weight-decay lr=1", "A study needs a range to look in"),
        ("weight-decay lr=1e-4..1 --sampler grid", "as in lr=log:0.0001..1:5"),
        ("weight-decay lr=1e-4..1 λ=0,1 weight_decay=3", "weight_decay is given twice."),
        ("weight-decay lr=1..1e-4", "The range of lr has to rise"),
        ("weight-decay lr=0.1,11", "lr must be a number from 1e-06 to 10"),
        ("weight-decay lr=0.1,0.2 --trials 0", "--trials: a number from 1 to 100,000, not '0'"),
        ("weight-decay lr=0.1,0.2 --goal val/los", "has no metric 'val/los'; a goal may be"),
        ("overfitting lr=0.1,0.2 --goal test/loss", "test/loss is for the end"),
        ("bayes tau=1,2", "bayes trains nothing"),
        ("weight-decay lr=0.1,0.2 --on moon", "--on takes ssh:box1,box2"),
        ("weight-decay --stop x", "Give one of EXPERIMENT, --resume, --stop and --show."),
        ("--show x", "There is no study 'x'; none was made yet."),
        ("--stop x --resume x", "Give one of EXPERIMENT, --resume, --stop and --show."),
        ("--resume x --trials 40", "--resume takes a study as it is; leave --trials out."),
        ("--resume x --at-once 4", "--resume takes a study as it is; leave --at-once out."),
        ("--resume x --threads auto", "--resume takes a study as it is; leave --threads out."),
        ("--show x --prune", "--show takes a study as it is; leave --prune out."),
        ("--stop x --detach", "--stop takes a study as it is; leave --detach out."),
        ("--resume x lr=1", "Give one of EXPERIMENT, --resume, --stop and --show."),
    ],
)
def test_what_can_not_be_is_one_sentence(words: str, sentence: str, console: Screen) -> None:
    assert perform(["study", *words.split()], console) != ExitStatus.FINISHED
    assert sentence in console.err
    assert console.err.count("\n") == 1
    assert not (runs_directory().parent / "studies").exists()


def test_an_interruption_stops_the_study_and_its_runs(home: Path) -> None:
    command = Command(*FOREVER, "lr=0.001,0.002", "--sampler", "grid")
    study = _begun("linear-regression", 2)
    command.send_signal(signal.SIGINT)
    status, out, err = command.finish()
    assert status == ExitStatus.INTERRUPTED, err
    assert "stopping …" in err
    assert f"{study.id}  stopped" in out
    assert f"tui-lab study --resume {study.id} goes on with it." in err
    assert study.state() is StudyState.STOPPED
    assert all(RunDirectory(run).status().is_finished for run in study.runs.iterdir())


def test_a_study_whose_lock_is_swept_away_has_one_coordinator(home: Path) -> None:
    detached = Command(*FOREVER, "lr=0.001,0.002", "--detach", "--json")
    status, out, err = detached.finish()
    assert status == ExitStatus.FINISHED, err
    study = _begun("linear-regression", 2)
    assert json.loads(out) == {"study": study.id}
    _wait(lambda: study.status().pid)
    coordinator = holder(study.path)
    lock_path(study.path).unlink()
    assert study.state() is StudyState.RUNNING
    status, _, err = Command("study", "--resume", study.id).finish()
    assert status == ExitStatus.FAILED
    assert "is still going on" in err
    _wait(lambda: holder(study.path))
    assert holder(study.path) == coordinator
    status, out, err = Command("study", "--stop", study.id, "--json").finish()
    assert status == ExitStatus.FINISHED, err
    assert json.loads(out) == {"study": study.id, "state": "stopped"}


@pytest.mark.parametrize("killed", ["coordinator", "coordinator and workers"])
def test_a_study_that_is_killed_is_resumed(home: Path, killed: str) -> None:
    detached = Command(*SHORT, "epochs=1000", "lr=log:1e-4..1e-3", "--trials", "3", "--detach")
    status, out, err = detached.finish()
    assert status == ExitStatus.FINISHED, err
    study = _begun("weight-decay", 2)
    assert out.strip() == study.id
    os.kill(holder(study.path), signal.SIGKILL)
    if killed != "coordinator":
        for run in study.runs.iterdir():
            os.kill(holder(run), signal.SIGKILL)
    _wait(lambda: study.state() is StudyState.INTERRUPTED)
    status, out, err = Command("study", "--resume", study.id, "--json").finish()
    assert status == ExitStatus.FINISHED, err
    result = json.loads(out)
    assert result["counts"] == {"complete": 3}
    assert len(list(study.runs.iterdir())) == (3 if killed == "coordinator" else 5)
    values = [str(trial["values"]) for trial in result["trials"]]
    assert len(set(values)) == 3


def test_a_population_and_its_coordinator_are_killed_and_the_study_goes_on(home: Path) -> None:
    values = ("epochs=1500", "weight_decay=0,1,3", "--sampler", "grid", "--seeds", "2")
    detached = Command(*SHORT, *values, "--detach")
    assert detached.finish()[0] == ExitStatus.FINISHED
    study = _begun("weight-decay", 6)
    worker = {holder(run) for run in study.runs.iterdir()}
    os.kill(holder(study.path), signal.SIGKILL)
    for pid in worker:
        os.kill(pid, signal.SIGKILL)
    assert len(worker) == 1
    _wait(lambda: study.state() is StudyState.INTERRUPTED)
    status, out, err = Command("study", "--resume", study.id, "--json").finish()
    assert status == ExitStatus.FINISHED, err
    result = json.loads(out)
    assert result["counts"] == {"complete": 3}
    assert [trial["values"] for trial in result["trials"]] == [
        {"weight_decay": decay} for decay in (0.0, 1.0, 3.0)
    ]


def _begun(experiment: str, runs: int) -> StudyDirectory:
    """The study that begins just now, once so many of its runs train."""

    def training() -> bool:
        live = [RunDirectory(run) for run in runs_directory().glob("*")]
        return len([run for run in live if run.events_path.exists()]) >= runs

    _wait(training)
    return StudyCatalogue(runs_directory()).find(experiment)


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
