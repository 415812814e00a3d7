"""The parent's handle on the spare that splits off a worker for every run: see `worker.forking`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress

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
        self._told: list[tuple[str, int]] = []
        self._is_ready = False

    @property
    def ready(self) -> bool:
        """Whether it has imported torch and can be given runs; raises `RunError` where it ended
        before it came so far."""
        alive = self.alive  # asked first, so that what came before is still read
        self._read()
        if self._process is not None and not alive and not self._is_ready:
            code = self._process.returncode
            raise RunError(
                f"The process that starts workers ended as it began (status {code}); what it said "
                "stands in coordinator.log."
            )
        return alive and self._is_ready

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
        self._read()
        told, self._told = self._told, []
        yield from told

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
        self._is_ready = False

    def _read(self) -> None:
        """Take in what it said."""
        if self._process is None:
            return
        assert self._process.stdout is not None
        with suppress(BlockingIOError):
            while chunk := os.read(self._process.stdout.fileno(), _CHUNK):
                self._rest += chunk
        *lines, self._rest = self._rest.split(b"\n")
        for said in map(loads, lines):
            self._is_ready = self._is_ready or "ready" in said
            if "code" in said:
                self._told.append((str(said["run"]), int(said["code"])))
