"""Protects the copy of a run that goes on elsewhere: it grows only by what comes next, what is
missing is asked for, what differs in the end is fetched anew, and nobody writes it but one."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.studies.cluster.conftest import MakeRun
from tui_lab.errors import RunError
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps
from tui_lab.studies.cluster.charge import MOST_STATES, Charge
from tui_lab.studies.cluster.mirror import Mirror
from tui_lab.studies.cluster.node import refusal
from tui_lab.studies.cluster.outgoing import Notice, Outgoing, read_part, sums

LOG = "events.jsonl"
LINES = b"".join(b'{"line": %d}\n' % number for number in range(4000))


class FakeNode:
    """A directory as a node has it, asked as a node is; `asked` are the parts it gave."""

    def __init__(self, path: Path) -> None:
        self.directory = RunDirectory(path)
        (path / "checkpoints").mkdir(parents=True)
        self.asked: list[tuple[str, int]] = []

    def write(self, name: str, data: bytes) -> None:
        (self.directory.path / name).write_bytes(data)

    async def part(self, run_id: str, file: str, offset: int, most: int) -> bytes:
        self.asked.append((file, offset))
        return read_part(self.directory, file, offset, most)

    async def small(self, run_id: str, lengths: Mapping[str, int]) -> list[Notice]:
        return list(Outgoing(self.directory, lengths))

    async def relay(self, run_id: str, line: bytes) -> bytes:
        return refusal("no worker")

    def notice(self, offset: int, data: bytes, length: int) -> Notice:
        log = {"run": self.directory.id, "file": LOG, "data": data, "now": time.time()}
        return log | {"offset": offset, "length": length}

    def status(self, now: float = 100.0, **fields: Any) -> None:
        record = {"status": "running", "pid": 7, "host": "far", "heartbeat": now, "step": 3}
        self.write("status.json", dumps(record | fields))


@pytest.fixture
def there(tmp_path: Path) -> FakeNode:
    return FakeNode(tmp_path / "node" / "run")


@pytest.fixture
def here(make_run: MakeRun) -> RunDirectory:
    return make_run()


async def nobody(line: bytes) -> bytes:
    return refusal("nobody")


def test_bytes_that_do_not_come_next_are_not_taken(here: RunDirectory) -> None:
    mirror = Mirror(here)
    assert mirror.append(LOG, 0, b"one\n")
    assert not mirror.append(LOG, 0, b"one\n")
    assert not mirror.append(LOG, 8, b"three\n")
    assert mirror.append(LOG, 4, b"two\n")
    assert here.events_path.read_bytes() == b"one\ntwo\n"
    mirror.close()


@pytest.mark.parametrize("name", ["../events.jsonl", "run.json", "checkpoints/step-1.pt", ""])
def test_a_node_names_no_file_that_is_not_its_to_write(here: RunDirectory, name: str) -> None:
    before = {path: path.read_bytes() for path in here.path.iterdir()}
    mirror = Mirror(here)
    with pytest.raises(RunError, match="is no log"):
        mirror.append(name, 0, b"x")
    mirror.replace(name, b"x", 0.0)
    assert {path: path.read_bytes() for path in here.path.iterdir()} == before
    mirror.close()


def test_a_mirror_has_one_writer(here: RunDirectory) -> None:
    mirror = Mirror(here)
    with pytest.raises(RunError, match="already driven"):
        Mirror(here)
    mirror.close()
    Mirror(here).close()


def test_a_run_there_is_live_here_by_the_clock_here(here: RunDirectory, there: FakeNode) -> None:
    now = 5_000.0
    mirror = Mirror(here, clock=lambda: now)
    there.status(now=98.0)
    mirror.replace("status.json", (there.directory.path / "status.json").read_bytes(), 100.0)
    record = here.status_record()
    assert (record.host, record.step, record.heartbeat) == ("far", 3, 4_998.0)
    assert record.inode == here.path.stat().st_ino
    mirror.lose()
    assert here.status_record().heartbeat == 0.0
    mirror.close()


def test_before_all_is_here_no_run_is_said_to_be_over_and_no_state_to_be_kept(
    here: RunDirectory, there: FakeNode
) -> None:
    mirror = Mirror(here)
    there.status(status="finished")
    data = (there.directory.path / "status.json").read_bytes()
    mirror.replace("status.json", data, 100.0)
    mirror.replace("checkpoints/manifest.json", b"{}", 100.0)
    assert here.status_record().status is RunStatus.RUNNING
    assert not (here.path / "checkpoints").exists()
    mirror.replace("status.json", data, 100.0, whole=True)
    assert here.status_record().status is RunStatus.FINISHED
    mirror.close()


async def test_what_is_missing_before_a_notice_is_asked_for(
    here: RunDirectory, there: FakeNode
) -> None:
    there.write(LOG, LINES)
    charge = Charge(here, nobody)
    charge.receive(there.notice(0, LINES[:100], 100), there)
    charge.receive(there.notice(30_000, LINES[30_000:30_100], 30_100), there)
    assert charge.catching_up is not None
    await charge.catching_up
    assert here.events_path.read_bytes() == LINES
    assert there.asked[0] == (LOG, 100)
    await charge.close()


async def test_in_the_end_everything_is_here_as_it_is_there(
    here: RunDirectory, there: FakeNode
) -> None:
    there.write(LOG, LINES)
    there.write("worker.log", b"printed\n")
    there.write("checkpoints/step-12.pt", os.urandom(3 << 20))
    there.write("checkpoints/manifest.json", b"{}")
    there.status(status="finished")
    here.events_path.write_bytes(b"?" + LINES[1:200])  # altered on its way, or by somebody here
    charge = Charge(here, nobody)
    assert await charge.fetch_rest(there, sums(there.directory)) == []
    for name in (LOG, "worker.log", "checkpoints/step-12.pt", "checkpoints/manifest.json"):
        assert digest(here.path / name) == digest(there.directory.path / name), name
    assert here.status_record().status is RunStatus.FINISHED
    assert not list(here.path.rglob("*.part"))
    await charge.close()


async def test_what_can_not_be_made_the_same_is_named(here: RunDirectory, there: FakeNode) -> None:
    there.write(LOG, LINES)
    expected = sums(there.directory)
    expected[LOG]["sha256"] = "0" * 64
    here.events_path.write_bytes(LINES[:500])
    charge = Charge(here, nobody)
    assert await charge.fetch_rest(there, expected) == [LOG]
    assert here.events_path.read_bytes() == LINES
    await charge.close()


async def test_states_too_large_to_fetch_stay_there_and_are_named(
    here: RunDirectory, there: FakeNode
) -> None:
    there.write("checkpoints/step-1.pt", b"small")
    charge = Charge(here, nobody)
    large = {"length": MOST_STATES, "sha256": "0" * 64}
    expected = {"checkpoints/step-2.pt": large, **sums(there.directory)}
    expected["checkpoints/step-2.pt"] |= {"length": MOST_STATES + 1}
    assert await charge.fetch_rest(there, expected) == ["checkpoints/step-2.pt"]
    assert (here.path / "checkpoints/step-1.pt").read_bytes() == b"small"
    await charge.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
