"""The run's socket: commands come in as JSON lines, acknowledgements go back the same way.

Runs in the worker, on threads of its own. The loop looks at `Control.pending` once per step and
never waits for a client: whatever a client does or fails to do happens on that client's thread.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from tui_lab.commands import Acknowledgement, Command, Stop, from_json, sender
from tui_lab.runs.encoding import loads

LONGEST_LINE = 64 * 1024
"""Bytes of one command; a client that sends more is cut off."""
_MOST_CLIENTS = 32
"""More than a person can open; beyond it the oldest client is let go, so that clients which hang
can't keep a new one out."""
_SEND_TIMEOUT = 5.0
_PATIENCE = 4.0
"""Seconds that a client waits for a loop that is busy, before it is told; fewer than it would wait
for an answer at all. An order to stop has other means."""
_FAREWELL = 1.0
"""Seconds that closing waits, all in all, for last answers to reach their clients."""
_ENDED = Acknowledgement(ok=False, message="The run has ended.")
_STOPPED = Acknowledgement(ok=True, message="The run has ended.")


class Request:
    """One command that waits to be carried out. Only its first answer counts."""

    def __init__(self, command: Command, by: str = "") -> None:
        self.command = command
        self.by = by
        """Whose it is: the name of a terminal, if it has one."""
        self._answers: SimpleQueue[Acknowledgement] = SimpleQueue()

    def answer(self, acknowledgement: Acknowledgement) -> None:
        """Hand the answer to the client's thread; never blocks."""
        self._answers.put(acknowledgement)

    def wait(self) -> Acknowledgement:
        """Block the client's thread until there is an answer; closing the control gives one."""
        return self._answers.get()

    def wait_for(self, seconds: float) -> Acknowledgement | None:
        """The same for so many seconds at most."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            return None


class Control:
    """A Unix stream socket that any number of clients of the same user may command the run by.

    Binding replaces a socket file left behind by a dead worker; the caller holds the run's lock,
    so no live one is there.
    """

    def __init__(self, path: Path, bell: Callable[[], object] = lambda: None) -> None:
        """`bell` is rung for each request; one loop may listen for many runs."""
        self.path = path
        self._bell = bell
        self._listener = _listen(path)
        self._inode = _inode(path)
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._unanswered: set[Request] = set()
        self._clients: list[_Client] = []
        self._closed = False
        self._doing = "computing"
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="control", daemon=True)

    def start(self) -> None:
        """Begin to take clients."""
        self._thread.start()

    @property
    def pending(self) -> bool:
        """Whether `take` would return at once; cheap enough to ask at every step."""
        return not self._requests.empty()

    @property
    def asks_to_stop(self) -> bool:
        """Whether an order to stop waits, or is being carried out."""
        with self._lock:
            return any(isinstance(each.command, Stop) for each in self._unanswered)

    def take(self, timeout: float | None) -> Request | None:
        """The next request in order of arrival; None after `timeout` seconds or on `wake`.

        0 does not wait; None waits for ever.
        """
        try:
            return self._requests.get(timeout=timeout)
        except Empty:
            return None

    def wake(self) -> None:
        """Make the `take` in progress, or the next one, return None. Safe in a signal handler."""
        self._requests.put(None)

    @contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """In here the loop is `doing` something, and comes to no request."""
        before, self._doing = self._doing, doing
        try:
            yield
        finally:
            self._doing = before

    def keep(self, path: Path) -> None:
        """Listen at `path`: bind again where the socket file was swept away, or the run moved."""
        if path == self.path and _inode(path) == self._inode:
            return
        with self._lock:
            if self._closed:
                return
            left, self._listener = self._listener, _listen(path)
            before, self.path, self._inode = self.path, path, _inode(path)
        _shut(left)  # whoever waits there goes on at the new one
        if before != path:
            before.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the socket, answer what was not answered with "the run has ended", and go; to an
        order to stop that is a yes.

        Takes at most a second, whatever the clients do.
        """
        with self._lock:
            self._closed = True
            clients, unanswered = list(self._clients), list(self._unanswered)
        self.path.unlink(missing_ok=True)
        _shut(self._listener)
        for request in unanswered:
            request.answer(_STOPPED if isinstance(request.command, Stop) else _ENDED)
        _dismiss(clients)

    def submit(self, command: Command, by: str = "") -> Acknowledgement:
        """Queue a command for the loop and wait for its answer; called on a client's thread."""
        request = Request(command, by)
        with self._lock:
            if self._closed:
                return _ENDED
            self._unanswered.add(request)
            self._requests.put(request)
            self._bell()
        is_stop = isinstance(command, Stop)
        answer = request.wait() if is_stop else request.wait_for(_PATIENCE)
        with self._lock:
            self._unanswered.discard(request)
        return answer or Acknowledgement(
            ok=False, message=f"The run is busy: {self._doing}. It does what was asked after that."
        )

    def fileno(self) -> int:
        """What is ready to be read from when a client waits for `accept`; -1 once closed."""
        return self._listener.fileno()

    def accept(self) -> bool:
        """Take the client that waits, or the next; whether there was one."""
        try:
            connection, _ = self._listener.accept()
        except OSError:  # closed, bound anew, or for a moment out of descriptors
            return False
        self._welcome(connection)
        return True

    def _accept(self) -> None:
        while not self._closed:
            if not self.accept():
                time.sleep(0.0 if self._closed else 0.1)

    def _welcome(self, connection: socket.socket) -> None:
        with self._lock:
            if self._closed or not is_trusted(connection):
                connection.close()
                return
            self._clients = [client for client in self._clients if client.is_alive()]
            if len(self._clients) >= _MOST_CLIENTS:
                self._clients.pop(0).hang_up()
            client = _Client(connection, self)
            self._clients.append(client)
            client.start()


