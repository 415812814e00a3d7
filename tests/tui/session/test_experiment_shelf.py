"""An experiment is found by its name: installed, or in a file that a person has named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fakes import NOON, TOY
from tui_lab.declaration import to_json
from tui_lab.errors import ExperimentError, ExperimentNotFound, RunError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.session.experiment_shelf import ExperimentShelf
from tui_lab.worker.own_file import OwnFile, file_digest


def run_of(plugin: str = "", sha256: str = "", experiment: str = "weight-decay") -> RunSummary:
    return RunSummary(
        id="weight-decay-20261120-120000-0001",
        experiment=experiment,
        status=RunStatus.FINISHED,
        created=NOON,
        plugin=plugin,
        sha256=sha256,
    )


@pytest.fixture
def own(tmp_path: Path) -> OwnFile:
    """A file whose experiment has the name of an installed one."""
    (tmp_path / "mine.py").write_text("A = 1")
    declared = to_json(replace(TOY, name="weight-decay", title="Mine"))
    return OwnFile(tmp_path / "mine.py", file_digest(tmp_path / "mine.py"), declared)


def test_installed_experiments_are_listed() -> None:
    shelf = ExperimentShelf()
    names = [e.name for e in shelf.all() if isinstance(e, Experiment)]
    assert {"linear-regression", "weight-decay"} <= set(names)
    assert shelf["weight-decay"].name == "weight-decay"
    assert shelf.file(shelf["weight-decay"]) is None


def test_one_that_is_not_there_is_a_sentence_that_says_how_to_name_a_file() -> None:
    with pytest.raises(ExperimentNotFound, match=r"no experiment 'mine' here; .*tui-lab FILE\.py"):
        ExperimentShelf()["mine"]


def test_one_of_ones_own_stands_before_the_installed_one_of_its_name(own: OwnFile) -> None:
    shelf = ExperimentShelf([own])
    named = [e for e in shelf.all() if isinstance(e, Experiment) and e.name == "weight-decay"]
    assert [e.title for e in named] == ["Mine"]
    assert shelf["weight-decay"] is named[0]
    assert shelf.file(named[0]) == own


def test_a_file_is_asked_for_as_it_is_now(own: OwnFile) -> None:
    shelf = ExperimentShelf([own])
    own.path.write_text("A = 2")
    found = shelf.file(shelf["weight-decay"])
    assert found is not None
    assert found.sha256 == file_digest(own.path) != own.sha256
    assert shelf.has(run_of(str(own.path), found.sha256))
    own.path.unlink()
    with pytest.raises(ExperimentError, match="is not a file"):
        shelf.file(shelf["weight-decay"])


def test_a_run_is_of_its_file_and_of_that_text_alone(own: OwnFile) -> None:
    shelf, installed, path = ExperimentShelf([own]), ExperimentShelf(), str(own.path)
    assert shelf.has(run_of(path, own.sha256))
    assert shelf.has(run_of(path)), "a run of before the text was kept"
    for other in (run_of(), run_of(path, "0" * 64), run_of("/other/mine.py", own.sha256)):
        assert not shelf.has(other)
    assert installed.has(run_of())
    assert not installed.has(run_of(path, own.sha256))


def test_what_a_run_kept_of_its_file_is_that_file(own: OwnFile) -> None:
    kept = replace(own, known_as="/gone/mine.py")
    assert ExperimentShelf([kept]).has(run_of("/gone/mine.py", own.sha256))


@pytest.mark.parametrize(
    ("path", "change", "sentence"),
    [
        (
            "/a.py",
            "is gone",
            r"^/a\.py is gone; as w.* was made of it: tui-lab attach w.* /kept\.$",
        ),
        (
            "/a.py",
            "",
            r"is a run of /a\.py; open the lab on that file: tui-lab attach .* /a\.py",
        ),
        ("", "", r"is of the installed weight-decay; open the lab on that\."),
    ],
)
def test_code_of_another_file_is_not_run_for_it(
    own: OwnFile, path: str, change: str, sentence: str
) -> None:
    other = run_of(path, "0" * 64 if path else "")
    with pytest.raises(RunError, match=sentence):
        ExperimentShelf([own]).require(other, change, "/kept")
