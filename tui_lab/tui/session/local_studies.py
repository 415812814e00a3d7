"""Where a session has its studies: begun, followed, ended. No first paint waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from typing import Any

from tui_lab.errors import RunError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.ranges import Range
from tui_lab.studies.asking import Options, ask_study, goals
from tui_lab.studies.catalogue import StudyCatalogue
from tui_lab.studies.following import StudyFollower
from tui_lab.studies.importance import importance
from tui_lab.studies.launch import resume_study, start_study, stop_study
from tui_lab.study import StudyRequest, StudyState, StudySummary, Trial
from tui_lab.tui.session.background import in_background

OfFile = Callable[[Experiment], Mapping[str, Any]]
"""What a request says of the person's own file that an experiment is from."""


class LocalStudies:
    """The studies whose runs are in one directory; their coordinators outlive this session."""

    def __init__(
        self,
        runs: Path,
        now: Callable[[], datetime],
        of_file: OfFile,
        usual: Mapping[str, Any],
    ) -> None:
        """`usual` are options of every study begun here, as `Options` has them."""
        self._catalogue = StudyCatalogue(runs)
        self._runs = runs
        self._now = now
        self._of_file = of_file
        self._usual = usual
        self._coordinators: list[Popen[bytes]] = []
        self._followed: dict[str, StudyFollower] = {}

    def listed(self) -> Sequence[StudySummary]:
        """Every study, the newest first; raises `HomeError` when they can't be listed."""
        return self._catalogue.summaries()

    def request(self, study_id: str) -> StudyRequest:
        """What a study was asked to be; raises `RunError`."""
        return self._catalogue.find(study_id).request()

    def summary(self, study_id: str) -> StudySummary:
        """One study; raises `RunNotFound`."""
        return self._catalogue.find(study_id).summary()

    def follow(self, study_id: str) -> LocalStudySource:
        """Its trials, from the first on; raises `RunError`."""
        follower = self._followed[study_id] = StudyFollower(self._catalogue.find(study_id))
        return LocalStudySource(follower)

    def goals(self, experiment: Experiment) -> Sequence[str]:
        """The metrics that a study may be for, the usual one first."""
        return [metric.key for metric in goals(experiment)]

    def asked(
        self,
        experiment: Experiment,
        values: Mapping[str, Value],
        ranges: Sequence[Range],
        **options: Any,
    ) -> StudyRequest:
        """What a study begun here is asked to be; raises `TuiLabError`."""
        of_file = self._of_file(experiment)
        chosen = Options(**{**self._usual, **options})
        return ask_study(experiment, values, ranges, chosen, of_file)

    def start(self, request: StudyRequest) -> str:
        """Start a coordinator on a new study, and give its name; raises `TuiLabError`."""
        study, coordinator = start_study(self._runs, request, self._now())
        self._coordinators.append(coordinator)
        return study.id

    async def stop(self, study_id: str) -> None:
        """End a study and its runs, in a thread; raises `RunError` when it goes on."""
        state = await in_background(stop_study, self._catalogue.find(study_id))
        self.poll()
        if state is StudyState.RUNNING:
            raise RunError(f"{study_id} did not stop.")

    async def resume(self, study_id: str) -> None:
        """Start a coordinator on a study that has none; raises `RunError`."""
        coordinator = await in_background(resume_study, self._catalogue.find(study_id))
        self._coordinators.append(coordinator)

    async def importance(self, study_id: str) -> Mapping[str, float]:
        """What decides, by the trials as they were read last, in a thread."""
        follower = self._followed[study_id]
        return await in_background(importance, self.request(study_id), list(follower.trials))

    def poll(self) -> None:
        """Let go of the coordinators that have ended."""
        self._coordinators = [each for each in self._coordinators if each.poll() is None]


class LocalStudySource:
    """One study, read in a thread: the first look is at every run of it."""

    def __init__(self, follower: StudyFollower) -> None:
        self._follower = follower

    async def read(self) -> tuple[StudySummary, Sequence[Trial]]:
        """How it stands, and the trials that are new or other; raises `RunError`."""
        return await in_background(self._follower.read)
