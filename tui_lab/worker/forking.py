"""A spare that splits itself for every run it is given: torch is imported once for all of them.

Each line on standard input is a JSON object: `run`, the directory of a run, and `environment`,
variables of its worker beside those it inherits. On standard output comes `{"ready": true}` once
torch is imported, and `{"run", "code"}` for a worker that has ended. A worker is a session of its
own: it outlives the spare, which ends when standard input closes.

The spare itself computes nothing: what torch keeps in threads and on a card does not survive a
fork, and each child has it for itself.
"""

from __future__ import annotations

import atexit
import gc
import os
import select
import signal
from collections.abc import Iterator

import torch

from tui_lab.runs.encoding import dumps, loads

_CHUNK = 1 << 16


class ForkedExit:
    """How a child ends: what its program left for the interpreter's exit is done, and the modules
    are not taken down one by one, which takes longer than a short run."""

    def __init__(self) -> None:
        self.code = 0

    def arrange(self) -> None:
        """To be called before the program registers anything: the last comes first."""
        atexit.register(lambda: os._exit(self.code))


FORKED_EXIT = ForkedExit()


def split() -> str:
    """The directory of a run, in a child that is to be its worker; empty in the spare, once nobody
    gives it runs any more."""
    torch.optim.SGD([torch.zeros(1)], lr=0.0)  # imports half of torch's compiler
    gc.collect()
    gc.freeze()  # what is there is shared with the children, as long as nobody touches it
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    spare = _Spare()
    _say({"ready": True})
    for line in _lines(awake, spare):
        asked = loads(line)
        if not spare.fork(asked["run"]):
            os.close(awake)
            os.close(wake)
            FORKED_EXIT.arrange()
            os.environ.update(asked.get("environment", {}))
            return str(asked["run"])
    return ""


class _Spare:
    """The children and what is said of them."""

    def __init__(self) -> None:
        self._runs: dict[int, str] = {}

    def fork(self, run: str) -> int:
        """The child's process id; 0 in the child."""
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            return 0
        self._runs[pid] = run
        return pid

    def reap(self) -> None:
        """Tell of the children that have ended."""
        while self._runs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            run = self._runs.pop(pid, "")
            _say({"run": run, "code": os.waitstatus_to_exitcode(status)})


def _lines(awake: int, spare: _Spare) -> Iterator[bytes]:
    """The lines on standard input, while ended children are looked after."""
    rest = b""
    while True:
        ready, _, _ = select.select([0, awake], [], [])
        if awake in ready:
            os.read(awake, _CHUNK)
            spare.reap()
        if 0 in ready:
            chunk = os.read(0, _CHUNK)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines


def _say(data: dict[str, object]) -> None:
    try:
        os.write(1, dumps(data) + b"\n")
    except BrokenPipeError:  # nobody listens; the next read finds that nobody asks either
        return
