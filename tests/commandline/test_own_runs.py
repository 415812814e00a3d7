"""Protects the commands about a run of a person's own file: it is told by what it declared, and is
taken further only by the text that it was made of. No file is loaded here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, training_events, write_events
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.selection import own_experiment
from tui_lab.config import runs_directory
from tui_lab.declaration import to_json
from tui_lab.errors import UsageError
from tui_lab.plugins import load_experiment
from tui_lab.run import SOURCE, RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord
from tui_lab.worker.own_file import OwnFile, file_digest


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text("raise SystemExit('it was run')")
    return tmp_path / "mine.py"


@pytest.fixture
def own(mine: Path) -> RunDirectory:
    """A run of a file whose experiment has the name of an installed one."""
    declared = replace(load_experiment("linear-regression"), name="mlp", title="My regression")
    request = RunRequest(
        experiment="mlp",
        program=declared.program,
        hyperparameters=declared.to_json(declared.choose({"lr": 0.5})),
        plugin=str(mine),
        sha256=file_digest(mine),
        declaration=to_json(declared),
        data="/data",
    )
    run = RunDirectory.create(runs_directory(), request, datetime.now(UTC))
    write_events(run, training_events())
    metrics = {"train/loss": 0.25}
    run.write_status(StatusRecord(status=RunStatus.FINISHED, step=20, epoch=2, metrics=metrics))
    return run


@pytest.mark.parametrize("gone", [False, True])
def test_it_is_shown_by_what_it_declared(
    own: RunDirectory, mine: Path, gone: bool, console: Screen
) -> None:
    if gone:
        mine.unlink()
    assert perform(["show", own.id], console) == ExitStatus.FINISHED
    assert "lr" in console.out
    assert "default 0.03" in console.out
    assert f"tui-lab run {mine} lr=0.5 --seed 0 --data /data" in console.out
    assert (f"{mine} is gone; as it was then it is {own.path / SOURCE}." in console.out) == gone
    assert f"tui-lab attach {own.id}\n" in console.out
    listed = Screen()
    assert perform(["runs"], listed) == ExitStatus.FINISHED
    assert " lr=0.5 " in listed.out
    assert "true_w" not in listed.out


def test_attaching_to_it_needs_no_file(own: RunDirectory, mine: Path, console: Screen) -> None:
    mine.unlink()
    assert perform(["attach", own.id], console) == ExitStatus.USAGE
    assert "The lab needs a terminal" in console.err


def chosen_by(own: RunDirectory, file: Path) -> tuple[str, str]:
    """The title of what is run for it, and the file that is known by."""
    chosen = own_experiment(own, str(file), "resume")
    assert chosen is not None
    assert chosen.own is not None
    return chosen.experiment.title, chosen.own.known_as


def test_it_goes_on_by_its_file_or_by_what_it_kept(own: RunDirectory, mine: Path) -> None:
    for typed in (mine, mine.parent / "elsewhere" / ".." / "mine.py"):
        assert chosen_by(own, typed) == ("My regression", str(mine))
    mine.unlink()
    assert chosen_by(own, own.path / SOURCE) == ("My regression", str(mine))


def refused(own: RunDirectory, file: Path) -> str:
    with pytest.raises(UsageError) as caught:
        own_experiment(own, str(file), "resume")
    return str(caught.value)


def test_an_edited_file_is_refused_and_what_was_kept_offered(own: RunDirectory, mine: Path) -> None:
    mine.write_text("edited = 1")
    offer = f"; as {own.id} was made of {mine}: tui-lab resume {own.id} {own.path / SOURCE}."
    assert refused(own, mine) == f"{mine} was edited since{offer}"
    mine.unlink()
    assert refused(own, mine) == f"{mine} is gone{offer}"


def test_another_file_of_the_same_text_is_another_file(own: RunDirectory, mine: Path) -> None:
    """What it imports from beside it may be anything."""
    (mine.parent / "other").mkdir()
    other = mine.rename(mine.parent / "other" / "mine.py")
    assert refused(own, other).startswith(f"{other} is another file; as {own.id} was made of ")


def test_what_was_kept_and_is_changed_is_refused(own: RunDirectory) -> None:
    (own.path / SOURCE).write_text("edited = 1")
    assert "source.py is not what it was; as " in refused(own, own.path / SOURCE)


def test_a_run_of_an_installed_experiment_is_not_of_a_file(mine: Path, console: Screen) -> None:
    request = RunRequest(experiment="mlp", program="a:B", hyperparameters={})
    run = RunDirectory.create(runs_directory(), request, datetime.now(UTC))
    run.write_status(StatusRecord(status=RunStatus.STOPPED))
    assert perform(["replay", run.id, str(mine)], console) == ExitStatus.USAGE
    assert console.err == f"{run.id} is of the installed mlp; leave {mine} out.\n"


def test_a_file_is_not_run_unasked(own: RunDirectory, console: Screen) -> None:
    assert perform(["replay", own.id], console) == ExitStatus.USAGE
    assert f"which is not run unasked; tui-lab replay {own.id} FILE.py names it." in console.err


@pytest.mark.parametrize("file", ["", "mine.py", SOURCE])
def test_the_lab_opens_on_it_with_its_file_and_its_data(
    own: RunDirectory, mine: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[object, ...]] = []

    def run_lab(*asked: object, own: OwnFile | None, data: str) -> int:
        opened.append((asked[3], own and (own.path, own.experiment.title), data))
        return 0

    monkeypatch.setattr("tui_lab.tui.start.run_lab", run_lab)
    monkeypatch.setattr("gc.disable", lambda: None)
    monkeypatch.setenv("TEXTUAL_FPS", "120")
    named = {"": None, "mine.py": mine, SOURCE: own.path / SOURCE}[file]
    words = ["attach", own.id, *([str(named)] if named else []), "--data", str(mine.parent)]
    assert perform(words, Screen(terminal=True)) == ExitStatus.FINISHED
    assert opened == [(own.id, named and (named, "My regression"), str(mine.parent))]
