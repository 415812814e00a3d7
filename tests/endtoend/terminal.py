"""A terminal for one program: a real pseudo-terminal, and the screen that its bytes amount to."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import pyte

LONGEST = 120.0
"""Seconds after which something hangs; nothing is measured with it."""
_KEYS = {"ctrl+p": "\x10", "down": "\x1b[B", "up": "\x1b[A", "enter": "\r", "escape": "\x1b"}
# Makes the pseudo-terminal the program's controlling one, as a login does.
_LOGIN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """Runs a command on a pseudo-terminal; reads what it writes while something is waited for."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        size: tuple[int, int] = (100, 30),
        *,
        controlling: bool = True,
    ) -> None:
        """`controlling` makes it the terminal whose loss the program is told of by SIGHUP."""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        """Every byte that has come from the program."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._found = termios.tcgetattr(self._master)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, *command] if controlling else list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environ),
            start_new_session=True,
        )
        os.close(slave)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.screen.display)

    @property
    def is_as_found(self) -> bool:
        """Whether echo, line mode and the like are what they were before the program."""
        return termios.tcgetattr(self._master) == self._found

    def press(self, *keys: str) -> None:
        """As a person does; a key without a name of its own is typed as it is."""
        for key in keys:
            os.write(self._master, _KEYS.get(key, key).encode())

    def until(self, done: Callable[[], object]) -> None:
        """Read on until it is so; fails when that does not come to pass."""
        deadline = time.monotonic() + LONGEST
        while not done():
            assert time.monotonic() < deadline, f"it did not come to pass:\n{self.text}"
            self._read(0.02)

    def shows(self, *words: str) -> None:
        """Wait until all of these stand on the screen at once."""
        self.until(lambda: all(word in self.text for word in words))

    def wait(self) -> int:
        """Read to the end; the exit status, negative for a signal."""
        self.until(lambda: self.process.poll() is not None)
        while self._read(0.0):
            pass
        return self.process.returncode

    def kill(self) -> None:
        """As the kernel does when it is out of memory: without a word."""
        self.process.kill()
        self.process.wait()

    def hang_up(self) -> None:
        """Close the terminal under the program, as a lost connection does."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """Leave no process behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._master >= 0:
            self.hang_up()

    def _read(self, timeout: float) -> bool:
        """Take in what was written; whether anything was."""
        if self._master < 0:
            time.sleep(timeout)
            return False
        ready, _, _ = select.select([self._master], [], [], timeout)
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 1 << 16)
        except OSError:  # nobody holds the other end any more
            time.sleep(timeout)
            return False
        self.written += chunk
        self._stream.feed(chunk)
        return bool(chunk)
