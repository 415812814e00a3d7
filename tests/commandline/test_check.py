"""Protects `tui-lab check` as a command: its sentences, its exit status, its child's end."""

from __future__ import annotations

import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline import check
from tui_lab.commandline.exit_status import ExitStatus

_FINE = {"steps": 1200, "seconds": 0.31, "summary": "forward, update; 5 knobs turned"}


def checked(said: list[dict[str, Any]], console: Screen, path: Path) -> ExitStatus:
    """The command on a file, of which this is said."""
    path.write_text("")
    return check.execute(Namespace(file=str(path)), console, lambda path: said)


def test_nothing_wrong_is_one_line(console: Screen, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    assert checked([{"doing": "x"}, _FINE], console, path) == ExitStatus.FINISHED
    line = f"{path} is fine: 1,200 steps in 0.3 s, forward, update; 5 knobs turned.\n"
    assert (console.out, console.err) == (line, "")


def test_each_thing_wrong_is_a_line_and_a_failure(console: Screen, tmp_path: Path) -> None:
    words = [("wrong", "One."), ("remark", "By the way."), ("wrong", "Two."), ("wrong", "One.")]
    said: list[dict[str, Any]] = [*({key: word} for key, word in words), _FINE]
    assert checked(said, console, tmp_path / "mine.py") == ExitStatus.FAILED
    assert (console.out, console.err) == ("One.\nTwo.\n", "By the way.\n")


def test_a_file_is_needed(console: Screen, tmp_path: Path) -> None:
    assert perform(["check"], console) == ExitStatus.USAGE
    assert perform(["check", str(tmp_path / "none.py")], console) == ExitStatus.USAGE
    assert "tui-lab check my_first.py" in console.err
    assert "none.py is not a file" in console.err


def test_a_file_is_looked_over_in_a_process_of_its_own(console: Screen, tmp_path: Path) -> None:
    """What it prints is not taken for what is said of it."""
    assert perform(["new", str(tmp_path / "mine")], console) == ExitStatus.FINISHED
    path = tmp_path / "mine.py"
    path.write_text(path.read_text() + '\nprint(\'{"wrong": "no"}\')\n')
    assert perform(["check", str(path)], console) == ExitStatus.FINISHED
    assert "mine.py is fine: 16 steps in " in console.out
    path.write_text(path.read_text() + "\nimport os\nos._exit(3)\n")
    assert perform(["check", str(path)], console) == ExitStatus.FAILED
    assert "The process that was loading it ended with exit status 3" in console.out


def test_what_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = b'{"doing":"loading it"}\n{"doing":"building it"}\n{"do'

    def never(command: object, **options: object) -> object:
        raise subprocess.TimeoutExpired("python", 120, output=said)

    monkeypatch.setattr(subprocess, "run", never)
    *_, last = check.look_over(tmp_path / "mine.py")
    assert last == {"wrong": "It is still building it after 120 s; make it smaller."}
