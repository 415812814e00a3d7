"""Protects that the model of a watched script leaves the lab as it was kept last."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.watched_script import REQUEST
from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.model import export_model


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "runs", REQUEST, datetime(2026, 1, 1))


def test_the_last_that_was_kept_is_copied(run: RunDirectory, tmp_path: Path) -> None:
    kept = run.path / "checkpoints"
    kept.mkdir()
    for step in (9, 100, 20):
        (kept / f"model-{step}.pt").write_bytes(b"%d" % step)
    (kept / "model-900.partial").write_bytes(b"half")

    assert export_model(run, tmp_path / "mine.pt") == 100
    assert (tmp_path / "mine.pt").read_bytes() == b"100"


def test_where_none_was_kept_it_is_said_how(run: RunDirectory, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="S keeps one while a script trains"):
        export_model(run, tmp_path / "mine.pt")
    assert not (tmp_path / "mine.pt").exists()


def test_where_it_can_t_be_written_it_is_said(run: RunDirectory, tmp_path: Path) -> None:
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "model-1.pt").write_bytes(b"1")

    with pytest.raises(RunError, match="can't be written"):
        export_model(run, tmp_path / "nowhere" / "mine.pt")
