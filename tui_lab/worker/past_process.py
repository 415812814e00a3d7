"""The parent's handle on a process that computes again how a run was after a step.

It ends with whoever asks it. No torch in here.
"""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress

from tui_lab.errors import RunError
from tui_lab.event_encoding import from_json
from tui_lab.events import RunEvent
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps, loads
from tui_lab.worker.process import COMMAND, LOOK_BACK, environment


class PastProcess:
    """Asks about one run, one step at a time; any thread may."""

    def __init__(self, run: RunDirectory, *, command: tuple[str, ...] = COMMAND) -> None:
        self._name = run.id
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            (*command, LOOK_BACK, str(run.path)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd="/",
            start_new_session=True,
        )

    def look(self, step: int) -> list[RunEvent]:
        """What is seen of the run after `step`, as events. Raises `RunError` where it can't be
        computed."""
        with self._lock:
            try:
                return self._ask(step)
            except (OSError, ValueError) as error:
                raise RunError(f"{self._name} can't be computed again ({error}).") from error

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written to it
                    pipe.close()

    def _ask(self, step: int) -> list[RunEvent]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(dumps(step) + b"\n")
        self._process.stdin.flush()
        events: list[RunEvent] = []
        for line in self._process.stdout:
            said = loads(line)
            if "done" in said:
                return events
            if "error" in said:
                raise RunError(str(said["error"]))
            events.append(from_json(said))
        raise RunError(f"The process that computes {self._name} again has ended.")
