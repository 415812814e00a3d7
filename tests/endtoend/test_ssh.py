"""Protects the lab where it is meant to be used, at the other end of an SSH connection: a run
started there survives the connection and is found again from another terminal."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endtoend.conftest import Home, Lab
from tests.endtoend.terminal import LONGEST, Terminal

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SSH = shutil.which("ssh")
PRIVILEGES = Path("/run/sshd")
CONFIGURATION = """
ListenAddress 127.0.0.1
Port {port}
HostKey {keys}/host
AuthorizedKeysFile {keys}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
PidFile none
PrintMotd no
SetEnv TUI_LAB_HOME={home} TMPDIR={temporary} TUI_LAB_TESTS={mark}
"""

pytestmark = [
    pytest.mark.xdist_group("terminal"),
    pytest.mark.skipif(not (SSHD and SSH), reason="sshd or ssh is missing (make debian)"),
]


class Server:
    """An sshd on a port of its own that lets this user in with one key."""

    def __init__(self, directory: Path, home: Path) -> None:
        self.keys = directory
        for name in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
            subprocess.run(command, check=True)
        self.port = _free_port()
        configuration = directory / "sshd_config"
        configuration.write_text(
            CONFIGURATION.format(
                port=self.port,
                keys=directory,
                home=home,
                temporary=tempfile.gettempdir(),
                mark=os.environ["TUI_LAB_TESTS"],
            )
        )
        self.log = directory / "sshd.log"
        assert SSHD is not None
        self.process = subprocess.Popen([SSHD, "-D", "-f", configuration, "-E", self.log])

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def command(self, *words: str) -> list[str]:
        """What a person types to run these words over there, in a terminal."""
        known = self.keys / "known_hosts"
        host_key = (self.keys / "host.pub").read_text()
        known.write_text(f"[127.0.0.1]:{self.port} {host_key}")
        options = ["IdentitiesOnly=yes", "IdentityAgent=none", f"UserKnownHostsFile={known}"]
        where = ["-p", str(self.port), "-i", str(self.keys / "user"), "-l", getpass.getuser()]
        flags = [flag for option in options for flag in ("-o", option)]
        return [str(SSH), "-tt", "-F", "none", *where, *flags, "127.0.0.1", *words]


@pytest.fixture
def server(tmp_path: Path, home: Home) -> Iterator[Server]:
    if os.getuid() == 0:
        PRIVILEGES.mkdir(mode=0o755, exist_ok=True)  # as the system does before it starts sshd
    directory = tmp_path / "keys"
    directory.mkdir(mode=0o700)
    server = Server(directory, home.path)
    try:
        deadline = time.monotonic() + LONGEST
        while not server.is_up():
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.02)
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def remote(server: Server, home: Home) -> Iterator[Terminal]:
    words = [sys.executable, "-m", "tui_lab", "weight-decay", "epochs=200000"]
    terminal = Terminal(server.command(*words), home.environ)
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


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
