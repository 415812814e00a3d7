"""Protects a home that can be read and not written: its runs are listed, shown and exported, and
who asks for a new one is told why there is none."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui_lab.commandline.charts  # noqa: F401 # while the files of the interpreter can be read
from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.config import Settings
from tui_lab.errors import HomeError
from tui_lab.plugins import load_experiment
from tui_lab.tui.session.lab_session import LabSession

RECORDED = Path(__file__).parents[1] / "data" / "run-v1"
RUN = "linear-regression-20261120-234755-7f3a"
NOBODY = 65534


@pytest.fixture
def read_only(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with one run, in which this process may write nothing."""
    home, temporary = open_directory / "home", open_directory / "tmp"
    shutil.copytree(RECORDED, home / "runs" / RUN)
    temporary.mkdir()
    temporary.chmod(0o777)
    monkeypatch.setenv("TUI_LAB_HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    directories = [home, home / "runs", home / "runs" / RUN]
    for path in directories:
        path.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    yield home
    if is_root:
        os.seteuid(0)
    for path in directories:
        path.chmod(0o755)


@pytest.mark.parametrize("words", [["runs"], ["show", RUN], ["list"]])
def test_what_is_there_is_shown(read_only: Path, words: list[str], console: Screen) -> None:
    assert perform(words, console) == ExitStatus.FINISHED
    assert "linear-regression" in console.out
    assert console.err == ""


def test_nothing_is_written_on_a_run(read_only: Path, console: Screen) -> None:
    assert perform(["tag", RUN, "+good"], console) == ExitStatus.FAILED
    assert console.err == f"Nothing can be written on {RUN} (Permission denied).\n"
    assert perform(["tag", RUN], console) == ExitStatus.FINISHED
    assert console.out == f"{RUN}\n"


def test_a_run_is_exported_elsewhere(read_only: Path, console: Screen) -> None:
    to = read_only.parent / "tmp" / "run.jsonl"
    assert perform(["export", RUN, "--to", str(to)], console) == ExitStatus.FINISHED
    rows = [json.loads(line) for line in to.read_text().splitlines()]
    assert [row["step"] for row in rows if row["kind"] == "step"] == [1, 2, 3, 4]


def test_a_run_is_refused_with_the_variable_to_set(read_only: Path, console: Screen) -> None:
    assert perform(["run", "linear-regression"], console) == ExitStatus.FAILED
    assert console.err.count("\n") == 1
    assert "(Permission denied); set TUI_LAB_HOME to a directory" in console.err


async def test_the_lab_opens_and_says_why_it_starts_nothing(read_only: Path) -> None:
    session = LabSession(read_only / "runs", Settings())
    assert [run.id for some in [r async for r in session.runs.listed()] for run in some] == [RUN]
    experiment = load_experiment("linear-regression")
    with pytest.raises(HomeError, match=r"No run can be started in .*Permission denied"):
        session.start(experiment, experiment.defaults, 0, "cpu")


def test_no_home_at_all_has_no_runs_and_stays_unmade(home: Path, console: Screen) -> None:
    assert perform(["runs"], console) == ExitStatus.FINISHED
    assert "No runs yet" in console.err
    assert not home.exists()
