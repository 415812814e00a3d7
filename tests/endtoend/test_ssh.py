"""Protects the lab where it is meant to be used, at the other end of an SSH connection: a run
started there survives the connection and is found again from another terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endtoend.conftest import Home, Lab
from tests.endtoend.terminal import LONGEST, Terminal
from tests.sshd import SSH, SSHD, Server, ssh

pytestmark = [
    pytest.mark.xdist_group("terminal"),
    pytest.mark.skipif(not (SSHD and SSH), reason="sshd or ssh is missing (make debian)"),
]


@pytest.fixture
def server(tmp_path: Path, home: Home) -> Iterator[Server]:
    server = Server(tmp_path / "keys", {"TUI_LAB_HOME": str(home.path)})
    try:
        deadline = time.monotonic() + LONGEST
        while not server.is_up():
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.02)
        yield server
    finally:
        server.close()


@pytest.fixture
def remote(server: Server, home: Home) -> Iterator[Terminal]:
    words = [sys.executable, "-m", "tui_lab", "weight-decay", "epochs=200000"]
    where = ["-tt", "-p", str(server.port), "127.0.0.1"]
    terminal = Terminal([*ssh(server), *where, *words], home.environ)
    yield terminal
    terminal.close()


def test_a_run_survives_the_connection_it_was_started_over(
    remote: Terminal, home: Home, lab: Lab
) -> None:
    remote.shows("r starts a run")
    remote.press("r")
    remote.shows("● running", "steps/s")
    run = home.only_run()
    remote.kill()
    remote.until(lambda: home.processes() == [run.status_record().pid])
    step = run.status_record().step
    local = lab("attach")
    local.shows(run.id, "● running", "steps/s")
    local.until(lambda: run.status_record().step > step)
    local.press("t")
    local.shows("stopped")
    local.press("q")
    assert local.wait() == 0
