"""The studies of the real session: written down, followed, ended. No coordinator runs here but one
that only exits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.studied import JUDGED, asked
from tests.tui.fakes import FakeClock
from tui_lab.config import Settings
from tui_lab.errors import RunError, RunNotFound, UsageError
from tui_lab.events import MetricsLogged, RunFinished
from tui_lab.ranges import Range
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.studies.directory import StudyDirectory, studies_of
from tui_lab.study import StudyRequest, StudyState, TrialState
from tui_lab.tui.session import local_studies
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.local_studies import LocalStudies

CLOCK = FakeClock()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def studies(runs: Path) -> LocalStudies:
    return LocalStudies(runs, CLOCK, lambda _: {}, {"threads": 3, "data": "/data"})


def written(runs: Path, **changes: Any) -> StudyDirectory:
    return StudyDirectory.create(studies_of(runs), asked(**changes), CLOCK())


def run_of(study: StudyDirectory, trial: int, goal: float, lr: float) -> None:
    """A finished run of a study."""
    request = RunRequest(
        experiment="judged",
        program=JUDGED.program,
        hyperparameters={"lr": lr, "weight_decay": 1.0},
    )
    directory = RunDirectory.create(
        study.runs, replace(request, study=study.id, trial=trial), CLOCK()
    )
    log = RunLog(directory.events_path)
    columns = {"val/loss": [goal]}
    log.append(MetricsLogged(t=1.0, kind="epoch", epochs=[1], steps=[4], columns=columns))
    log.append(RunFinished(t=1.0, step=4, epoch=1, metrics={"val/loss": goal}))
    log.flush()
    log.close()


def test_what_is_asked_has_what_the_session_has(studies: LocalStudies) -> None:
    span = Range.parse(JUDGED, "lr=1e-3..1")
    request = studies.asked(JUDGED, {"hidden": 32}, [span], trials=7, slots=2, sampler="random")
    assert request.ranges == (span,)
    assert request.hyperparameters == {"hidden": 32}
    assert (request.threads, request.data, request.trials, request.slots) == (3, "/data", 7, 2)
    assert (request.goal, request.direction) == ("val/loss", "minimize")


def test_what_is_asked_comes_before_what_the_session_has(studies: LocalStudies) -> None:
    span = Range.parse(JUDGED, "lr=1e-3..1")
    request = studies.asked(JUDGED, {}, [span], threads=1, data="/other")
    assert (request.threads, request.data) == (1, "/other")


def test_goals_are_of_the_validation_set(studies: LocalStudies) -> None:
    assert studies.goals(JUDGED) == ["val/loss", "val/accuracy"]
    with pytest.raises(UsageError, match="test/loss is for the end"):
        studies.asked(JUDGED, {}, [Range.parse(JUDGED, "lr=0.1,1")], goal="test/loss")


async def test_a_study_is_listed_and_followed(studies: LocalStudies, runs: Path) -> None:
    study = written(runs)
    run_of(study, 0, 0.5, 0.1)
    assert [each.id for each in studies.listed()] == [study.id]
    assert studies.request(study.id).trials == 40
    assert studies.summary(study.id).state is StudyState.RUNNING
    source = studies.follow(study.id)
    summary, trials = await source.read()
    assert summary.goal == 0.5
    assert [(t.number, t.state, t.goal) for t in trials] == [(0, TrialState.COMPLETE, 0.5)]
    assert await studies.importance(study.id) == {}
    _, again = await source.read()
    assert again == []


async def test_importance_is_optunas_own(studies: LocalStudies, runs: Path) -> None:
    study = written(runs)
    for number in range(12):
        run_of(study, number, float(number), 10.0 ** -(number / 3))
    source = studies.follow(study.id)
    assert await studies.importance(study.id) == {}  # nothing is known of what was not read
    await source.read()
    shares = await studies.importance(study.id)
    assert set(shares) == {"lr", "weight_decay"}
    assert max(shares, key=lambda name: shares[name]) == "lr"


def test_a_study_that_is_not_there_is_said(studies: LocalStudies) -> None:
    for ask in (studies.request, studies.summary, studies.follow):
        with pytest.raises(RunNotFound, match="no study"):
            ask("judged-20261120-120000-abcd")


async def test_coordinators_are_started_and_let_go_of(
    studies: LocalStudies, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (sys.executable, "-S", "-c", "")
    begun: list[subprocess.Popen[bytes]] = []

    def start(_: Path, request: StudyRequest, __: object) -> object:
        begun.append(subprocess.Popen(words))
        return written(runs, trials=request.trials), begun[-1]

    def resume(_: StudyDirectory) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen(words))
        return begun[-1]

    monkeypatch.setattr(local_studies, "start_study", start)
    monkeypatch.setattr(local_studies, "resume_study", resume)
    name = studies.start(asked(trials=3))
    assert studies.request(name).trials == 3
    await studies.resume(name)
    for process in begun:
        process.wait()
    studies.poll()
    assert studies._coordinators == []


async def test_a_study_that_goes_on_although_it_was_stopped_is_said(
    studies: LocalStudies, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = written(runs)
    monkeypatch.setattr(local_studies, "stop_study", lambda _: StudyState.RUNNING)
    with pytest.raises(RunError, match="did not stop"):
        await studies.stop(study.id)
    monkeypatch.setattr(local_studies, "stop_study", lambda _: StudyState.STOPPED)
    await studies.stop(study.id)


def test_the_session_has_the_studies_beside_its_runs(runs: Path) -> None:
    session = LabSession(runs, Settings())
    session.poll()
    study = written(runs)
    assert [each.id for each in session.studies.listed()] == [study.id]
    session.poll()
