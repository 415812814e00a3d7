"""A program in a real pseudo-terminal: what it sends, when, and what a person would see.

Bytes are only kept as they arrive; they are turned into a screen when somebody asks what stands on
it. A terminal emulator in Python is slower than what is measured here, and would compete with it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from types import TracebackType
from typing import Any

_CHUNK = 1 << 16


class Terminal:
    """Runs `command` in a terminal of `columns` × `rows`; what it sends can be seen or counted.

    Whether it runs from compiled modules is not left to the caller's environment: a person's does.
    """

    def __init__(
        self,
        command: list[str],
        *,
        columns: int = 120,
        rows: int = 40,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", **(environ or {})}
        for name in ("NO_COLOR", "PYTHONDONTWRITEBYTECODE", "SSH_CONNECTION"):
            env.pop(name, None)
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        self._master = master
        self._size = columns, rows
        self._unseen = bytearray()
        """What arrived since the screen was last looked at."""
        self.bytes = 0
        """Bytes received so far."""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program, whatever it is doing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self._master)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def pump(self, seconds: float) -> int:
        """Receive for at most `seconds`, returning after the first arrival; bytes received."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return 0
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:
            return 0  # the program has closed its side: nothing more will come
        self.bytes += len(data)
        self._unseen += data
        return len(data)

    def watch(self, seconds: float) -> int:
        """Receive for `seconds`; bytes received."""
        before, end = self.bytes, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.pump(left)
        return self.bytes - before

    def wait_for(self, seen: Callable[[str], bool], timeout: float = 60.0) -> float:
        """Receive until the screen's text satisfies `seen`; the time it took in seconds."""
        start = time.perf_counter()
        while not seen(self.text):
            left = timeout - (time.perf_counter() - start)
            if left <= 0:
                raise TimeoutError(f"The screen never showed it:\n{self.text}")
            self.pump(min(left, 0.5))
        return time.perf_counter() - start

    def wait_for_bytes(self, expected: bytes, timeout: float = 60.0) -> float:
        """Receive until `expected` arrives; the time it took in seconds. Nothing is emulated, so
        that what is measured is the program alone."""
        start = time.perf_counter()
        place = len(self._unseen)
        while expected not in self._unseen[place:]:
            left = timeout - (time.perf_counter() - start)
            if left <= 0:
                raise TimeoutError(f"{expected!r} never came.")
            self.pump(min(left, 0.5))
        return time.perf_counter() - start

    @property
    def text(self) -> str:
        """What stands on the screen."""
        screen, stream = self._emulated
        stream.feed(bytes(self._unseen))
        self._unseen.clear()
        return "\n".join(screen.display)

    @cached_property
    def _emulated(self) -> tuple[Any, Any]:
        import pyte  # a person needs it to look at the screen, and who only counts bytes does not

        screen = pyte.Screen(*self._size)
        return screen, pyte.ByteStream(screen)


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, all its threads together."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    ticks: float = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks


def resident_megabytes(pid: int) -> float:
    """Memory a process holds."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
