"""Protects `--on ssh:box1,box2`: nodes come up on real SSH servers with a certificate of their
own, take runs, are started again when they die, and leave nothing running but the runs."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.sshd import SSH, SSHD, Server, ssh
from tests.studies.cluster.conftest import (
    DEADLINE,
    LONG,
    Execute,
    MakeRun,
    Until,
    begun,
    children_with,
    ends_once,
    goes_on,
    processes_with,
    starts_of,
    told_of,
    under_way,
)
from tui_lab.events import RunStopped
from tui_lab.runs.tail import last_event
from tui_lab.studies.cluster.boxes import BoxNode, BoxSupply
from tui_lab.studies.cluster.keys import new_keys, security
from tui_lab.studies.cluster.places import Box, OverSsh, place

pytestmark = pytest.mark.skipif(not (SSHD and SSH), reason="sshd or ssh is missing (make debian)")

NODE = "tui_lab.studies.cluster.node_process"


class Boxes:
    """Two servers, and how they are reached."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        code = os.environ.get("PYTHONPATH", "")
        self.servers = [
            Server(path / name, {"TUI_LAB_HOME": str(path / name / "home"), "PYTHONPATH": code})
            for name in ("left", "right")
        ]

    @property
    def place(self) -> OverSsh:
        names = ",".join(f"127.0.0.1:{server.port}" for server in self.servers)
        found = place(f"ssh:{names}")
        assert isinstance(found, OverSsh)
        return found

    def supply(self) -> BoxSupply:
        return BoxSupply(self.place, 2, self.said.append, pause=0.1)

    def nodes(self) -> list[int]:
        """The processes of nodes, by the ports of the boxes' names."""
        return [pid for server in self.servers for pid in self.node(server)]

    def node(self, server: Server) -> list[int]:
        return processes_with(NODE, f"127.0.0.1:{server.port}", but="ssh")

    def workers(self) -> list[int]:
        return processes_with("tui_lab.worker", f"{self.path}/")

    def clear(self) -> None:
        for server in self.servers:
            server.close()
        for pid in (*self.workers(), *self.nodes()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Until) -> Iterator[Boxes]:
    boxes = Boxes(tmp_path)
    monkeypatch.setenv("TUI_LAB_SSH", shlex.join(ssh(*boxes.servers)))
    try:
        until(lambda: all(server.is_up() for server in boxes.servers))
        yield boxes
    finally:
        boxes.clear()


