"""Protects what a run was made of: the text of a person's file is kept with the run, and nothing
else is taken for it."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tui_lab.declaration import to_json
from tui_lab.errors import ExperimentError, RunError
from tui_lab.plugins import load_experiment
from tui_lab.run import SOURCE, RunRequest
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.source import change_since, kept_source

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def request_of(path: Path) -> RunRequest:
    return RunRequest(
        experiment="mine",
        program="mine:Mine",
        hyperparameters={},
        plugin=str(path),
        sha256=sha256(path.read_bytes()).hexdigest(),
        declaration=loads(dumps(to_json(load_experiment("mlp")))),
    )


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text("A = 1")
    return tmp_path / "mine.py"


def test_the_text_is_kept_and_the_declaration(mine: Path, tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "runs", request_of(mine), NOW)
    mine.unlink()
    request = run.request()
    assert kept_source(run.path, request) == b"A = 1"
    assert change_since(request) == "is gone"
    (summary,) = Catalogue(tmp_path / "runs").summaries()
    assert summary.declared is not None
    assert summary.declared.hyperparameters == load_experiment("mlp").hyperparameters


def test_a_file_edited_meanwhile_begins_no_run(mine: Path, tmp_path: Path) -> None:
    request = request_of(mine)
    mine.write_text("A = 2")
    assert change_since(request) == "was edited since"
    with pytest.raises(ExperimentError, match=r"mine\.py was changed or removed just now"):
        RunDirectory.create(tmp_path / "runs", request, NOW)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_branch_keeps_what_its_parent_was_made_of(mine: Path, tmp_path: Path) -> None:
    request = request_of(mine)
    parent = RunDirectory.create(tmp_path / "runs", request, NOW)
    mine.write_text("A = 2")
    branch = RunDirectory.create(
        tmp_path / "runs", RunRequest.from_json({**request.to_json(), "parent": parent.id}), NOW
    )
    assert kept_source(branch.path, branch.request()) == b"A = 1"


@pytest.mark.parametrize(
    ("kept", "sentence"), [(b"A = 2", "is not what the run was made of"), (None, "has lost its")]
)
def test_another_text_is_not_taken_for_it(
    mine: Path, tmp_path: Path, kept: bytes | None, sentence: str
) -> None:
    run = RunDirectory.create(tmp_path / "runs", request_of(mine), NOW)
    if kept is None:
        (run.path / SOURCE).unlink()
    else:
        (run.path / SOURCE).write_bytes(kept)
    with pytest.raises(RunError, match=sentence):
        kept_source(run.path, run.request())


def test_a_run_of_before_keeps_nothing(mine: Path, tmp_path: Path) -> None:
    old = RunRequest(experiment="mine", program="a:B", hyperparameters={}, plugin=str(mine))
    run = RunDirectory.create(tmp_path / "runs", old, NOW)
    assert not (run.path / SOURCE).exists()
    assert change_since(run.request()) == ""
    assert run.request().declared is None