class _Client(threading.Thread):
    """One connection: reads a line, gets it answered, sends the answer, reads the next."""

    def __init__(self, connection: socket.socket, control: Control) -> None:
        super().__init__(name="control client", daemon=True)
        self._connection = connection
        self._control = control

    def run(self) -> None:
        with self._connection, suppress(OSError):  # the client went away, or never reads
            for line in self._lines():
                self._send(self._answer(line))

    def dismiss(self) -> None:
        """Read nothing more; an answer on its way is still sent."""
        with suppress(OSError):  # already gone
            self._connection.shutdown(socket.SHUT_RD)

    def hang_up(self) -> None:
        """Neither read nor send."""
        with suppress(OSError):  # already gone
            self._connection.shutdown(socket.SHUT_RDWR)

    def _lines(self) -> Iterator[bytes]:
        """Whole lines, until the client ends, tears one off or sends one that is too long."""
        with self._connection.makefile("rb") as stream:
            while (line := stream.readline(LONGEST_LINE + 1)).endswith(b"\n"):
                yield line

    def _answer(self, line: bytes) -> Acknowledgement:
        try:
            data = loads(line)
            command, by = from_json(data), sender(data)
        except ValueError as error:
            return Acknowledgement(ok=False, message=f"Not understood: {error}")
        return self._control.submit(command, by)

    def _send(self, acknowledgement: Acknowledgement) -> None:
        line = json.dumps(acknowledgement.to_json()).encode() + b"\n"
        self._connection.settimeout(_SEND_TIMEOUT)
        self._connection.sendall(line)
        self._connection.settimeout(None)


def _listen(path: Path) -> socket.socket:
    """A listening socket at `path`, there from the first moment with mode 0600."""
    unnamed = path.with_name(f"{path.name}~")
    unnamed.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(unnamed))
        unnamed.chmod(0o600)
        listener.listen(_MOST_CLIENTS)
        unnamed.replace(path)
    except OSError:
        listener.close()
        raise
    return listener


def _shut(listener: socket.socket) -> None:
    with suppress(OSError):  # not listening any more is what is wanted
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _inode(path: Path) -> int:
    """The number of the file at `path`; 0 when there is none."""
    try:
        return path.lstat().st_ino
    except OSError:
        return 0


def is_trusted(connection: socket.socket) -> bool:
    """Whether the peer is the same user or root; the kernel says so, not the peer.

    Where the kernel does not say, the directory's mode (0700) is what keeps others out.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII")
    )
    _, uid, _ = struct.unpack("iII", credentials)
    return uid in (os.getuid(), 0)


def _dismiss(clients: list[_Client]) -> None:
    deadline = time.monotonic() + _FAREWELL
    for client in clients:
        client.dismiss()
    for client in clients:
        client.join(max(0.0, deadline - time.monotonic()))
        client.hang_up()
