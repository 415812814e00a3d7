"""The coordinator process: `python -m tui_lab.studies STUDY_DIRECTORY`."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType

from tui_lab.errors import TuiLabError
from tui_lab.runs.lock import RunLock
from tui_lab.studies.coordinator import Coordinator
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.executors import executor_for
from tui_lab.studies.origin import experiment_of
from tui_lab.study import StudyState


class _Stop:
    """Whether the system, or a person, asked for the end."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._ask)

    def __call__(self) -> bool:
        return self.asked

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def main(path: Path) -> int:
    """Drive the study in a directory until it ends; 0 unless it could not go on."""
    stop = _Stop()
    study = StudyDirectory(path)
    lock = RunLock(path)
    lock.acquire()
    try:
        request = study.request()
        executor = executor_for(request)
        try:
            keep_lock = partial(lock.keep, path)
            coordinator = Coordinator(study, experiment_of(request), executor, keep_lock=keep_lock)
            state = coordinator.run(stop)
        finally:
            executor.close()
    except Exception as error:  # the process edge: why it ended is what it leaves
        said = str(error) if isinstance(error, TuiLabError) else f"{error!r}; see {study.log_path}."
        study.write_last(replace(study.status(), state=StudyState.FAILED, error=said))
        if not isinstance(error, TuiLabError):
            raise
        return 1
    finally:
        lock.release()
    return int(state is StudyState.FAILED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
