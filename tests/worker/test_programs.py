"""Protects which program a run is of: the file as it was when the run was made, and the class that
its declaration names, under whatever name the file goes now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests.own_files import forgotten, source
from tui_lab.declaration import to_json
from tui_lab.errors import ExperimentError
from tui_lab.own_module import import_file
from tui_lab.plugins import declared_in
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps, loads
from tui_lab.worker.programs import made_of, program_class

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    with forgotten():
        yield


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    path = tmp_path / "mine.py"
    path.write_text(source())
    experiment = declared_in(import_file(path), "mine.py")
    request = RunRequest(
        experiment="mine",
        program="mine:Mine",
        hyperparameters={},
        plugin=str(path),
        sha256=sha256(path.read_bytes()).hexdigest(),
        declaration=loads(dumps(to_json(experiment))),
    )
    return RunDirectory.create(tmp_path / "runs", request, NOW)


@pytest.mark.parametrize("now", [source().replace("One weight", "Edited"), None])
def test_a_run_is_of_the_file_as_it_was(run: RunDirectory, tmp_path: Path, now: str | None) -> None:
    if now is None:
        (tmp_path / "mine.py").unlink()
    else:
        (tmp_path / "mine.py").write_text(now)
    experiment, program = made_of(run)
    assert (experiment.summary, program.__name__) == ("One weight.", "Mine")


def test_a_declaration_that_is_another_by_now_is_refused(run: RunDirectory, tmp_path: Path) -> None:
    """As when a module beside the file, which is not kept, was edited."""
    request = run.request().to_json()
    request["declaration"]["title"] = "Another"
    (run.path / "run.json").write_bytes(dumps(request))
    with pytest.raises(ExperimentError, match=r"mine\.py declares something else than when"):
        made_of(run)


@pytest.mark.parametrize("stem", ["source", "random"])
def test_a_program_is_found_under_another_name_of_its_file(tmp_path: Path, stem: str) -> None:
    path = tmp_path / f"{stem}.py"
    path.write_text(source("mine"))
    assert program_class("mine:Mine", import_file(path)).__name__ == "Mine"


def test_a_program_may_lie_beside_its_declaration(tmp_path: Path) -> None:
    (tmp_path / "nets_of_mine.py").write_text(source("mine"))
    (tmp_path / "mine.py").write_text("class Mine: pass")
    found = program_class("nets_of_mine:Mine", import_file(tmp_path / "mine.py"))
    assert found.__module__ == "nets_of_mine"
