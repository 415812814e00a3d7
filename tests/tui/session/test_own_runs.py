"""Protects runs of a person's own file in the lab: they keep what they were made of, open without
it, and are never taken for those of another file or of an installed experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fakes import TOY
from tests.tui.lab import FakeSpare, FakeStarter
from tui_lab.config import Settings
from tui_lab.declaration import to_json
from tui_lab.errors import ExperimentNotFound, RunError
from tui_lab.run import SOURCE
from tui_lab.runs.directory import RunDirectory
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.worker_pool import WorkerPool
from tui_lab.worker.own_file import OwnFile, file_digest


@pytest.fixture
def starter() -> Iterator[FakeStarter]:
    starter = FakeStarter()
    yield starter
    for worker in starter.workers:
        worker.wait(30)


def own_file(path: Path, title: str) -> OwnFile:
    """A file called like an installed experiment; nothing of it is loaded."""
    path.write_text(f"TITLE = {title!r}")
    declared = to_json(replace(TOY, name="mlp", title=title))
    return OwnFile(path, file_digest(path), declared)


class Lab:
    """Sessions over the same runs, one after another."""

    def __init__(self, path: Path, starter: FakeStarter) -> None:
        self.runs = path / "runs"
        self._starter = starter

    def on(self, *own: OwnFile) -> LabSession:
        workers = WorkerPool(self._starter, FakeSpare())
        return LabSession(self.runs, Settings(), own=own, workers=workers, data="/data")


@pytest.fixture
def lab(tmp_path: Path, starter: FakeStarter) -> Lab:
    return Lab(tmp_path, starter)


@pytest.fixture
def mine(tmp_path: Path) -> OwnFile:
    return own_file(tmp_path / "mine.py", "Mine")


def begun(session: LabSession) -> str:
    experiment = session.experiment("mlp")
    return session.start(experiment, experiment.defaults, 0, "cpu")


def test_a_run_keeps_its_file(lab: Lab, mine: OwnFile) -> None:
    session = lab.on(mine)
    run = RunDirectory(lab.runs / begun(session))
    request = run.request()
    assert (request.plugin, request.sha256, request.data) == (str(mine.path), mine.sha256, "/data")
    assert request.declared == session.experiment("mlp")
    assert (run.path / SOURCE).read_bytes() == mine.path.read_bytes()
    assert session.place_of(session.runs.summary(run.id)) == "mlp"


def test_the_text_of_now_is_run(lab: Lab, mine: OwnFile) -> None:
    session = lab.on(mine)
    mine.path.write_text("edited = 1")
    run = RunDirectory(lab.runs / begun(session))
    assert (run.path / SOURCE).read_text() == "edited = 1"
    assert session.place_of(session.runs.summary(run.id)) == "mlp"


def test_it_opens_without_its_file_by_what_it_declared(lab: Lab, mine: OwnFile) -> None:
    run_id = begun(lab.on(mine))
    mine.path.unlink()
    session = lab.on()
    place = session.place_of(session.runs.summary(run_id))
    assert place == run_id
    past = session.experiment(place)
    assert (past.title, session.experiment(place)) == ("Mine", past)
    assert session.experiment("mlp").title != "Mine"
    with pytest.raises(RunError, match=rf"mine\.py is gone; as .* attach {run_id} .*source\.py\.$"):
        session.start(past, past.defaults, 0, "cpu")


async def test_two_files_of_one_name_do_not_mix(lab: Lab, mine: OwnFile, tmp_path: Path) -> None:
    run_id = begun(lab.on(mine))
    session = lab.on(own_file(tmp_path / "other.py", "Other"))
    place = session.place_of(session.runs.summary(run_id))
    assert (session.experiment(place).title, session.experiment("mlp").title) == ("Mine", "Other")
    for refused in (session.take_up(run_id, {}), session.branch(TOY, run_id, 1, {})):
        with pytest.raises(RunError, match=r"is a run of .*mine\.py; open the lab on that file"):
            await refused


def test_a_run_of_the_installed_one_is_no_run_of_a_file(lab: Lab, mine: OwnFile) -> None:
    run_id = begun(lab.on())
    session = lab.on(mine)
    place = session.place_of(session.runs.summary(run_id))
    assert (place, session.experiment(place).program) == (
        run_id,
        lab.on().experiment("mlp").program,
    )


async def test_after_an_edit_a_run_goes_on_as_it_was_or_not_at_all(lab: Lab, mine: OwnFile) -> None:
    run_id = begun(lab.on(mine))
    mine.path.write_text("edited = 1")
    session = lab.on(replace(mine, sha256=file_digest(mine.path)))
    kept = lab.runs / run_id / SOURCE
    with pytest.raises(RunError, match=rf"was edited since; as {run_id} .* {kept}\.$"):
        await session.take_up(run_id, {})
    again = lab.on(OwnFile(kept, mine.sha256, mine.declaration, known_as=str(mine.path)))
    assert again.place_of(again.runs.summary(run_id)) == "mlp"


def test_an_old_run_of_a_file_opens_as_before(lab: Lab, mine: OwnFile) -> None:
    old = replace(mine, declaration=to_json(replace(TOY, name="own")))
    session = lab.on(old)
    experiment = session.experiment("own")
    request = replace(
        session.request(experiment, experiment.defaults, 0, "cpu"), sha256="", declaration=None
    )
    run = RunDirectory.create(lab.runs, request, session.now())
    summary = session.runs.summary(run.id)
    assert session.place_of(summary) == "own"
    elsewhere = lab.on()
    with pytest.raises(ExperimentNotFound, match=r"tui-lab FILE\.py"):
        elsewhere.experiment(elsewhere.place_of(summary))
