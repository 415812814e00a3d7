"""A home of its own for every test here, terminals on it, and nothing left running afterwards."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.endtoend.terminal import Terminal
from tui_lab.runs.directory import RunDirectory

Lab = Callable[..., Terminal]


class Home:
    """A directory for runs, and every process that was ever told of it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of a program that keeps its runs here."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("NO_COLOR", "COLORTERM", "SSH_CONNECTION")
        }
        return {**inherited, "TUI_LAB_HOME": str(self.path), "TERM": "xterm-256color"}

    def only_run(self) -> RunDirectory:
        (path,) = (self.path / "runs").iterdir()
        return RunDirectory(path)

    def processes(self) -> list[int]:
        """Who was started with this home and is not over, workers and spares included."""
        mark = f"TUI_LAB_HOME={self.path}".encode()
        return [pid for pid in _pids() if mark in _environ(pid) and pid != os.getpid()]

    def clear(self) -> None:
        """End whatever is left, also after a test that failed."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    yield home
    home.clear()


@pytest.fixture
def lab(home: Home) -> Iterator[Lab]:
    """Open `tui-lab` with these words on a terminal of its own."""
    opened: list[Terminal] = []

    def open_lab(*words: str, controlling: bool = True) -> Terminal:
        command = [sys.executable, "-m", "tui_lab", *words]
        opened.append(Terminal(command, home.environ, controlling=controlling))
        return opened[-1]

    yield open_lab
    for terminal in opened:
        terminal.close()


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _environ(pid: int) -> list[bytes]:
    """The environment a process was started with; nothing for one that is over."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
