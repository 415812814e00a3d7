"""The parent's handle on the spare that splits off a worker for every run: see `worker.forking`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps, loads
from tui_lab.worker.process import COMMAND, FORK, Detached, environment

_CHUNK = 1 << 16


class Splitting:
    """A process that has imported torch once, and whose children are workers. It ends with this
    process; they do not."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    @property
    def alive(self) -> bool:
        """Whether it can be given runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Have a spare: starts one unless there is a live one; raises `RunError`."""
        if self.alive:
            return
        self.close()
        try:
            self._process = Detached(
                (*self._command, FORK),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment(),
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            reason = error.strerror or str(error)
            raise RunError(f"No worker can be started ({reason}).") from error
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def give(self, run: RunDirectory, variables: Mapping[str, str]) -> None:
        """Have a worker split off for the run, in an environment with these variables besides;
        raises `RunError`."""
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        line = dumps({"run": str(run.path), "environment": dict(variables)}) + b"\n"
        try:
            self._process.stdin.write(line)
        except BrokenPipeError as error:
            raise RunError("The process that starts workers has vanished.") from error

    def ended(self) -> Iterator[tuple[str, int]]:
        """The path of each run whose worker has ended since the last call, and its exit status
        (negative: the signal that ended it)."""
        for said in self._said():
            if "code" in said:
                yield str(said["run"]), int(said["code"])

    def close(self) -> None:
        """Let it go; its children go on."""
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._rest = b""

    def _said(self) -> Iterator[dict[str, Any]]:
        if self._process is None:
            return
        assert self._process.stdout is not None
        with suppress(BlockingIOError):
            while chunk := os.read(self._process.stdout.fileno(), _CHUNK):
                self._rest += chunk
        *lines, self._rest = self._rest.split(b"\n")
        yield from map(loads, lines)
