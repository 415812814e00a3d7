"""The parent's handle on a replay: a process that repeats a run, and says how far it has come.

It ends with whoever follows it. No torch in here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Any

from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import loads
from tui_lab.worker.process import COMMAND, REPLAY, environment

_LAST_WORDS = 4000
_DETERMINISTIC = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""Without it torch can't ask a card's matrix products for a fixed order."""


@contextmanager
def replaying(
    run: RunDirectory, keys: Sequence[str] = (), *, command: tuple[str, ...] = COMMAND
) -> Iterator[Iterator[dict[str, Any]]]:
    """What the replay of a run says, one object after the other: `{"step"}` on its way, at last
    `{"steps", "difference", "remarks"}`. `keys` are curves that it adds to the run where there is
    no difference. Raises `RunError` for a run that can't be repeated, and when the process ends
    without its last word."""
    with TemporaryFile() as printed:
        process = subprocess.Popen(
            (*command, REPLAY, str(run.path), *keys),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=printed,
            env=environment() | _DETERMINISTIC,
            cwd="/",
            start_new_session=True,
        )
        with process:
            try:
                yield _said(process, printed, run.id)
            finally:
                process.kill()


def _said(
    process: subprocess.Popen[bytes], printed: IO[bytes], name: str
) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    said: dict[str, Any] = {}
    for line in process.stdout:
        said = loads(line)
        if "error" in said:
            raise RunError(str(said["error"]))
        yield said
    if "difference" not in said:
        raise RunError(_broken_off(process.wait(), printed, name))


def _broken_off(code: int, printed: IO[bytes], name: str) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"
    printed.seek(max(0, printed.seek(0, 2) - _LAST_WORDS))
    words = printed.read().decode("utf-8", "replace").strip().splitlines()
    last = f": {words[-1]}" if words else ""
    return f"The replay of {name} {how}{last}."
