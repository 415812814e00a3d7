"""Protects the list of states on disk: it is read whole or refused, a file it does not describe is
not used, and of too many those stay from which no step is far."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tui_lab.errors import RunError
from tui_lab.runs import checkpoints
from tui_lab.runs.checkpoints import (
    CheckpointRecord,
    checkpoints_path,
    file_name,
    file_number,
    files,
    nearest,
    read_manifest,
    sweep,
    thinned,
    why_not,
    write_manifest,
)

CONTENT = b"a state"


def record(step: int, *, reason: str = "", size: int = len(CONTENT)) -> CheckpointRecord:
    return CheckpointRecord(
        file=file_name(step, step + 1),
        step=step,
        epoch=0,
        taken=step,
        t=step / 100,
        bytes=size,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        digest="d",
        reason=reason,
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    checkpoints_path(tmp_path).mkdir()
    for step in (0, 4, 8):
        (checkpoints_path(tmp_path) / record(step).file).write_bytes(CONTENT)
    write_manifest(tmp_path, [record(8, reason="end"), record(0), record(4)])
    return tmp_path


def test_a_manifest_comes_back_in_the_order_of_steps(run: Path) -> None:
    assert read_manifest(run) == [record(0), record(4), record(8, reason="end")]
    assert [each.step for each in nearest(read_manifest(run), 7)] == [4, 0]
    assert [each.step for each in nearest(read_manifest(run), None)] == [8, 4, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../run.json"},
        {"file": "manifest.json"},
        {"file": ".."},
        {"step": -1},
        {"t": "soon"},
        {"bytes": None},
    ],
)
def test_a_record_that_can_not_be_is_refused(run: Path, change: dict[str, object]) -> None:
    write_manifest(run, [replace(record(0), **change)])  # type: ignore[arg-type]
    with pytest.raises(RunError, match=f"damaged .*{next(iter(change))} is"):
        read_manifest(run)


@pytest.mark.parametrize("content", [b"", b"torn [{", b"{}", b"[1]", b"\xff"])
def test_a_damaged_manifest_is_refused_with_a_sentence(run: Path, content: bytes) -> None:
    (checkpoints_path(run) / "manifest.json").write_bytes(content)
    with pytest.raises(RunError, match=r"The manifest of .* checkpoints is damaged"):
        read_manifest(run)


def test_what_is_wrong_with_a_file_is_said(run: Path) -> None:
    path = checkpoints_path(run) / record(4).file
    assert why_not(run, record(4)) == ""
    path.write_bytes(CONTENT[:-1] + b"!")
    assert why_not(run, record(4)) == "The checkpoint after step 4 is damaged: it is not used."
    path.write_bytes(CONTENT + b"!")
    assert why_not(run, record(4)) == "The checkpoint after step 4 is damaged: it is not used."
    path.unlink()
    assert why_not(run, record(4)) == "The checkpoint after step 4 is missing."
    path.symlink_to("/dev/zero")
    assert "can't be read (it is a link" in why_not(run, record(4))


def test_what_no_manifest_names_is_swept_away_and_nothing_else(run: Path) -> None:
    path = checkpoints_path(run)
    (path / f".{record(12).file}.7-7.tmp").write_bytes(b"half")
    (path / "a note.txt").write_text("kept")
    sweep(run, [record(0), record(8)])
    assert files(run) == [record(0).file, record(8).file]
    assert (path / "a note.txt").exists()
    assert list(path.glob(".*")) == []


def test_numbers_of_files() -> None:
    assert file_number(file_name(123, 45)) == 45
    assert file_number("step-8.pt") == 0
    assert sorted([file_name(9, 3), file_name(10, 2)]) == [file_name(9, 3), file_name(10, 2)]


def test_of_too_many_half_stay_even_in_steps() -> None:
    many = [record(step) for step in range(checkpoints.MOST + 1)]
    kept = [each.step for each in thinned(many)]
    assert len(kept) == checkpoints.MOST // 2
    assert (kept[0], kept[-1]) == (0, checkpoints.MOST)
    apart = [later - former for former, later in pairwise(kept)]
    assert max(apart) <= 2 * min(apart) <= 4


def test_what_has_a_lasting_reason_stays() -> None:
    lasting = {5: "asked", 6: "begin", 31: "fork"}
    passing = {7: "stop", 9: "end", 11: "pause"}
    reasons = lasting | passing
    many = [record(step, reason=reasons.get(step, "")) for step in range(checkpoints.MOST + 1)]
    kept = {each.step for each in thinned(many)}
    assert kept >= {0, checkpoints.MOST, *lasting}
    assert len(kept & set(passing)) < len(passing)


def test_too_many_that_were_asked_for_go_too() -> None:
    many = [record(step, reason="asked") for step in range(checkpoints.MOST + 1)]
    assert len(thinned(many)) == checkpoints.MOST // 2


@pytest.mark.parametrize(("size", "steps"), [(100, [0, 2, 3]), (150, [2, 3]), (1000, [2, 3])])
def test_large_ones_stay_within_their_bytes(
    monkeypatch: pytest.MonkeyPatch, size: int, steps: list[int]
) -> None:
    """Without room for three the newest two stay: the newest may be torn."""
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 300)
    kept = thinned([record(step, size=size) for step in range(4)])
    assert [each.step for each in kept] == steps
