"""The real session: runs on disk, workers started, watched and let go of. No worker runs here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fakes import TOY
from tests.tui.lab import FakeSpare, FakeStarter, ended, made
from tui_lab.commands import Acknowledgement, Pause
from tui_lab.config import Settings
from tui_lab.errors import (
    HomeError,
    RunError,
    RunNotFound,
    RunNotLive,
)
from tui_lab.events import RunFinished
from tui_lab.run import RunStatus
from tui_lab.runs.annotations import annotate
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord
from tui_lab.tui.session import local_runs
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.worker_pool import WorkerPool


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def starter() -> Iterator[FakeStarter]:
    starter = FakeStarter()
    yield starter
    for worker in starter.workers:
        worker.wait(30)


@pytest.fixture
def spare() -> FakeSpare:
    return FakeSpare()


@pytest.fixture
def session(runs: Path, starter: FakeStarter, spare: FakeSpare) -> LabSession:
    return LabSession(runs, Settings(), workers=WorkerPool(starter, spare), data="/data")


async def listed(session: LabSession) -> list[RunSummary]:
    """All runs, once they are read."""
    return [run async for some in session.runs.listed() for run in some]


def test_starting_writes_the_run_down_first(session: LabSession, runs: Path) -> None:
    chosen = TOY.choose({"lr": 0.25})
    run_id = session.start(TOY, chosen, 7, "cpu")
    request = RunDirectory(runs / run_id).request()
    assert request.experiment == "toy"
    assert request.hyperparameters == TOY.to_json(chosen)
    assert (request.seed, request.device, request.data) == (7, "cpu", "/data")
    assert request.versions["torch"]
    assert session.runs.summary(run_id).seed == 7


def test_the_last_training_is_known_and_no_demonstration(session: LabSession) -> None:
    assert (session.last_run, session.again) == ("", "ask")
    run_id = session.start(TOY, TOY.defaults, 0, "cpu")
    shown = replace(TOY, demonstration=True)
    session.start(shown, shown.defaults, 0, "cpu")
    assert session.last_run == run_id


def test_the_runs_of_a_session_are_those_it_began(session: LabSession, runs: Path) -> None:
    made(runs)
    assert session.runs.own == set()
    run_id = session.start(TOY, TOY.defaults, 0, "cpu")
    assert session.runs.own == {run_id}


def test_a_worker_that_ended_is_reaped_and_its_exit_written_down(
    session: LabSession, starter: FakeStarter, runs: Path
) -> None:
    starter.code = 3
    run_id = session.start(TOY, TOY.defaults, 0, "cpu")
    assert starter.workers[0].wait(30) == 3
    session.poll()
    assert RunDirectory(runs / run_id).exit_status() == 3
    assert session.runs.status(run_id) is RunStatus.CRASHED
    assert session.runs.live() == []


def test_a_spare_is_kept_and_let_go_of(session: LabSession, spare: FakeSpare) -> None:
    ready = [session.warm_ready]
    session.warm()
    ready.append(session.warm_ready)
    session.close()
    assert ready == [False, True]
    assert spare.closed == 1


def test_a_log_is_tailed_from_its_first_event(session: LabSession, runs: Path) -> None:
    directory = ended(runs)
    source = session.runs.tail(directory.id)
    assert source.read() == [RunFinished(t=1.0, step=3, epoch=1)]
    assert source.read() == []


def test_what_the_worker_printed_is_its_end_and_text(session: LabSession, runs: Path) -> None:
    directory = made(runs)
    assert session.runs.worker_output(directory.id) == ""
    directory.log_path.write_bytes(b"x" * 100_000 + b"\xff the end")
    assert session.runs.worker_output(directory.id).endswith("� the end")
    assert len(session.runs.worker_output(directory.id)) < 10_000


def test_a_run_is_found_by_the_beginning_of_its_name(session: LabSession, runs: Path) -> None:
    directory = ended(runs)
    assert session.runs.summary(directory.id[:-2]).id == directory.id
    with pytest.raises(RunNotFound, match="There is no run 'nonsense'"):
        session.runs.summary("nonsense")


async def test_a_torn_run_is_listed_and_its_status_is_what_its_log_says(
    session: LabSession, runs: Path
) -> None:
    directory = ended(runs)
    (directory.path / "run.json").write_text("{")
    (directory.path / "status.json").write_text("{")
    (summary,) = await listed(session)
    assert not summary.readable
    assert "torn" in summary.error
    assert session.runs.status(directory.id) is RunStatus.FINISHED


async def test_runs_are_read_in_a_thread_a_list_at_a_time(
    session: LabSession, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [ended(runs).id for _ in range(3)]
    threads = set[str]()

    def slices(catalogue: Catalogue, *, trusting: bool) -> Iterator[list[RunSummary]]:
        for run_id in made:
            threads.add(threading.current_thread().name)
            yield [catalogue.summary(run_id)]

    monkeypatch.setattr(Catalogue, "slices", slices)
    assert [[run.id for run in some] async for some in session.runs.listed()] == [
        [name] for name in made
    ]
    assert threading.main_thread().name not in threads


async def test_runs_that_can_not_be_listed_are_an_error(tmp_path: Path, spare: FakeSpare) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(HomeError, match="can't be listed"):
        await listed(LabSession(tmp_path / "runs", Settings()))


async def test_thousands_of_ended_runs_are_not_looked_at_every_second(
    session: LabSession, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = ended(runs)
    await listed(session)
    annotate(directory.path, add=["few"])
    assert [run.tags for run in await listed(session)] == [("few",)]
    monkeypatch.setattr("tui_lab.tui.session.local_runs._PER_SECOND", 0.001)
    annotate(directory.path, add=["many"])
    assert [run.tags for run in await listed(session)] == [("few",)]
    new = ended(runs)
    assert {run.id for run in await listed(session)} == {directory.id, new.id}
    await session.runs.annotate(directory.id, add=["mine"])
    (found,) = [run for run in await listed(session) if run.id == directory.id]
    assert found.tags == ("few", "many", "mine")
    new.write_status(StatusRecord(status=RunStatus.FAILED, error="later"))
    monkeypatch.setattr("tui_lab.tui.session.local_runs._PER_SECOND", 1000)
    assert "later" in {run.error for run in await listed(session)}


async def test_an_ended_run_is_deleted(session: LabSession, runs: Path) -> None:
    directory = ended(runs)
    await session.runs.delete(directory.id)
    assert await listed(session) == []
    with pytest.raises(RunNotFound):
        await session.runs.delete(directory.id)


async def test_a_command_to_an_ended_run_is_refused(session: LabSession, runs: Path) -> None:
    with pytest.raises(RunNotLive):
        await session.runs.send(ended(runs).id, Pause())


async def test_commands_of_a_run_are_sent_one_at_a_time(
    session: LabSession, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most = [0], [0]
    let = threading.Event()

    class Client:
        def __init__(self, path: Path) -> None: ...

        def send(self, command: object) -> Acknowledgement:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            let.wait(30)
            under_way[0] -= 1
            return Acknowledgement(True, 1)

    monkeypatch.setattr(local_runs, "RunClient", Client)
    run_id = ended(runs).id
    sent = [asyncio.ensure_future(session.runs.send(run_id, Pause())) for _ in range(3)]
    await asyncio.sleep(0)
    let.set()
    assert [answer.ok for answer in await asyncio.gather(*sent)] == [True] * 3
    assert most == [1]


@pytest.mark.parametrize(
    ("status", "refused"), [(RunStatus.STOPPED, False), (RunStatus.RUNNING, True)]
)
async def test_a_run_that_does_not_stop_is_an_error(
    session: LabSession,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: RunStatus,
    refused: bool,
) -> None:
    monkeypatch.setattr(local_runs, "stop_run", lambda directory: status)
    run_id = ended(runs).id
    if refused:
        with pytest.raises(RunError, match="did not stop"):
            await session.runs.stop(run_id)
    else:
        await session.runs.stop(run_id)


class FakeMeter:
    """Says which process it was asked about."""

    def line(self, pid: int = 0) -> str:
        return f"about {pid}"


def test_the_gpu_line_of_a_run_is_about_its_worker(
    session: LabSession, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = ended(runs)
    directory.write_status(StatusRecord(status=RunStatus.FINISHED, pid=4711))
    monkeypatch.setattr(session, "_meter", FakeMeter())
    assert session.gpu(directory.id) == "about 4711"
    assert session.gpu() == "about 0"
    (directory.path / "status.json").write_text("{")
    assert session.gpu(directory.id) == "about 0"
