"""Both ends of a run's socket, as the tests of it hold them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tui_lab.commands import Acknowledgement
from tui_lab.worker.control import Control, Request

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


def taken(control: Control) -> Request:
    """The next request; fails the test when none comes."""
    request = control.take(DEADLINE)
    assert request is not None
    return request


def arrived(control: Control) -> None:
    """Wait until a request waits to be taken; fails the test when none comes."""
    deadline = time.monotonic() + DEADLINE
    while not control.pending:
        assert time.monotonic() < deadline, "no request came"
        time.sleep(0.001)


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
