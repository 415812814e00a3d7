"""Where a worker's words go: its run's worker.log, never a terminal, and never back as an error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any


class WorkerOutput(io.FileIO):
    """A descriptor to print on that takes everything: on a full disk words get lost, because a
    `print` that raises would end a run that could have waited for room."""

    def write(self, data: Any) -> int:
        """Write what can be written; always as long as `data`."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def redirect_output(path: Path) -> None:
    """Point descriptors 0, 1 and 2, and Python's own streams on them, away from any terminal."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    sys.stdout.flush()
    sys.stderr.flush()
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(log)
    sys.stdout, sys.stderr = printing_stream(1), printing_stream(2)


def printing_stream(descriptor: int) -> io.TextIOWrapper:
    """A text stream on `descriptor` that writes at once and can write any text."""
    output = WorkerOutput(descriptor, "wb", closefd=False)
    return io.TextIOWrapper(output, "utf-8", errors="backslashreplace", write_through=True)