def test_runs_go_on_over_there_and_nothing_stays(
    boxes: Boxes, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    lab = execute(boxes.supply())
    until(lambda: len(lab.free()) == 2)
    names = {f"127.0.0.1:{server.port} core 0" for server in boxes.servers}
    assert {slot.name for slot in lab.free()} == names
    runs = [begun(lab, make_run(), until), begun(lab, make_run(), until)]
    for run in runs:
        assert until(partial(lab.end_of, run)).how == 0
    lab.executor.close()
    until(lambda: not boxes.nodes() and not boxes.workers())


def test_a_node_that_dies_is_started_again_and_finds_its_run(
    boxes: Boxes, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    lab = execute(boxes.supply())
    until(lambda: len(lab.free()) == 2)
    run = under_way(lab, make_run(LONG), until)
    former = boxes.nodes()
    for pid in former:
        os.kill(pid, signal.SIGKILL)
    goes_on(run, until)
    ends_once(lab, run, until)
    until(lambda: len(lab.free()) == 2)
    assert not set(former) & set(boxes.nodes())
    assert any("The node on 127.0.0.1" in sentence for sentence in boxes.said)


def test_a_scheduler_that_dies_is_followed_by_another_and_runs_go_on(
    boxes: Boxes, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    lab = execute(boxes.supply())
    until(lambda: len(lab.free()) == 2)
    run = under_way(lab, make_run(LONG), until)
    (worker,) = boxes.workers()
    (scheduler,) = children_with("tui_lab.studies.cluster.scheduler")
    os.kill(scheduler, signal.SIGKILL)
    goes_on(run, until)
    until(lambda: len(lab.free()) == 1)
    assert len({sentence for sentence in lab.said if "scheduler is at" in sentence}) == 2
    assert boxes.workers() == [worker]
    ends_once(lab, run, until)


def test_runs_survive_the_coordinator_and_are_adopted_by_the_next(
    boxes: Boxes, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    former = execute(boxes.supply())
    run = under_way(former, make_run(LONG), until)
    former.executor.close()
    until(lambda: not boxes.nodes())
    (worker,) = boxes.workers()
    lab = execute(boxes.supply())
    assert lab.executor.adopt(run)
    goes_on(run, until)
    assert boxes.workers() == [worker]
    lab.executor.stop(run.id, "enough")
    assert until(lambda: lab.end_of(run)).how == 0
    end = last_event(run.events_path)
    assert isinstance(end, RunStopped)
    assert starts_of(run) == 1


def test_a_box_that_cannot_be_used_is_said_and_the_others_are_used(
    boxes: Boxes, execute: Execute, until: Until
) -> None:
    supply = boxes.supply()
    boxes.servers[0].close()
    lab = execute(supply)
    until(lambda: len(lab.free()) == 1)
    port = boxes.servers[0].port
    refused = until(lambda: [text for text in boxes.said if f":{port} can't be used" in text])
    assert "Connection refused" in refused[0]


class Calls:
    """A box whose ssh ends at once, and how often it was tried, by a clock of one's own."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.time = 0.0
        self.node = BoxNode(Box("box"), "", 1, self.said.append, 5.0, clock=lambda: self.time)

    async def tries(self, seconds: int, *, is_there: bool = False) -> list[float]:
        """When it was tried in so many seconds more."""
        times = []
        for _ in range(seconds):
            self.time += 1.0
            before = self.node._process
            await self.node.keep(["tls://here:1"], {}, is_there=is_there)
            process = self.node._process
            if process is not None and process is not before:
                times.append(self.time)
                await process.wait()
        return times


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssh that reaches nothing."""
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho 'no route to host' >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("TUI_LAB_SSH", str(program))


@pytest.mark.usefixtures("broken")
async def test_a_box_that_never_came_is_given_up_after_three_tries() -> None:
    box = Calls()
    assert len(await box.tries(100)) == 3
    assert box.node.complaint == "box can't be used: no route to host."


@pytest.mark.usefixtures("broken")
async def test_a_box_that_was_there_is_tried_for_ever_with_growing_pauses() -> None:
    box = Calls()
    first = await box.tries(1, is_there=True)
    times = first + await box.tries(400)
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert pauses[:4] == sorted(pauses[:4])
    assert pauses[-1] == pytest.approx(60, abs=2)
    assert len(times) > 7
    assert box.node.complaint == ""


def test_where_no_box_can_be_used_the_study_is_told_why(
    boxes: Boxes, execute: Execute, until: Until
) -> None:
    for server in boxes.servers:
        server.close()
    lab = execute(boxes.supply())

    assert until(lambda: told_of(lab)).count("can't be used") == 2


def test_nobody_without_the_certificate_is_let_in(
    boxes: Boxes, execute: Execute, until: Until, tmp_path: Path
) -> None:
    lab = execute(supply := boxes.supply())
    until(lab.free)
    (address,) = [each.split()[-1].rstrip(".") for each in lab.said if "scheduler" in each]
    assert address.startswith("tls://")
    without = ssl.create_default_context()
    without.check_hostname, without.verify_mode = False, ssl.CERT_NONE
    assert not is_let_in(address, without)
    another = security(new_keys()).get_connection_args("client")["ssl_context"]
    another.check_hostname, another.verify_mode = False, ssl.CERT_NONE
    assert not is_let_in(address, another)
    assert is_let_in(address, supply.security.get_connection_args("client")["ssl_context"])


def is_let_in(address: str, context: ssl.SSLContext) -> bool:
    """Whether a scheduler has anything to say to who connects so."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), DEADLINE) as plain:
        try:
            with context.wrap_socket(plain) as connection:
                return connection.recv(1) != b""
        except OSError:  # turned away
            return False
