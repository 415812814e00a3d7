"""Protects who reads numbers on the command line: what a damaged or shortened log does not tell is
said on stderr, and an ended run whose log lacks its end is a failure."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tests.runs.harm import HARM, shorten
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord

MakeRun = Callable[..., RunDirectory]
ALTERED = "1 line of the log is damaged (altered); what it held is missing here.\n"
COMMANDS = ("show", "show --json", "export")


def perform_on(run: RunDirectory, words: str, console: Screen, folder: Path) -> int:
    command, *options = words.split()
    if command == "export":
        options = ["--to", str(folder / "run.csv")]
    return perform([command, run.id, *options], console)


@pytest.fixture
def damaged(make_run: MakeRun) -> RunDirectory:
    """A run whose evaluations, the third line of its log, were altered."""
    run = make_run()
    text = run.events_path.read_bytes()
    assert text.count(b"[0.5,0.25]") == 1
    run.events_path.write_bytes(text.replace(b"[0.5,0.25]", b"[9.5,0.25]"))
    return run


@pytest.mark.parametrize("words", COMMANDS)
def test_damage_is_said_and_altered_numbers_are_not_shown(
    damaged: RunDirectory, words: str, console: Screen, tmp_path: Path
) -> None:
    assert perform_on(damaged, words, console, tmp_path) == ExitStatus.FINISHED
    assert ALTERED in console.err
    shown = console.out if words != "export" else (tmp_path / "run.csv").read_text()
    assert "9.5" not in shown


def test_json_counts_the_damage(damaged: RunDirectory, console: Screen) -> None:
    perform(["show", damaged.id, "--json"], console)
    result = json.loads(console.out)
    assert (result["damaged_lines"], result["history"]) == (1, {})


@pytest.mark.parametrize("harm", [*HARM, shorten])
def test_no_other_number_is_shown_without_a_word(
    harm: Callable[[bytes, random.Random], bytes], make_run: MakeRun
) -> None:
    run = make_run()
    whole, shown = run.events_path.read_bytes(), Screen()
    assert perform(["show", run.id, "--json"], shown) == ExitStatus.FINISHED
    for seed in range(40):
        run.events_path.write_bytes(harm(whole, random.Random(seed)))
        console = Screen()
        status = perform(["show", run.id, "--json"], console)
        is_said = status == ExitStatus.FAILED or "damaged" in console.err
        assert console.out == shown.out or is_said, seed


def lose_end(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (Path.unlink, "its log is missing: nothing that it measured is left."),
        (lambda path: path.write_bytes(b""), "its log is empty: nothing that it measured is left."),
        (lose_end, "its log lacks its last event"),
    ],
    ids=["missing", "empty", "short"],
)
def test_an_ended_run_without_the_end_of_its_log_is_a_failure(
    words: str,
    harm: Callable[[Path], object],
    sentence: str,
    make_run: MakeRun,
    console: Screen,
    tmp_path: Path,
) -> None:
    run = make_run()
    harm(run.events_path)
    assert perform_on(run, words, console, tmp_path) == ExitStatus.FAILED
    assert f"{run.id} is finished, but {sentence}" in console.err


@pytest.mark.parametrize("words", COMMANDS)
def test_a_run_that_never_began_has_no_log_to_lose(
    words: str, make_run: MakeRun, console: Screen, tmp_path: Path
) -> None:
    run = make_run()
    run.events_path.unlink()
    run.write_status(StatusRecord(status=RunStatus.STOPPED))
    assert perform_on(run, words, console, tmp_path) == ExitStatus.FINISHED
