"""Commands to a run, from any process of the same user: what the screen and the command line use.

The socket alone is asked; who answers there is the worker. Stopping goes from a request to force.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui_lab.commands import Acknowledgement, Command, Stop, to_json
from tui_lab.errors import RunNotLive, RunUnreadable
from tui_lab.run import RunStatus
from tui_lab.runs.directory import STARTING, RunDirectory, host_name
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.lock import holder, is_held, socket_path
from tui_lab.worker.process import record_exit

_LONGEST_ANSWER = 64 * 1024
_START = 10.0
"""Seconds to wait for a worker that is still importing torch; it can't be told anything before."""
_DYING = 2.0
"""Seconds that a process which was signalled may take to be gone on a busy machine."""
_ENDING, _SAVING = 3.0, 30.0
"""Seconds for a run to end once it was told to: a program between two steps, and a script that may
save a large model first."""
_POLL = 0.02
"""Seconds between two looks at a run that is asked to end."""


class RunClient:
    """Sends commands to the worker of one run, a connection each."""

    def __init__(
        self,
        run_path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.run_path = run_path
        self._wait = functools.partial(_wait, clock=clock, sleep=sleep)
        self._clock = clock

    def send(
        self, command: Command, timeout: float = 5.0, *, patience: float = STARTING
    ) -> Acknowledgement:
        """The worker's answer; raises `RunNotLive` when none comes within `timeout` seconds. One
        that is still on its way is waited for first, for `patience` seconds.

        A command that was sent but not answered in time may still be carried out.
        """
        self._wait(lambda: not self._is_coming(), self._clock() + patience)
        deadline = time.monotonic() + timeout
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                _connect(connection, socket_path(self.run_path), deadline)
                connection.sendall(dumps(to_json(command, terminal())) + b"\n")
                answer = _read_line(connection, deadline)
            return Acknowledgement.from_json(loads(answer))
        except TimeoutError:
            raise RunNotLive(f"{self._name} did not answer in {timeout:g} s.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunNotLive(self._sentence(error)) from error

    @property
    def _name(self) -> str:
        return self.run_path.name

    def _is_coming(self) -> bool:
        """Whether the run is live, or about to be, and nobody listens yet."""
        if socket_path(self.run_path).exists():
            return False
        try:
            status = RunDirectory(self.run_path).status()
        except RunUnreadable:
            return False
        return status is RunStatus.PENDING or (is_held(self.run_path) and not status.is_finished)

    def _sentence(self, error: Exception) -> str:
        if self._is_coming():
            return f"{self._name} is starting and takes no commands yet."
        if not is_held(self.run_path):
            return f"{self._name} has ended: no worker is driving it."
        if isinstance(error, FileNotFoundError | ConnectionError):
            return f"{self._name} takes no commands any more: it is ending."
        return f"{self._name} can't be commanded ({error})."


def terminal() -> str:
    """The name of the terminal this process is in, as its user knows it: `pts/3`; empty for none.
    A worker's log says it of a knob that was turned, once more than one terminal gives orders."""
    for descriptor in (0, 1, 2):
        with suppress(OSError):
            return os.ttyname(descriptor).removeprefix("/dev/")
    return ""


def stop_run(
    directory: RunDirectory,
    grace: float | None = None,
    *,
    reason: str = "",
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> RunStatus:
    """End a run: by command, after `grace` seconds by SIGTERM, after as many again by SIGKILL to
    its process group; a script has time to save what it has. Returns what became of it: a run on
    another host, in a process that is not surely its worker, or in one that trains others with it
    gets the command only and may still be live."""

    def has_ended() -> bool:
        return not directory.is_live()

    grace = _grace(directory) if grace is None else grace
    wait = functools.partial(_wait, clock=clock, sleep=sleep)
    wait(lambda: not _is_starting(directory), clock() + max(grace, _START))
    deadline = clock() + grace
    wait(lambda: _tell(directory, Stop(reason), grace) or has_ended(), deadline)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if wait(has_ended, deadline) or not _signal(directory, number):
            break
        deadline = clock() + max(grace, _DYING)
    else:
        if wait(has_ended, deadline):
            record_exit(directory, -signal.SIGKILL)
    return directory.status()


def _grace(directory: RunDirectory) -> float:
    try:
        request = directory.request()
    except RunUnreadable:
        return _ENDING
    return _SAVING if request.script is not None or request.population else _ENDING


def _wait(
    done: Callable[[], bool],
    deadline: float,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> bool:
    while not done():
        if clock() >= deadline:
            return False
        sleep(_POLL)
    return True


def _is_starting(directory: RunDirectory) -> bool:
    """Whether a worker is on its way: written down just now, and nobody holds the lock yet."""
    return not directory.is_live() and directory.status() is RunStatus.PENDING


def _tell(directory: RunDirectory, command: Command, timeout: float) -> bool:
    """Whether the worker has heard the command."""
    try:
        RunClient(directory.path).send(command, timeout, patience=0.0)
    except RunNotLive:
        return False
    return True


def _signal(directory: RunDirectory, number: signal.Signals) -> bool:
    """Signal the worker, with SIGKILL its whole process group; False when it is not certain that
    the process is the worker.

    The number in the record is the worker's only while it holds the run's lock, on the host that
    the record names, as the leader of a session of its own.
    """
    record = directory.status_record()
    pid = holder(directory.path)
    if pid <= 1 or pid != record.pid or record.host != host_name():
        return False
    if directory.request().population and directory.resumption() is None:
        return False  # what ends its process ends the others
    try:
        if os.getsid(pid) != pid or os.getpgid(pid) != pid:
            return False
        send = os.killpg if number is signal.SIGKILL else os.kill
        send(pid, number)
    except (ProcessLookupError, PermissionError):  # it ended just now, or is someone else's
        return False
    return True


def _connect(connection: socket.socket, path: Path, deadline: float) -> None:
    connection.settimeout(max(0.001, deadline - time.monotonic()))
    while True:
        try:
            return connection.connect(str(path))
        except BlockingIOError:  # so many wait that there is no room in the queue
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            time.sleep(_POLL)


def _read_line(connection: socket.socket, deadline: float) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        chunk = connection.recv(4096)
        if not chunk or len(line) > _LONGEST_ANSWER:
            raise ConnectionError("the connection ended")
        line += chunk
    return line
