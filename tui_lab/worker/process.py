"""Starting workers and reaping them: the parent's handle on the process of a run.

A worker is detached: a session of its own, none of the parent's descriptors, nothing printed
anywhere but in the run's worker.log. It outlives its parent without a word. No torch in here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from tui_lab.errors import RunError, RunUnreadable
from tui_lab.events import RunEnded
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.populations import members
from tui_lab.runs.tail import last_event

READY = "TUI_LAB_READY_FD"
"""Environment variable: the descriptor on which a spare writes one byte when torch is imported."""
PARENT = "TUI_LAB_PARENT"
"""Environment variable: the process that started the worker; it may be gone before that is up."""
REPLAY = "--replay"
"""Argument: a run is repeated, and what came of it said in JSON lines on standard output: how far
it has come (`{"step": 40}`), at last `{"steps", "difference", "remarks"}` or `{"error"}`."""
LOOK_BACK = "--look-back"
"""Argument: each line on standard input is a step of a run, and is answered by events in JSON lines
that say how the run was then, and `{"done": step}`, or `{"error"}`."""
CHECK = "--check"
"""Argument: a person's own file is looked over, and what is found said in JSON lines on standard
output, as `tui_lab.worker.checking.check` says."""
FORK = "--fork"
"""Argument: each line on standard input names a run, for which the process splits off a worker, as
`tui_lab.worker.forking` says."""
WEIGHTS = "--weights"
"""Argument: what a run had kept after a step is written to a file of weights, and said in a line of
JSON on standard output: `{"tensors": 4}` or `{"error"}`."""
COMMAND = (sys.executable, "-P", "-m", "tui_lab.worker")
"""-P: whatever lies in the working directory never shadows a module."""


class WorkerProcess:
    """A worker that this process started. Keep it and poll it now and then, or its end goes
    unnoticed and a zombie stays; dropping it when this process exits harms nothing."""

    def __init__(self, process: subprocess.Popen[bytes], directory: RunDirectory) -> None:
        self.directory = directory
        self._process = process
        self._recorded = False

    @property
    def pid(self) -> int:
        """Its process id, which is its session's and its process group's too."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit status (negative: the signal that ended it), None while it runs.

        The first time there is one, it is written down beside a log that lacks its last event.
        """
        return self._record(self._process.poll())

    def wait(self, timeout: float | None = None) -> int | None:
        """As `poll`, after at most `timeout` seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self.poll()

    def _record(self, code: int | None) -> int | None:
        if code is not None and not self._recorded:
            self._recorded = True
            for run in _trained_by(self.directory):
                record_exit(run, code)
        return code


class WarmWorker:
    """A spare process that has imported torch and waits to be given a run.

    It dies with this process. One thread at a time may use it.
    """

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._stdin = -1
        self._ready = -1
        self._is_ready = False

    def start(self) -> None:
        """Have a spare: starts one unless there is a live one."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        stdin, self._stdin = os.pipe()
        self._ready, ready = os.pipe()
        os.set_blocking(self._ready, False)
        try:
            ours = environment() | {READY: str(ready)}
            self._process = _spawn(self._command, stdin, subprocess.DEVNULL, ours, (ready,))
        except OSError:
            self.close()  # without a spare every start is a cold one, and says what is wrong
        finally:
            os.close(stdin)
            os.close(ready)

    @property
    def ready(self) -> bool:
        """Whether the spare has imported everything it can import ahead."""
        if not self._is_ready and self._ready >= 0:
            with suppress(BlockingIOError):
                self._is_ready = os.read(self._ready, 1) != b""
        return self._is_ready and self._process is not None and self._process.poll() is None

    def give(self, directory: RunDirectory) -> WorkerProcess:
        """Make the spare, ready or not, the worker of this run; a cold start where there is no
        live one. Afterwards there is no spare until `start`."""
        process, line = self._process, os.fsencode(directory.path) + b"\n"
        if process is None or process.poll() is not None or b"\n" in line[:-1]:
            return _start_cold(directory, self._command)
        try:
            os.write(self._stdin, line)
        except BrokenPipeError:  # it died since
            return _start_cold(directory, self._command)
        self._process = None
        self._release()
        return WorkerProcess(process, directory)

    def close(self) -> None:
        """End an unused spare."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._release()

    def _release(self) -> None:
        for descriptor in (self._stdin, self._ready):
            if descriptor >= 0:
                os.close(descriptor)
        self._stdin = self._ready = -1
        self._is_ready = False


def start_run(
    directory: RunDirectory, warm: WarmWorker | None = None, *, command: tuple[str, ...] = COMMAND
) -> WorkerProcess:
    """Start the worker of a run that has been written down; raises `RunError`."""
    return _start_cold(directory, command) if warm is None else warm.give(directory)


def _trained_by(directory: RunDirectory) -> list[RunDirectory]:
    """The run, and those that train with it in its worker."""
    with suppress(RunUnreadable):
        return members(directory) or [directory]
    return [directory]


def record_exit(directory: RunDirectory, code: int) -> None:
    """Write down the exit status of a worker that ended without saying so in its log."""
    has_ended = isinstance(last_event(directory.events_path), RunEnded)
    if not has_ended or directory.status() is RunStatus.PENDING:  # its end may be a former one's
        with suppress(OSError):  # no room, or deleted: the run is known to have crashed anyway
            directory.write_exit_status(code)


class Detached(subprocess.Popen[bytes]):
    """A child that may outlive this process."""

    def __del__(self) -> None:
        """The warning about a child still running is not meant for this one."""


def _start_cold(directory: RunDirectory, command: tuple[str, ...]) -> WorkerProcess:
    try:
        log = os.open(directory.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            arguments = (*command, str(directory.path))
            process = _spawn(arguments, subprocess.DEVNULL, log, environment())
        finally:
            os.close(log)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"No worker could be started for {directory.id} ({reason}).") from error
    return WorkerProcess(process, directory)


def _spawn(
    command: tuple[str, ...],
    stdin: int,
    output: int,
    environ: Mapping[str, str],
    descriptors: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    return Detached(
        command,
        stdin=stdin,
        stdout=output,
        stderr=output,
        env=environ,
        pass_fds=descriptors,
        cwd="/",
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """This process's environment, made to mean the same in another working directory."""
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", PARENT: str(os.getpid())}
    if paths := environ.get("PYTHONPATH"):
        entries = (os.path.abspath(path) for path in paths.split(os.pathsep))
        environ["PYTHONPATH"] = os.pathsep.join(entries)
    return environ
