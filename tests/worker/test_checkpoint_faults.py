"""Protects what is on disk from dying at the wrong moment: whatever a worker was doing when it was
killed, or whatever became of the manifest, an older state is usable and no litter stays."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.worker.kept import Keeping
from tui_lab.errors import RunError
from tui_lab.runs import checkpoints
from tui_lab.runs.checkpoints import checkpoints_path, read_manifest, write_manifest
from tui_lab.worker.checkpoints import find

TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir"}
"""What Python says before it touches a file."""


def dies(run: Path, work: Callable[[Keeping], None], after: int) -> bool:
    """Do the work in a process of its own, killed before it touches a file of the checkpoints for
    the next time after so many; False when it came to its end."""
    pid = os.fork()
    if not pid:
        try:
            _kill_at(str(checkpoints_path(run)), after)
            keeping = Keeping(run)
            work(keeping)
            keeping.checkpoints.close()
            os._exit(0)
        finally:
            os._exit(99)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _kill_at(path: str, after: int) -> None:
    left = after

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in TOUCHES and str(arguments[0]).startswith(path):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def more(keeping: Keeping) -> None:
    """Two further states, one of a step that was kept before, and back."""
    keeping.take_all(4, 8, reason="asked")
    keeping.checkpoints.forget_after(4)
    keeping.take_all(6)


def test_killed_at_any_touch_an_older_state_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST", 3)
    after, killed = 0, True
    while killed:
        run = tmp_path / str(after)
        run.mkdir()
        before = Keeping(run)
        before.take_all(0, 2, 4)
        before.checkpoints.close()
        killed = dies(run, more, after)
        found = find(run, None)
        assert found.complaints == ()
        assert found.capture.place.step in (4, 6, 8)
        assert found.capture.state["attributes"]["w"]["value"][0] == found.capture.place.step
        _goes_on(run)
        after += 1
    assert after > 20


def _goes_on(run: Path) -> None:
    """The next worker leaves nothing but what the manifest names, and adds to it."""
    keeping = Keeping(run)
    path = checkpoints_path(run)
    listed = {record.file for record in read_manifest(run)}
    assert {file.name for file in path.iterdir()} == {*listed, "manifest.json"}
    keeping.take_all(16)
    keeping.checkpoints.close()
    assert keeping.checkpoints.complaints() == []
    assert find(run, None).capture.place.step == 16
    assert not {record.file for record in read_manifest(run) if record.step == 16} & listed


@pytest.fixture
def run(tmp_path: Path) -> Path:
    keeping = Keeping(tmp_path)
    keeping.take_all(0, 4)
    keeping.take_all(9, reason="asked")
    keeping.checkpoints.close()
    return tmp_path


def _delete(manifest: Path) -> None:
    manifest.unlink()


def _tear(manifest: Path) -> None:
    manifest.write_bytes(manifest.read_bytes()[:100])


def _replace(manifest: Path) -> None:
    manifest.unlink()
    manifest.mkdir()


@pytest.mark.parametrize("damage", [_delete, _tear])
def test_a_manifest_is_made_again_of_the_files(run: Path, damage: Callable[[Path], None]) -> None:
    records = read_manifest(run)
    damage(checkpoints_path(run) / "manifest.json")
    found = find(run, 5)
    assert found.record == records[1]
    assert "made again" in found.complaints[0]
    keeping = Keeping(run)
    keeping.checkpoints.close()
    assert "made again" in keeping.checkpoints.complaints()[0]
    assert read_manifest(run) == records


def test_of_the_files_only_states_are_listed_again(run: Path) -> None:
    first, second, last = read_manifest(run)
    path = checkpoints_path(run)
    (path / "manifest.json").unlink()
    (path / second.file).write_bytes(b"torn")
    assert find(run, 5).record == first
    Keeping(run).checkpoints.close()
    assert read_manifest(run) == [first, last]
    assert not (path / second.file).exists()


def test_a_manifest_that_can_not_be_written_is_said(run: Path) -> None:
    _replace(checkpoints_path(run) / "manifest.json")
    keeping = Keeping(run)
    keeping.take_all(12)
    keeping.checkpoints.close()
    assert any("could not be kept" in line for line in keeping.checkpoints.complaints())
    assert find(run, None).capture.place.step >= 9


def test_an_empty_manifest_is_none_that_is_missing(run: Path) -> None:
    """What a worker that died was about to remove does not come back."""
    (checkpoints_path(run) / "manifest.json").write_bytes(b"[]\n")
    with pytest.raises(RunError, match="has no usable checkpoint"):
        find(run, None)
    Keeping(run).checkpoints.close()
    assert not list(checkpoints_path(run).glob("*.pt"))


def test_torn_ones_are_passed_over_with_a_sentence_each(run: Path) -> None:
    for record in read_manifest(run)[1:]:
        path = checkpoints_path(run) / record.file
        path.write_bytes(path.read_bytes()[:-1])
    found = find(run, None)
    assert found.capture.place.step == 0
    assert [line.split(" is ")[0] for line in found.complaints] == [
        "The checkpoint after step 9",
        "The checkpoint after step 4",
    ]


@pytest.mark.parametrize("content", [{"place": {"step": 9}}, {"state": {}}, [1], 5, "text"])
def test_what_is_no_state_is_refused_with_a_sentence(run: Path, content: object) -> None:
    *older, record = read_manifest(run)
    path = checkpoints_path(run) / record.file
    torch.save(content, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    told = replace(record, sha256=sha256, bytes=path.stat().st_size)
    write_manifest(run, [*older, told])
    found = find(run, None)
    assert found.capture.place.step == 4
    assert found.complaints[0].startswith("The checkpoint after step 9 can't be used: ")
