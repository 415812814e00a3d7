"""Protects the states kept on the way: which are due, which stay in memory, that one may be gone
back to, and that a run whose states can't be written goes on and says so."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tests.worker.kept import Clock, Keeping
from tui_lab.runs.checkpoints import checkpoints_path, read_manifest
from tui_lab.training.state_file import save
from tui_lab.worker import checkpoints
from tui_lab.worker.checkpoint_writer import CheckpointWriter
from tui_lab.worker.checkpoints import find

SAVE = "tui_lab.worker.checkpoint_files.save"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeping(tmp_path: Path, clock: Clock) -> Iterator[Keeping]:
    made = Keeping(tmp_path, clock)
    yield made
    made.checkpoints.close()


def on_disk(run: Path) -> list[int]:
    return [record.step for record in read_manifest(run)]


def value(run: Path, step: int | None = None) -> float:
    """What was kept in the state found on disk."""
    state = find(run, step).capture.state
    return float(state["attributes"]["w"]["value"][0])


def test_what_was_kept_is_found_by_its_step(keeping: Keeping, tmp_path: Path) -> None:
    keeping.take_all(0, 4, 9)
    assert on_disk(tmp_path) == [0, 4, 9]
    assert [value(tmp_path, step) for step in (3, 4, 8, None)] == [0, 4, 4, 9]
    found = find(tmp_path, None)
    assert (found.capture.place.step, found.capture.place.t) == (9, 0.09)
    written = keeping.checkpoints.written()
    assert [(event.step, event.digest) for event in written][-1] == (9, found.record.digest)
    assert keeping.checkpoints.written() == []


def test_powers_of_two_are_due_and_what_time_has_passed_for(keeping: Keeping, clock: Clock) -> None:
    assert [keeping.checkpoints.next_due(step) for step in (0, 1, 2, 3, 4, 1000)] == [
        1,
        2,
        4,
        4,
        8,
        1024,
    ]
    keeping.take_all(0)
    assert [step for step in range(20) if keeping.checkpoints.is_due(step)] == [0, 1, 2, 4, 8, 16]
    clock.now = 0.24
    assert not keeping.checkpoints.is_due(300)
    clock.now = 30.0
    assert keeping.checkpoints.is_due(300)


def test_what_one_costs_has_to_pass_a_hundred_times(
    keeping: Keeping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CheckpointWriter, "spent", 2.0)
    keeping.take(100)
    clock.now = 199.0
    assert not keeping.checkpoints.is_due(300)
    clock.now = 200.0
    assert keeping.checkpoints.is_due(300)


def test_the_newest_two_are_in_memory(keeping: Keeping, tmp_path: Path) -> None:
    keeping.take_all(0, 1, 2)
    for file in checkpoints_path(tmp_path).glob("*.pt"):
        file.unlink()
    found = [keeping.checkpoints.latest(step) for step in (0, 1, 7)]
    assert [taken and taken.place.step for taken in found] == [None, 1, 2]
    assert any("is missing" in line for line in keeping.checkpoints.complaints())


def test_only_one_where_two_are_too_large(
    keeping: Keeping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping.take_all(0)
    taken = keeping.checkpoints.latest(0)
    assert taken is not None
    monkeypatch.setattr(checkpoints, "_MOST_IN_MEMORY", 2 * taken.size - 1)
    keeping.take_all(1)
    assert [kept.place.step for kept in keeping.checkpoints._kept] == [1]
    monkeypatch.setattr(checkpoints, "_MOST_IN_MEMORY", 2 * taken.size)
    keeping.take_all(2)
    assert [kept.place.step for kept in keeping.checkpoints._kept] == [1, 2]


def test_what_never_happened_is_gone_everywhere(keeping: Keeping, tmp_path: Path) -> None:
    keeping.take_all(0, 4, 9)
    keeping.checkpoints.forget_after(5)
    assert on_disk(tmp_path) == [0, 4]
    assert len(list(checkpoints_path(tmp_path).glob("*.pt"))) == 2
    assert [event.step for event in keeping.checkpoints.written()] == [0, 4]
    latest = keeping.checkpoints.latest(9)
    assert latest is not None
    assert latest.place.step == 4


def test_nothing_to_forget_is_nothing_to_write(keeping: Keeping, tmp_path: Path) -> None:
    keeping.checkpoints.forget_after(0)
    assert keeping.checkpoints.complaints() == []
    assert not checkpoints_path(tmp_path).exists()


def test_of_two_of_one_step_the_later_stands_for_the_reason_of_both(
    keeping: Keeping, tmp_path: Path
) -> None:
    keeping.take_all(0, 4, reason="asked")
    keeping.program.hp.epochs = 9
    keeping.take_all(4)
    records = read_manifest(tmp_path)
    assert [(record.step, record.reason) for record in records] == [(0, "asked"), (4, "asked")]
    assert len({record.file for record in records}) == 2
    assert len(list(checkpoints_path(tmp_path).glob("*.pt"))) == 2


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (RuntimeError("torch: unexpected pos 704 vs 598"), "torch: unexpected pos 704 vs 598"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_fails_is_said_once_and_the_run_goes_on(
    keeping: Keeping,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    said: str,
) -> None:
    def fail(tree: Any, file: BinaryIO) -> None:
        raise raised

    keeping.take_all(0)
    with monkeypatch.context() as patch:
        patch.setattr(SAVE, fail)
        keeping.take_all(1, 2)
    keeping.take_all(3)
    assert keeping.checkpoints.complaints() == [f"A state could not be kept on disk ({said})."]
    assert on_disk(tmp_path) == [0, 3]
    assert list(checkpoints_path(tmp_path).glob(".*")) == []


def test_no_more_than_two_are_on_their_way(
    keeping: Keeping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A due one is left out meanwhile; one that was asked for is waited for."""
    let, waited = threading.Event(), list[bool]()
    changed = keeping.checkpoints._writer._changed
    wait_for = changed.wait_for

    def slow(tree: Any, file: BinaryIO) -> None:
        let.wait()
        save(tree, file)

    def wait(done: Callable[[], bool]) -> bool:
        waited.append(not done())
        if waited[-1]:
            let.set()
        return wait_for(done)

    monkeypatch.setattr(SAVE, slow)
    monkeypatch.setattr(changed, "wait_for", wait)
    keeping.take(0)
    keeping.take(1)  # due only
    keeping.take(2, "asked")
    keeping.take(3, "asked")
    let.set()
    assert waited == [False, False, True]
    keeping.checkpoints.flush()
    assert on_disk(tmp_path) == [0, 2, 3]


def test_each_survives_a_power_cut(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file and the manifest, and the directory that names them, are waited for."""
    synced, fsync = list[str](), os.fsync

    def sync(descriptor: int) -> None:
        synced.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    keeping.take_all(0)
    assert synced == ["file", "directory"] * 2


def test_a_state_on_its_way_to_disk_is_waited_for(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory has the newest two alone; the first is still being written."""
    let = threading.Event()
    changed = keeping.checkpoints._writer._changed
    wait_for = changed.wait_for

    def slow(tree: Any, file: BinaryIO) -> None:
        let.wait()
        save(tree, file)

    def wait(done: Callable[[], bool]) -> bool:
        let.set()  # somebody waits for it
        return wait_for(done)

    monkeypatch.setattr(SAVE, slow)
    for step in (0, 4, 9):
        keeping.take(step)
    monkeypatch.setattr(changed, "wait_for", wait)
    reached = keeping.checkpoints.reaches(2)
    let.set()
    assert reached
