"""The worker process: `python -m tui_lab.worker RUN_DIRECTORY`, or without one as a warm spare.

A spare imports torch ahead of time and waits for a run's directory on its standard input; when
that closes, its lab is gone and so is it. Once it has a run, nothing ties it to a terminal.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import torch

from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.session import conduct


def main(arguments: list[str]) -> int:
    """Run one run to its end; the exit status is 0 when it finished or was stopped."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path = arguments[0] if arguments else _wait_for_run()
    if not path:
        return 0
    directory = RunDirectory(Path(path))
    _redirect_output(directory.log_path)
    return conduct(directory)


def _wait_for_run() -> str:
    """Warm up, say so on descriptor $TUI_LAB_READY_FD, and read the directory of a run."""
    weight = torch.ones(2, 1, requires_grad=True)
    torch.autograd.backward((torch.ones(1, 2) @ weight).sum())
    if "TUI_LAB_READY_FD" in os.environ:
        descriptor = int(os.environ.pop("TUI_LAB_READY_FD"))
        with suppress(BrokenPipeError):  # given its run before it was ready: nobody listens now
            os.write(descriptor, b"1")
        os.close(descriptor)
    return os.fsdecode(sys.stdin.buffer.readline()).rstrip("\n")


def _redirect_output(path: Path) -> None:
    """Point descriptors 0, 1 and 2 away from any terminal, so that no library can print on it."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    sys.stdout.flush()
    sys.stderr.flush()
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
        if source > 2:
            os.set_inheritable(target, True)
    os.close(log)
    os.close(null)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
