"""An SSH server of the tests' own on this machine, and how a client reaches it."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.leftovers import MARK

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
SetEnv {settings}
"""


class Server:
    """An sshd on a port of its own that lets this user in with one key; what is started over there
    has `environ` and this process's directory for temporary files."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        if os.getuid() == 0:
            PRIVILEGES.mkdir(mode=0o755, exist_ok=True)  # as the system does before it starts sshd
        directory.mkdir(mode=0o700)
        self.keys = directory
        for name in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
            subprocess.run(command, check=True)
        self.port = _free_port()
        configuration = directory / "sshd_config"
        marked = {"TMPDIR": tempfile.gettempdir(), MARK: os.environ[MARK], **environ}
        settings = " ".join(f"{name}={value}" for name, value in marked.items())
        text = CONFIGURATION.format(port=self.port, keys=directory, settings=settings)
        configuration.write_text(text)
        self.log = directory / "sshd.log"
        assert SSHD is not None
        self.process = subprocess.Popen([SSHD, "-D", "-f", configuration, "-E", self.log])

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        """End it; what was started through it goes on, where it can."""
        self.process.kill()
        self.process.wait()


def ssh(*servers: Server) -> list[str]:
    """The words with which a person reaches these servers, but for port and host."""
    known = servers[0].keys / "known_hosts"
    keys = ((each.port, (each.keys / "host.pub").read_text()) for each in servers)
    known.write_text("".join(f"[127.0.0.1]:{port} {key}" for port, key in keys))
    options = ["IdentitiesOnly=yes", "IdentityAgent=none", f"UserKnownHostsFile={known}"]
    flags = [flag for option in options for flag in ("-o", option)]
    identities = [flag for each in servers for flag in ("-i", str(each.keys / "user"))]
    return [str(SSH), "-F", "none", *identities, "-l", getpass.getuser(), *flags]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
