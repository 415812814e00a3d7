"""A worker without torch: it takes its run as the real one does, then behaves as it is told to.

Run as a script. The hyperparameter `behaviour` of its run says what to do.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from tui_lab.commands import Acknowledgement, Stop
from tui_lab.events import RunFinished, RunStopped
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.lock import RunLock, socket_path
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord
from tui_lab.worker.control import Control


def main(arguments: list[str]) -> None:
    """Take the run from the command line, or as a spare from standard input."""
    path = arguments[0] if arguments else wait_for_run()
    if not path:
        return
    directory = RunDirectory(Path(path))
    lock = RunLock(directory.path)
    lock.acquire()
    record = StatusRecord(status=RunStatus.RUNNING, pid=os.getpid(), host=host_name())
    directory.write_status(record)
    behaviour = str(directory.request().hyperparameters["behaviour"])
    BEHAVIOURS[behaviour](directory)


def wait_for_run() -> str:
    descriptor = int(os.environ.pop("TUI_LAB_READY_FD"))
    with suppress(BrokenPipeError):
        os.write(descriptor, b"1")
    os.close(descriptor)
    return sys.stdin.readline().rstrip("\n")


def report(directory: RunDirectory) -> None:
    """Tell what this process looks like from inside, then finish."""
    print("printed")
    print("complained", file=sys.stderr)
    descriptors = {int(name): os.readlink(f"/proc/self/fd/{name}") for name in open_descriptors()}
    facts = {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "group": os.getpgid(0),
        "directory": os.getcwd(),
        "descriptors": descriptors,
        "safe_path": sys.flags.safe_path,
        "unbuffered": os.environ.get("PYTHONUNBUFFERED"),
        "python_path": os.environ.get("PYTHONPATH"),
    }
    (directory.path / "facts.json").write_text(json.dumps(facts))
    finish(directory)


def open_descriptors() -> list[str]:
    return [name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]


def finish(directory: RunDirectory) -> None:
    log = RunLog(directory.events_path)
    log.append(RunFinished(t=0.0, step=1, epoch=1))
    log.close()


def finish_on_signal(directory: RunDirectory) -> None:
    """Finish once a file called `go` is there."""
    while not (directory.path / "go").exists():
        time.sleep(0.01)
    finish(directory)


def vanish(directory: RunDirectory) -> NoReturn:
    os._exit(7)


def obey(directory: RunDirectory) -> None:
    """End at the first Stop, as a good worker does."""
    control = Control(socket_path(directory.path))
    control.start()
    while True:
        request = control.take(None)
        if request is not None and isinstance(request.command, Stop):
            break
    request.answer(Acknowledgement(True, 5))
    log = RunLog(directory.events_path)
    log.append(RunStopped(t=0.0, step=5, epoch=0, reason=request.command.reason))
    log.close()
    record = StatusRecord(status=RunStatus.STOPPED, pid=os.getpid(), host=host_name())
    directory.write_status(record)
    control.close()


def hang(directory: RunDirectory) -> NoReturn:
    """Listen, but never take a request."""
    control = Control(socket_path(directory.path))
    control.start()
    sleep()


def hang_for_good(directory: RunDirectory) -> NoReturn:
    """Ignore SIGTERM too, and have a child of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (directory.path / "child").write_text(str(child.pid))
    hang(directory)


def sleep(directory: RunDirectory | None = None) -> NoReturn:
    while True:
        time.sleep(600)


BEHAVIOURS = {
    "report": report,
    "finish": finish,
    "finish on signal": finish_on_signal,
    "vanish": vanish,
    "obey": obey,
    "hang": hang,
    "hang for good": hang_for_good,
    "sleep": sleep,
}

if __name__ == "__main__":
    main(sys.argv[1:])
