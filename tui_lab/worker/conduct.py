"""One run from its request to its last event: lock, record, control, and what is left to say."""

from __future__ import annotations

from contextlib import suppress

from tui_lab.commands import Acknowledgement, Stop
from tui_lab.events import Remarked, RunEnded, RunFailed, RunStopped, status_of
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock, socket_path, sweep
from tui_lab.runs.tail import last_event
from tui_lab.worker.control import Control
from tui_lab.worker.driving import Driver, failure
from tui_lab.worker.interruption import Stopped, breaking_off
from tui_lab.worker.presence import Presence
from tui_lab.worker.record import RunRecord
from tui_lab.worker.script.driving import ScriptDriver


def conduct(directory: RunDirectory) -> int:
    """Drive the run in `directory`; returns the exit status of its process."""
    sweep()
    before = last_event(directory.events_path)
    lock = RunLock(directory.path)
    lock.acquire()
    record = RunRecord(directory)
    record.start()
    control = Control(socket_path(directory.path))
    control.start()
    presence = Presence(directory, lock, control)
    record.each_second = presence.check
    try:
        with breaking_off():
            ended = _driver(directory, record, control).run()
    except Stopped as stop:
        ended = RunStopped(t=0.0, step=0, epoch=0, reason=str(stop))
    except (Exception, SystemExit) as error:  # the process edge: what went wrong is the last event
        ended = failure(error, t=0.0, step=0, epoch=0, metrics={})
    if isinstance(ended, RunFailed) and isinstance(before, RunEnded) and not record.began:
        record.append(Remarked(t=before.t, step=before.step, message=_not_taken_up(ended)))
        ended = before  # what it was before it still is
    record.append(ended)
    with suppress(Stopped), breaking_off():
        _write_rest(record, control, told_to_stop=isinstance(ended, RunStopped))
    control.close()
    record.close(status_of(ended), getattr(ended, "error", ""))
    presence.close()
    lock.release()
    return 1 if isinstance(ended, RunFailed) else 0


def _driver(directory: RunDirectory, record: RunRecord, control: Control) -> Driver | ScriptDriver:
    request = directory.request()
    if request.script is not None:
        return ScriptDriver(directory, record, control, request)
    return Driver(directory, record, control, request)


def _not_taken_up(failed: RunFailed) -> str:
    return f"It could not be taken up: {failed.error}"


def _write_rest(record: RunRecord, control: Control, *, told_to_stop: bool) -> None:
    """Have the whole log on disk; on a full one wait for room, unless told to stop already."""
    while not record.try_flush() and not told_to_stop:
        request = control.take(timeout=1.0)
        if request is not None and isinstance(request.command, Stop):
            request.answer(Acknowledgement(True, message="The end of the log is lost."))
            return
        if request is not None:
            request.answer(Acknowledgement(False, message="The disk is full; free some."))
