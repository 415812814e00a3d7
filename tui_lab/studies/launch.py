"""Coordinators as processes: begun on a study, asked to end, begun again.

A coordinator is detached as workers are, and outlives who began it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tui_lab.errors import RunError, TuiLabError
from tui_lab.runs.directory import STARTING, RunDirectory, host_name
from tui_lab.runs.lock import is_held
from tui_lab.studies import reasons
from tui_lab.studies.directory import StudyDirectory, studies_of
from tui_lab.studies.ending import going_on
from tui_lab.studies.executor import Executor
from tui_lab.studies.executors import executor_for
from tui_lab.studies.record import StudyRecord
from tui_lab.study import StudyRequest, StudyState
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import Detached, environment

COMMAND = (sys.executable, "-P", "-m", "tui_lab.studies")
_STOPPING = 60.0
"""Seconds for a study to end once it was asked to."""
_POLL = 0.05


def start_study(
    runs: Path, request: StudyRequest, now: datetime
) -> tuple[StudyDirectory, subprocess.Popen[bytes]]:
    """Write a study down and start its coordinator, whose process is to be polled now and then, or
    a zombie stays; raises `TuiLabError`."""
    study = StudyDirectory.create(studies_of(runs), request, now)
    return study, _spawn(study)


def resume_study(study: StudyDirectory) -> subprocess.Popen[bytes]:
    """Start a coordinator on a study that has none; raises `RunError`."""
    state = study.state()
    if state is StudyState.RUNNING or is_held(study.path) or study.coordinator():
        raise RunError(f"{study.id} is still going on.")
    if state is StudyState.FINISHED:
        raise RunError(f"{study.id} has finished: there is nothing left to do.")
    study.request()
    try:
        study.expect()
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"{study.id} can't be resumed ({reason}).") from error
    return _spawn(study)


def stop_study(
    study: StudyDirectory,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> StudyState:
    """End a study and the runs of it that are under way; returns what became of it. Where its
    coordinator is gone, what it left running is ended."""
    status = study.status()
    if study.state() is StudyState.RUNNING and status.host not in ("", host_name()):
        raise RunError(f"{study.id} goes on on {status.host}; stop it there.")
    deadline = clock() + STARTING
    while study.state() is StudyState.RUNNING and not study.coordinator() and clock() < deadline:
        sleep(_POLL)
    deadline = clock() + _STOPPING
    if pid := study.coordinator():
        os.kill(pid, signal.SIGTERM)
    while (is_held(study.path) or study.coordinator()) and clock() < deadline:
        sleep(_POLL)
    if study.state() is StudyState.INTERRUPTED:
        _end_what_is_left(study, lambda: clock() < deadline, sleep)
    return study.state()


def _end_what_is_left(
    study: StudyDirectory, has_time: Callable[[], bool], sleep: Callable[[float], None]
) -> None:
    request, reason = study.request(), reasons.with_study(study.id)
    record = StudyRecord(study.id, request, study.runs)
    left = [run.directory for n in record.discover() for run in record.under_way(n)]
    if request.on:
        executor = executor_for(request, say=lambda sentence: None)
        try:
            going = _end_elsewhere(executor, left, reason, has_time, sleep)
        finally:
            executor.close()
    else:
        going = _end_here(left, reason)
    if going:
        raise RunError(f"{going_on(going)} Try tui-lab study --stop {study.id} again.")
    study.write_last(replace(study.status(), state=StudyState.STOPPED))


def _end_here(runs: Sequence[RunDirectory], reason: str) -> list[RunDirectory]:
    """Those that go on all the same."""
    for run in runs:
        if run.is_live():
            with suppress(TuiLabError):  # it is looked at again
                stop_run(run, reason=reason)
    return [run for run in runs if run.is_live()]


def _end_elsewhere(
    executor: Executor,
    runs: Sequence[RunDirectory],
    reason: str,
    has_time: Callable[[], bool],
    sleep: Callable[[float], None],
) -> list[RunDirectory]:
    """End what goes on on other machines, and wait for its logs; those that go on all the same."""
    left = {run.id for run in runs if executor.adopt(run)}
    for run_id in left:
        executor.stop(run_id, reason)
    while left and has_time():
        left -= {each.run_id for each in executor.ended()}
        sleep(_POLL)
    return [run for run in runs if run.id in left]


def _spawn(study: StudyDirectory) -> subprocess.Popen[bytes]:
    try:
        log = os.open(study.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return Detached(
                (*COMMAND, str(study.path)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(log)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"No coordinator could be started for {study.id} ({reason}).") from error
