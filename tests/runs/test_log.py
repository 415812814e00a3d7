"""Protects the writer of a log: whole lines only, in order, and nothing lost or half-written on a
full disk."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tui_lab.events import AlarmRaised, MetricsLogged, RunEvent
from tui_lab.runs.log import RunLog
from tui_lab.runs.tail import read_events


def alarm(step: int) -> AlarmRaised:
    return AlarmRaised(t=0.0, step=step, kind="step/first_nan", message="x" * 100)


def steps(path: Path) -> list[int]:
    return [event.step for event in read_events(path) if isinstance(event, AlarmRaised)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_nothing_is_written_before_a_flush(path: Path) -> None:
    log = RunLog(path)
    log.append(alarm(1))
    assert path.stat().st_size == 0
    assert log.unwritten == 1
    log.flush()
    assert steps(path) == [1]
    assert log.unwritten == 0
    log.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_closing_flushes(path: Path) -> None:
    log = RunLog(path)
    log.append(alarm(1))
    log.close()
    assert steps(path) == [1]


def test_a_block_is_a_line(path: Path) -> None:
    log = RunLog(path)
    columns = {"train/loss": np.array([0.1, np.nan], np.float32)}
    log.append(MetricsLogged(t=0.5, kind="step", first=1, columns=columns))
    log.close()
    (event,) = read_events(path)
    assert isinstance(event, MetricsLogged)
    assert event.columns == {"train/loss": [0.1, "NaN"]}


def test_what_is_appended_later_does_not_change_what_was(path: Path) -> None:
    log = RunLog(path)
    losses = np.array([1.0])
    log.append(MetricsLogged(t=0.0, kind="step", first=1, columns={"train/loss": losses}))
    losses[0] = 2.0
    log.close()
    (event,) = read_events(path)
    assert isinstance(event, MetricsLogged)
    assert event.columns["train/loss"] == [1.0]


@pytest.mark.parametrize(
    "tail", [b'{"type":"ala', b"\0" * 5000, b"\n\0\n", b"junk\n\xff\n", b"3\n"]
)
def test_a_torn_tail_is_cut_off_when_the_log_is_opened_again(path: Path, tail: bytes) -> None:
    log = RunLog(path)
    log.append(alarm(1))
    log.close()
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    RunLog(path).close()
    assert path.read_bytes() == whole


def test_a_log_of_nothing_but_damage_begins_anew(path: Path) -> None:
    path.write_bytes(b"\xff" * 200_000)
    RunLog(path).close()
    assert path.read_bytes() == b""


def test_long_lines_survive_reopening(path: Path) -> None:
    log = RunLog(path)
    log.append(AlarmRaised(t=0.0, step=1, kind="k", message="y" * 200_000))
    log.append(AlarmRaised(t=0.0, step=2, kind="k", message="z" * 200_000))
    log.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    RunLog(path).close()
    assert path.read_bytes() == whole[: whole.index(b"\n") + 1]


class Disk:
    """Stands in for `os.pwrite` on a disk with `room` bytes left."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._pwrite = os.pwrite

    def __call__(self, descriptor: int, data: memoryview, offset: int) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return self._pwrite(descriptor, part, offset)


@pytest.mark.parametrize("room", [0, 1, 150, 400])
def test_a_full_disk_leaves_whole_blocks_and_loses_nothing(
    path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RunLog(path)
    log.append(alarm(1))
    log.flush()
    size = path.stat().st_size
    disk = Disk(room)
    monkeypatch.setattr(os, "pwrite", disk)
    for step in (2, 3, 4):
        log.append(alarm(step))
    with pytest.raises(OSError, match="No space left"):
        log.flush()
    assert path.stat().st_size == size
    assert log.unwritten == 3
    log.append(alarm(5))
    disk.room = 1 << 20
    log.close()
    assert steps(path) == [1, 2, 3, 4, 5]


def test_closing_on_a_full_disk_raises_and_closes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RunLog(path)
    log.append(alarm(1))
    monkeypatch.setattr(os, "pwrite", Disk(10))
    with pytest.raises(OSError, match="No space left"):
        log.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        log.sync()


LIMITED = """
import resource, sys
from pathlib import Path
from tui_lab.events import AlarmRaised
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord
from tui_lab.runs.log import RunLog
path = Path(sys.argv[1])
def alarm(step):
    return AlarmRaised(t=0.0, step=step, kind="k", message="x" * 1000)
log = RunLog(path)
log.append(alarm(1))
log.flush()
size = path.stat().st_size
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 500, hard))
log.append(alarm(2))
log.append(alarm(3))
directory = RunDirectory(path.parent)
directory.write_status(StatusRecord(step=1))
for write in (log.flush, lambda: directory.write_status(StatusRecord(step=2, error="x" * 9000))):
    try:
        write()
    except OSError as error:
        print(error.errno, path.stat().st_size == size)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.close()
"""


def test_a_real_size_limit(path: Path) -> None:
    """The kernel writes a part of the block first, and only then refuses."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == [str(errno.EFBIG), "True"] * 2
    assert steps(path) == [1, 2, 3]
    assert b'"step":1' in (path.parent / "status.json").read_bytes()
    assert sorted(p.name for p in path.parent.iterdir()) == ["events.jsonl", "status.json"]


def test_two_blocks_are_in_the_order_they_happened(path: Path) -> None:
    log = RunLog(path)
    events: list[RunEvent] = [alarm(step) for step in range(100)]
    for index, event in enumerate(events):
        log.append(event)
        if index % 7 == 0:
            log.flush()
    log.close()
    assert list(read_events(path)) == events
