"""The run's socket: every line is answered once and in order, whoever asks is the same user, and
no client, whatever it does, keeps the loop or another client waiting."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tui_lab.commands import Acknowledgement, Advance, Evaluate, Pause, SetHyperparameter, Stop
from tui_lab.worker.control import LONGEST_LINE, Control, Request

DEADLINE = 20.0
"""Seconds after which a test that waits for a thread has failed."""


class Client:
    """One connection, reading and writing whole lines."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.settimeout(DEADLINE)
        self._answers = self.socket.makefile("rb")

    def send(self, line: bytes) -> None:
        self.socket.sendall(line + b"\n")

    def answer(self) -> dict[str, Any] | None:
        """The next answer; None when the other side has hung up."""
        try:
            line = self._answers.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def ask(self, line: bytes) -> dict[str, Any] | None:
        self.send(line)
        return self.answer()

    def close(self) -> None:
        self._answers.close()
        self.socket.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.sock"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    control = Control(path)
    control.start()
    yield control
    control.close()


@pytest.fixture
def client(path: Path, control: Control) -> Iterator[Client]:
    client = Client(path)
    yield client
    client.close()


def taken(control: Control) -> Request:
    """The next request; fails the test when none comes."""
    request = control.take(DEADLINE)
    assert request is not None
    return request


@contextmanager
def obedient(control: Control) -> Iterator[list[object]]:
    """A loop that answers the n-th request with step n; gives what it was told."""
    told: list[object] = []

    def obey() -> None:
        while (request := control.take(None)) is not None:
            told.append(request.command)
            request.answer(Acknowledgement(True, len(told)))

    loop = threading.Thread(target=obey)
    loop.start()
    try:
        yield told
    finally:
        control.wake()
        loop.join(DEADLINE)


def test_the_socket_belongs_to_the_user_alone(path: Path, control: Control) -> None:
    status = path.stat()
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o600


def test_a_socket_left_by_a_dead_worker_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    control = Control(path)
    control.start()
    client = Client(path)
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}
    client.close()
    control.close()


def test_closing_removes_the_socket_and_ends_the_connection(path: Path, control: Control) -> None:
    client = Client(path)
    control.close()
    assert os.listdir(path.parent) == []
    assert client.answer() is None
    client.close()


def test_every_command_arrives_as_it_was_sent(control: Control, client: Client) -> None:
    with obedient(control) as told:
        client.ask(b'{"command": "pause"}')
        client.ask(b'{"command": "advance", "unit": "phase"}')
        client.ask(b'{"command": "set", "name": "lr", "value": "1e-3"}')
        client.ask(b'{"command": "evaluate"}')
        client.ask(b'{"command": "stop", "reason": "enough"}')
    expected = [Pause(), Advance("phase"), SetHyperparameter("lr", "1e-3"), Evaluate()]
    assert told == [*expected, Stop("enough")]


def test_lines_sent_at_once_are_answered_once_each_in_order(
    control: Control, client: Client
) -> None:
    with obedient(control):
        client.send(b'{"command": "pause"}\nnonsense\n{"command": "resume"}\n{"command": "pause"}')
        answers = [client.answer() for _ in range(4)]
    assert [answer and (answer["ok"], answer["step"]) for answer in answers] == [
        (True, 1),
        (False, 0),
        (True, 2),
        (True, 3),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 60_000,
        b'{"command": "fly"}',
        b'{"command": []}',
        b'{"command": "pause", "why": 1}',
        b'{"command": "advance"}',
        b'{"command": "advance", "unit": "year"}',
        b'{"command": "advance", "unit": {}}',
        b'{"command": "set", "name": 3, "value": 1}',
        b'{"command": "set", "name": "lr", "value": NaN}',
        b'{"command": "set", "name": "\\ud800", "value": 1}',
        b'{"command": "stop", "reason": null}',
    ],
)
def test_a_line_that_is_no_command_is_refused_and_the_connection_lives_on(
    control: Control, client: Client, line: bytes
) -> None:
    refusal = client.ask(line)
    assert refusal is not None
    assert not refusal["ok"]
    assert refusal["message"].startswith("Not understood: ")
    assert not control.pending
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}


def test_a_line_that_is_too_long_closes_its_client_alone(
    path: Path, control: Control, client: Client
) -> None:
    long = Client(path)
    with suppress(BrokenPipeError, ConnectionResetError):  # cut off while still sending
        long.send(b'{"command": "stop", "reason": "' + b"x" * LONGEST_LINE + b'"}')
    assert long.answer() is None
    long.close()
    with obedient(control) as told:
        client.ask(b'{"command": "pause"}')
    assert told == [Pause()]


def test_a_line_without_its_end_is_not_obeyed(control: Control, path: Path) -> None:
    torn = Client(path)
    torn.socket.sendall(b'{"command": "stop"}')
    torn.socket.shutdown(socket.SHUT_WR)
    assert torn.answer() is None
    torn.close()
    assert not control.pending


def test_nothing_to_take_is_none(control: Control) -> None:
    assert not control.pending
    assert control.take(0) is None
    assert control.take(0.01) is None


def test_taking_wakes_when_a_request_comes(control: Control, client: Client) -> None:
    sender = threading.Timer(0.05, client.send, [b'{"command": "resume"}'])
    sender.start()
    taken(control).answer(Acknowledgement(True, 7))
    sender.join()
    assert client.answer() == {"ok": True, "step": 7, "message": ""}


def test_a_request_is_pending_until_it_is_taken(control: Control, client: Client) -> None:
    client.send(b'{"command": "pause"}')
    client.send(b"nonsense")
    request = taken(control)
    assert not control.pending
    request.answer(Acknowledgement(True, 1))
    client.answer()
    client.send(b'{"command": "resume"}')
    taken(control).answer(Acknowledgement(True, 2))


def test_waking_ends_one_take_without_a_request(control: Control) -> None:
    control.wake()
    assert control.pending
    assert control.take(None) is None
    assert not control.pending


def test_only_the_first_answer_counts(control: Control, client: Client) -> None:
    client.send(b'{"command": "pause"}')
    request = taken(control)
    request.answer(Acknowledgement(True, 1))
    request.answer(Acknowledgement(False, 2, "again"))
    assert client.answer() == {"ok": True, "step": 1, "message": ""}
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}


def test_closing_answers_what_was_queued_and_what_was_taken(path: Path, control: Control) -> None:
    first, second = Client(path), Client(path)
    first.send(b'{"command": "pause"}')
    taken(control)
    second.send(b'{"command": "stop"}')
    while not control.pending:  # until it has arrived
        pass
    control.close()
    ended = {"ok": False, "step": 0, "message": "The run has ended."}
    assert first.answer() == ended
    assert second.answer() == ended
    for client in (first, second):
        assert client.answer() is None
        client.close()


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
        stranger = subprocess.run(command, capture_output=True, text=True, check=True)
        assert stranger.stdout == "b''\n"
        assert not control.pending
        control.close()
