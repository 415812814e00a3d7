"""The worker process: `python -m tui_lab.worker RUN_DIRECTORY`, or without one as a warm spare;
`--replay RUN_DIRECTORY [CURVE …]` repeats a run and says on standard output how that went;
`--look-back RUN_DIRECTORY` says how it was after the steps it is asked for; `--weights
RUN_DIRECTORY STEP FILE` writes what it had trained until then; `--check FILE` looks a person's own
file over; `--fork` splits a worker off for every run it is given.

A spare imports torch ahead of time and waits for a run's directory on its standard input; when
that closes, its lab is gone and so is it. Once it has a run, nothing ties it to a terminal.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import torch

from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.populations import members
from tui_lab.worker.checking.check import tell_check
from tui_lab.worker.conduct import conduct
from tui_lab.worker.forking import FORKED_EXIT, split
from tui_lab.worker.looking_back import tell_past
from tui_lab.worker.output import redirect_output
from tui_lab.worker.population.conduct import conduct_population
from tui_lab.worker.process import CHECK, FORK, LOOK_BACK, REPLAY, WEIGHTS
from tui_lab.worker.replaying import tell_replay
from tui_lab.worker.weights import tell_weights

_GRACE = 1.0
"""Seconds for what a program left behind."""


def main(arguments: list[str]) -> int:
    """Run one run to its end; the exit status is 0 when it finished or was stopped."""
    if arguments[:1] == [REPLAY]:
        return tell_replay(RunDirectory(Path(arguments[1])), arguments[2:])
    if arguments[:1] == [LOOK_BACK]:
        return tell_past(RunDirectory(Path(arguments[1])))
    if arguments[:1] == [WEIGHTS]:
        return tell_weights(RunDirectory(Path(arguments[1])), int(arguments[2]), Path(arguments[3]))
    if arguments[:1] == [CHECK]:
        return tell_check(Path(arguments[1]))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given = arguments[0] if arguments else ""
    path = split() if given == FORK else given or _wait_for_run()
    if not path:
        return 0
    directory = RunDirectory(Path(path))
    redirect_output(directory.log_path)
    together = members(directory)
    return conduct_population(together) if together else conduct(directory)


def warmed(environ: Mapping[str, str], has_card: Callable[[], bool]) -> tuple[str, ...]:
    """The devices a spare takes a step on ahead of time. The card only where $TUI_LAB_WARM_CUDA
    says so: from then on the spare holds some 0.8 GiB of it."""
    wanted = environ.get("TUI_LAB_WARM_CUDA", "") not in ("", "0")
    return ("cpu", "cuda") if wanted and has_card() else ("cpu",)


def _wait_for_run() -> str:
    """Warm up, say so on descriptor $TUI_LAB_READY_FD, and read the directory of a run."""
    for device in warmed(os.environ, torch.cuda.is_available):
        weight = torch.ones(2, 1, requires_grad=True, device=device)
        torch.autograd.backward((torch.ones(1, 2, device=device) @ weight).sum())
        torch.optim.SGD([weight], lr=0.0)  # the first optimizer imports half of torch's compiler
    if "TUI_LAB_READY_FD" in os.environ:
        descriptor = int(os.environ.pop("TUI_LAB_READY_FD"))
        with suppress(BrokenPipeError):  # given its run before it was ready: nobody listens now
            os.write(descriptor, b"1")
        os.close(descriptor)
    return os.fsdecode(sys.stdin.buffer.readline()).rstrip("\n")


def leave(code: int) -> NoReturn:
    """End this process with `code`: the run is over, and what its program left behind (threads,
    handlers of the interpreter's exit) has `_GRACE` seconds."""
    force = threading.Timer(_GRACE, os._exit, (code,))
    force.daemon = True
    force.start()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 2 * _GRACE)  # should one of them never let go of Python
    FORKED_EXIT.code = code
    sys.exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
