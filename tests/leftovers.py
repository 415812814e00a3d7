"""Processes that tests started and left running, found by a mark in their environment."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

MARK = "TUI_LAB_TESTS"
"""In the environment of every process that these tests start, and of those these start in turn."""


def end_marked(mark: str, *, grace: float) -> list[str]:
    """End every process with this mark that is still there after `grace` seconds; gives their
    commands."""
    deadline = time.monotonic() + grace
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return list(left.values())


def _marked(mark: str) -> dict[int, str]:
    """The command of every process with this mark, but for this one, zombies and where there is no
    /proc to tell."""
    wanted, found = f"{MARK}={mark}".encode(), dict[int, str]()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or belongs to somebody else
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
    return {pid: command for pid, command in found.items() if command and pid != os.getpid()}
