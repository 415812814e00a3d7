"""Clients that vanish, hang, never read or are someone else: none keeps the loop or another client
waiting, and none that is not trusted is heard."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.worker.control_client import Client, obedient, taken
from tui_lab.commands import Acknowledgement
from tui_lab.worker.control import Control


def test_a_client_that_vanishes_leaves_its_command_and_no_trouble(
    path: Path, control: Control, client: Client
) -> None:
    gone = Client(path)
    gone.send(b'{"command": "pause"}')
    request = taken(control)
    gone.close()
    request.answer(Acknowledgement(True, 1))
    with obedient(control):
        assert client.ask(b'{"command": "resume"}') == {"ok": True, "step": 1, "message": ""}


def test_a_client_that_never_reads_holds_up_nobody(path: Path, control: Control) -> None:
    deaf = Client(path)
    deaf.socket.setblocking(False)
    with suppress(BlockingIOError):
        while True:  # until its answers fill every buffer and nobody reads its lines any more
            deaf.socket.send(b"nonsense\n" * 100)
    client = Client(path)
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}
    client.close()
    control.close()
    deaf.close()


def test_clients_that_hang_do_not_keep_a_new_one_out(path: Path, control: Control) -> None:
    idle = [Client(path) for _ in range(40)]
    client = Client(path)
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}
        assert idle[-1].ask(b'{"command": "pause"}') == {"ok": True, "step": 2, "message": ""}
    assert idle[0].answer() is None
    for other in (*idle, client):
        other.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be someone else for a moment")
def test_another_user_is_hung_up_on() -> None:
    script = "import os, socket, sys; os.setuid(65534)\n"
    script += "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
    script += 'try: s.sendall(b\'{"command": "stop"}\\n\'); print(s.recv(99))\n'
    script += "except ConnectionError: print(b'')"
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        control = Control(Path(directory) / "run.sock")
        control.path.chmod(0o666)
        control.start()
        command = [sys.executable, "-I", "-S", "-c", script, str(control.path)]
        stranger = subprocess.run(command, capture_output=True, text=True, timeout=20)
        assert stranger.stdout == "b''\n"
        assert not control.pending
        control.close()
