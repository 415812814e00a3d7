"""One study on disk: what was asked of it, its state, and whether its coordinator still lives."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from tui_lab import checks
from tui_lab.errors import HomeError, RunUnreadable
from tui_lab.run import new_run_id
from tui_lab.runs.directory import FRESH, STARTING, host_name, is_process
from tui_lab.runs.lock import holder, is_held, lock_path
from tui_lab.runs.object_file import ObjectFile
from tui_lab.runs.reserve import set_aside
from tui_lab.studies.status import StudyStatus
from tui_lab.study import FORMAT, StudyRequest, StudyState, StudySummary, TrialState


def studies_of(runs: Path) -> Path:
    """The directory of the studies whose runs are in `runs`; it need not exist."""
    return runs.parent / "studies"


class StudyDirectory:
    """The directory of one study. Reading raises `RunUnreadable`, in one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def runs(self) -> Path:
        """Where the runs of its trials are, among all others."""
        return self.path.parent.parent / "runs"

    @property
    def log_path(self) -> Path:
        """What the coordinator printed."""
        return self.path / "coordinator.log"

    @property
    def reserve_path(self) -> Path:
        """What is let go of on a full disk, so that the study can say so."""
        return self.path / "reserve"

    @classmethod
    def create(cls, studies: Path, request: StudyRequest, now: datetime) -> StudyDirectory:
        """Make the directory of a new study, with `request` in it; raises `HomeError` when the disk
        is full or can't be written."""
        created = request.created or now.astimezone(UTC).isoformat(timespec="milliseconds")
        path = studies / new_run_id(request.experiment, now)
        try:
            path.mkdir(mode=0o700, parents=True)
            asked = replace(request, created=created).to_json()
            ObjectFile(path, "study.json").write(asked, durable=True, indent=True)
            cls(path).expect()
        except OSError as error:
            shutil.rmtree(path, ignore_errors=True)
            raise HomeError(
                f"No study can be started in {studies} ({error.strerror or error}); "
                "set TUI_LAB_HOME to a directory that you can write and that has room."
            ) from error
        return cls(path)

    def request(self) -> StudyRequest:
        """What the study was asked to be."""
        file = ObjectFile(self.path, "study.json")
        data = file.read()
        written = data.get("format")
        if isinstance(written, int) and written > FORMAT:
            versions = f"format {written}, this one reads {FORMAT}"
            message = f"{file.run} was written by a newer tui-lab ({versions}); update tui-lab."
            raise RunUnreadable(message)
        return file.checked(StudyRequest.from_json, data)

    def status(self) -> StudyStatus:
        """The coordinator's own last word, whether or not it lives."""
        try:
            return ObjectFile(self.path, "status.json").checked(StudyStatus.from_json)
        except RunUnreadable as error:
            if isinstance(error.__cause__, FileNotFoundError) and self.path.exists():
                return StudyStatus()  # killed between the two files
            raise

    def write_status(self, status: StudyStatus) -> None:
        """Replace the record; raises `OSError`, on a full disk for one, and keeps the old."""
        ObjectFile(self.path, "status.json").write(asdict(status))

    def write_last(self, status: StudyStatus) -> None:
        """Write down how it ended, where the disk is full in the room that was kept for that;
        raises `OSError`."""
        self.reserve_path.unlink(missing_ok=True)
        self.write_status(replace(status, pid=0))

    def expect(self) -> None:
        """Write down that a coordinator is on its way, with bytes set aside for its last word;
        raises `OSError`."""
        set_aside(self.reserve_path)
        status = replace(self.status(), state=StudyState.RUNNING, pid=0, host="", error="")
        self.write_status(replace(status, heartbeat=time.time(), test={}))

    def state(self, status: StudyStatus | None = None) -> StudyState:
        """The record's state, unless its coordinator is gone: then INTERRUPTED."""
        status = status or self.status()
        if status.state is not StudyState.RUNNING or self.coordinator(status):
            return status.state
        elsewhere = status.host not in ("", host_name()) and _age(status) < FRESH
        if elsewhere or is_held(self.path) or (not status.pid and _age(status) < STARTING):
            return StudyState.RUNNING
        return StudyState.INTERRUPTED

    def coordinator(self, status: StudyStatus | None = None) -> int:
        """The process on this machine that drives the study; 0 where none does."""
        if lock_path(self.path).exists():
            return holder(self.path)
        # Directories for temporary files get cleaned while studies go on.
        status = status or self.status()
        is_here = status.host == host_name() and _age(status) < FRESH
        return status.pid if is_here and is_process(status.pid) else 0

    def summary(self) -> StudySummary:
        """Its row in a list, also of one that can't be read."""
        try:
            request, status = self.request(), self.status()
        except RunUnreadable as error:
            return StudySummary(
                id=self.id,
                experiment="",
                state=StudyState.FAILED,
                created=_created(self.path, ""),
                error=str(error),
            )
        return StudySummary(
            id=self.id,
            experiment=request.experiment,
            state=self.state(status),
            created=_created(self.path, request.created),
            trials=status.trials or request.trials,
            counts={TrialState(state): count for state, count in status.counts.items()},
            best=status.best if status.best >= 0 else None,
            goal=status.goal,
            left_out=status.left_out,
            error=status.error,
            test=status.test,
        )


def _age(status: StudyStatus) -> float:
    return abs(time.time() - status.heartbeat)  # clocks may go back


def _created(path: Path, written: str) -> datetime:
    """When the study was made, by its own word, else by its name."""
    now = datetime.now(UTC)
    named = path.name.rsplit("-", 3)
    texts = (written, f"{named[1]}T{named[2]}" if len(named) == 4 else "")
    found = (checks.moment(text, now) for text in texts)
    return next(filter(None, found), datetime.fromtimestamp(0, UTC))
