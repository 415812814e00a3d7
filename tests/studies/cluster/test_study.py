"""Protects a whole study whose runs go on elsewhere: from the command line to its best trial, with
a node and with the coordinator killed in the midst of it: nothing is lost, or counted twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.own_files import source
from tests.studies.cluster.conftest import DEADLINE, HASTY, LONG, Execute, Grid, Until
from tui_lab.errors import RunUnreadable
from tui_lab.plugins import load_experiment
from tui_lab.ranges import Range
from tui_lab.run import RunStatus
from tui_lab.runs.checkpoints import read_manifest, read_sound
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import holder
from tui_lab.studies.asking import Options, ask_study
from tui_lab.studies.coordinator import Coordinator
from tui_lab.studies.directory import StudyDirectory
from tui_lab.study import StudyState, TrialState

Lab = Callable[..., subprocess.Popen[str]]
MIDDLING = 3000
"""Epochs of runs that take some seconds."""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Run a command in a home of the lab's own; what it prints can be read."""
    environ = {**os.environ, "TUI_LAB_HOME": str(tmp_path / "home")}

    def run(*words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "tui_lab", *words]
        return subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe, text=True)

    return run


def printed(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    return output.strip()


def runs_of(home: Path) -> Mapping[int, list[RunDirectory]]:
    """The runs of each trial."""
    found: dict[int, list[RunDirectory]] = {}
    for path in sorted((home / "runs").iterdir()):
        run = RunDirectory(path)
        with suppress(RunUnreadable):  # it is just being made
            found.setdefault(run.request().trial, []).append(run)
    return found


def test_a_study_begun_by_a_command_comes_to_its_end_on_the_nodes(
    grid: Grid, lab: Lab, tmp_path: Path
) -> None:
    for name in "ab":
        grid.add(name)
    words = ["weight-decay", "weight_decay=0,1,3,10", "epochs=3", "--sampler", "grid"]
    where = ["--on", f"dask:{grid.address}", "--at-once", "2", "--device", "cpu"]
    study: dict[str, Any] = json.loads(printed(lab("study", *words, *where, "--json")))
    assert study["state"] == "finished"
    assert Counter(trial["state"] for trial in study["trials"]) == {"complete": 4}
    runs = runs_of(tmp_path / "home")
    assert [len(runs[number]) for number in range(4)] == [1, 1, 1, 1]
    for run in chain(*runs.values()):
        assert run.status_record().status is RunStatus.FINISHED
        assert [read_sound(run.path, kept) for kept in read_manifest(run.path)]
    assert not any(list(grid.attempts(name).iterdir()) for name in "ab")


def test_a_file_of_ones_own_is_sent_along(grid: Grid, lab: Lab, tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text(source())
    grid.add("a")
    where = ["--on", f"dask:{grid.address}", "--device", "cpu", "--goal", "train/loss"]
    begun = lab("study", str(file), "lr=0.1,0.2", "--sampler", "grid", *where, "--json")
    study: dict[str, Any] = json.loads(printed(begun))
    assert [trial["state"] for trial in study["trials"]] == ["complete"] * 2


def test_a_node_that_is_killed_costs_another_attempt_and_nothing_else(
    grid: Grid, execute: Execute, tmp_path: Path, until: Until
) -> None:
    for name in "ab":
        grid.add(name)
    executed = execute(grid.address, patience=HASTY)
    until(lambda: len(executed.free()) == 2)
    experiment = load_experiment("weight-decay")
    ranges = [Range("weight_decay", values=(0.0, 1.0, 3.0))]
    options = Options(sampler="grid", device="cpu", slots=2)
    request = ask_study(experiment, {"epochs": MIDDLING}, ranges, options)
    study = StudyDirectory.create(tmp_path / "home" / "studies", request, datetime.now(UTC))
    coordinator = Coordinator(study, experiment, executed.executor)
    victims: list[RunDirectory] = []

    def kill_once() -> bool:
        trials = runs_of(tmp_path / "home") if study.runs.exists() else {}
        live = [run for runs in trials.values() for run in runs if run.status_record().step > 100]
        if live and not victims:
            victims.append(live[0])
            (name,) = [each for each in "ab" if (grid.attempts(each) / live[0].id).exists()]
            grid.kill(name, wholly=True)
        return False

    assert coordinator.run(kill_once) is StudyState.FINISHED
    trials = coordinator.record.trials
    assert [trial.state for trial in trials.values()] == [TrialState.COMPLETE] * 3
    runs = runs_of(tmp_path / "home")
    assert sorted(len(each) for each in runs.values()) == [1, 1, 2]
    (victim,) = victims
    lost = runs[victim.request().trial]
    assert [run.status() for run in lost] == [RunStatus.CRASHED, RunStatus.FINISHED]
    assert trials[victim.request().trial].runs == (lost[1].id,)


def test_a_killed_coordinator_is_followed_by_another_that_takes_up_what_goes_on(
    grid: Grid, lab: Lab, tmp_path: Path, until: Until
) -> None:
    grid.add("a")
    study, runs = begun_and_orphaned(grid, lab, tmp_path / "home", until, MIDDLING)
    resumed = json.loads(printed(lab("study", "--resume", study.id, "--json")))
    assert resumed["state"] == "finished"
    assert [trial["state"] for trial in resumed["trials"]] == ["complete"] * 2
    after = runs_of(tmp_path / "home")
    assert [run.id for run in after[0]] == [run.id for run in runs[0]]
    assert len(after[1]) == 1


def test_what_a_killed_coordinator_left_can_be_stopped(
    grid: Grid, lab: Lab, tmp_path: Path, until: Until
) -> None:
    grid.add("a")
    study, runs = begun_and_orphaned(grid, lab, tmp_path / "home", until, LONG)
    assert len(grid.workers()) == 1
    printed(lab("study", "--stop", study.id))
    until(lambda: not grid.workers())
    assert study.state() is StudyState.STOPPED
    assert runs[0][0].status() is RunStatus.STOPPED


def begun_and_orphaned(
    grid: Grid, lab: Lab, home: Path, until: Until, epochs: int
) -> tuple[StudyDirectory, Mapping[int, list[RunDirectory]]]:
    """A study of two trials whose coordinator was killed while the first went on."""
    words = ["weight-decay", "weight_decay=0,1", f"epochs={epochs}", "--sampler", "grid"]
    where = ["--on", f"dask:{grid.address}", "--at-once", "1", "--device", "cpu", "--detach"]
    study = StudyDirectory(home / "studies" / printed(lab("study", *words, *where)))
    runs = until(lambda: study.runs.exists() and runs_of(home))
    until(lambda: runs[0][0].status_record().step > 0)
    os.kill(holder(study.path), signal.SIGKILL)
    until(lambda: study.state() is StudyState.INTERRUPTED)
    return study, runs
