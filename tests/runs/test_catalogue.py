"""Protects the list of runs: one bad directory never hides the good ones, a name finds its run or
says what is near, and nothing live is ever deleted."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tui_lab.errors import HomeError, RunError, RunNotFound
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock, lock_path
from tui_lab.runs.object_file import ObjectFile
from tui_lab.runs.status import StatusRecord

NewRun = Callable[..., RunDirectory]
NOW = datetime(2026, 11, 20, 23, 47, 55, tzinfo=UTC)
ODD = "weight-decay-20261120-234755-0dd0"


def only(runs: Path) -> RunSummary:
    (summary,) = Catalogue(runs).summaries()
    return summary


def test_newest_first(runs: Path, new_run: NewRun) -> None:
    names = [
        new_run(now=NOW + timedelta(minutes=minutes), experiment=name).id
        for minutes, name in ((1, "weight-decay"), (3, "a-thing"), (2, "z-thing"))
    ]
    ordered = [summary.id for summary in Catalogue(runs).summaries()]
    assert ordered == [names[1], names[2], names[0]]


def test_a_summary_holds_what_the_files_say(runs: Path, new_run: NewRun) -> None:
    directory = new_run(now=NOW, seed=5, device="cpu", hyperparameters={"lr": "[red]\x1b[31m"})
    metrics = {"train/loss": math.inf}
    record = StatusRecord(status=RunStatus.FAILED, step=9, epoch=3, metrics=metrics, error="Oh.")
    directory.write_status(record)
    assert only(runs) == RunSummary(
        id=directory.id,
        experiment="weight-decay",
        status=RunStatus.FAILED,
        hyperparameters={"lr": "[red]\x1b[31m"},
        seed=5,
        device="cpu",
        created=NOW,
        step=9,
        epoch=3,
        metrics=metrics,
        error="Oh.",
        live=False,
    )


def test_live_runs(runs: Path, new_run: NewRun) -> None:
    crashed, live, ended = (new_run(status) for status in ("running", "running", "finished"))
    lock = RunLock(live.path)
    lock.acquire()
    catalogue = Catalogue(runs)
    assert [summary.id for summary in catalogue.live()] == [live.id]
    by_id = {summary.id: summary for summary in catalogue.summaries()}
    assert by_id[crashed.id].status is RunStatus.CRASHED
    assert by_id[crashed.id].error == "The worker vanished without a last event."
    assert by_id[ended.id].status is RunStatus.FINISHED
    lock.release()
    assert catalogue.live() == []


def test_a_run_that_waits_for_its_worker_is_live(runs: Path, new_run: NewRun) -> None:
    starting = new_run(now=datetime.now(UTC))
    assert [summary.id for summary in Catalogue(runs).live()] == [starting.id]
    with pytest.raises(RunError, match="stop it before deleting it"):
        Catalogue(runs).delete(starting.id)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of runs that were read, as `name of the run/name of the file`."""
    read = list[str]()
    whole = ObjectFile.read

    def note(file: ObjectFile) -> dict[str, Any]:
        read.append(f"{file.run}/{file.name}")
        return whole(file)

    monkeypatch.setattr(ObjectFile, "read", note)
    return read


def test_who_asks_what_is_live_reads_the_end_of_an_ended_run_once(
    runs: Path, new_run: NewRun, opened: list[str]
) -> None:
    ended = [new_run("finished").id for _ in range(3)]
    live = new_run("running")
    lock = RunLock(live.path)
    lock.acquire()
    catalogue = Catalogue(runs)
    assert [run.id for run in catalogue.live()] == [live.id]
    read = [name for name in opened if not name.startswith(live.id)]
    assert sorted(read) == sorted(f"{run}/status.json" for run in ended)
    opened.clear()
    assert [run.id for run in catalogue.live()] == [live.id]
    assert {name.split("/")[0] for name in opened} == {live.id}
    lock.release()


def test_one_run_is_read_alone(runs: Path, new_run: NewRun, opened: list[str]) -> None:
    wanted, *_ = [new_run("finished") for _ in range(3)]
    assert Catalogue(runs).summary(wanted.id).id == wanted.id
    assert {name.split("/")[0] for name in opened} == {wanted.id}


def test_slices_give_the_newest_first_and_nothing_twice(runs: Path, new_run: NewRun) -> None:
    names = [new_run("finished", now=NOW + timedelta(hours=hour)).id for hour in range(3)]
    catalogue = Catalogue(runs)
    slices = [[run.id for run in some] for some in catalogue.slices(seconds=0)]
    assert slices == [[names[2]], [names[1]], [names[0]], []]
    assert [[run.id for run in some] for some in catalogue.slices(math.inf)] == [names[::-1]]


def test_an_ended_run_that_goes_on_is_read_again(runs: Path, new_run: NewRun) -> None:
    directory = new_run("finished")
    catalogue = Catalogue(runs)
    first = catalogue.summaries()
    assert catalogue.summaries()[0] is first[0]
    directory.write_status(StatusRecord(status=RunStatus.STOPPED, step=12))
    (summary,) = catalogue.summaries()
    assert (summary.status, summary.step) == (RunStatus.STOPPED, 12)


def break_missing(path: Path) -> None:
    (path / "run.json").unlink()


def break_torn(path: Path) -> None:
    (path / "run.json").write_bytes(b'{"form')


def break_newer(path: Path) -> None:
    (path / "run.json").write_bytes(b'{"format":7}')


def break_record(path: Path) -> None:
    (path / "status.json").write_bytes(b"\0\0")


def break_kind(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("a file")


def break_link(path: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (break_missing, "ID has no run.json."),
        (break_torn, "run.json of ID is torn: it is not JSON."),
        (
            break_newer,
            "ID was written by a newer tui-lab (format 7, this one reads 2); update tui-lab.",
        ),
        (break_record, "status.json of ID is torn: it is not JSON."),
        (break_kind, "ID is not a directory."),
        (break_link, "ID does not exist."),
    ],
)
def test_a_bad_directory_is_a_row_with_a_sentence(
    runs: Path, new_run: NewRun, damage: Callable[[Path], None], error: str
) -> None:
    good = new_run("finished", now=NOW)
    bad = new_run(now=NOW + timedelta(hours=1))
    damage(bad.path)
    first, second = Catalogue(runs).summaries()
    assert (first.id, first.error) == (bad.id, error.replace("ID", bad.id))
    assert (first.readable, first.experiment, first.live) == (False, "", False)
    assert (second.id, second.readable) == (good.id, True)
    Catalogue(runs).delete(bad.id)
    assert os.listdir(runs) == [good.id]


@pytest.mark.parametrize(
    "name", ["[red]x", "notes.txt", ".hidden", "x\x1b[31m-20261120-234755-7f3a"]
)
def test_entries_that_are_no_runs_are_none_of_its_business(runs: Path, name: str) -> None:
    (runs / name).mkdir()
    assert Catalogue(runs).summaries() == []
    with pytest.raises(RunNotFound):
        Catalogue(runs).find(name)
    with pytest.raises(RunNotFound):
        Catalogue(runs).delete(name)
    assert (runs / name).exists()


def test_a_strange_time_is_no_obstacle(runs: Path, new_run: NewRun) -> None:
    (runs / "x-99999999-999999-7f3a").mkdir()
    directory = new_run("finished", created="yesterday", now=NOW)
    summaries = {summary.id: summary for summary in Catalogue(runs).summaries()}
    assert summaries["x-99999999-999999-7f3a"].created == datetime.fromtimestamp(0, UTC)
    assert summaries[directory.id].created == NOW.replace(tzinfo=None).astimezone(UTC)


def test_no_runs_yet(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "nowhere")
    assert catalogue.summaries() == []
    with pytest.raises(RunNotFound, match=r"There is no run 'x'; none was made yet\."):
        catalogue.find("x")


def test_a_file_in_place_of_the_directory_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "runs"
    path.write_text("")
    with pytest.raises(HomeError, match=r"can't be listed \(Not a directory\)"):
        Catalogue(path).summaries()


def test_a_run_is_found_by_its_name_or_its_beginning(runs: Path, new_run: NewRun) -> None:
    one = new_run(now=NOW)
    new_run(now=NOW + timedelta(seconds=1))
    catalogue = Catalogue(runs)
    assert catalogue.find(one.id).path == one.path
    assert catalogue.find(one.id[:28]).path == one.path
    with pytest.raises(RunNotFound, match=r"2 runs begin with 'weight' \(weight-.*\); type more"):
        catalogue.find("weight")
    with pytest.raises(RunNotFound, match=rf"did you mean .*{one.id}"):
        catalogue.find("x" + one.id)
    with pytest.raises(RunNotFound, match=r"There is no run ''; the newest are weight-decay-"):
        catalogue.find("")
    with pytest.raises(RunNotFound, match="There is no run"):
        catalogue.find("../runs/" + one.id)


def test_deleting_removes_all_of_a_run(runs: Path, new_run: NewRun) -> None:
    directory, other = new_run("finished"), new_run("finished")
    lock_path(directory.path).write_text("")
    catalogue = Catalogue(runs)
    catalogue.delete(directory.id)
    assert [summary.id for summary in catalogue.summaries()] == [other.id]
    assert not lock_path(directory.path).exists()
    with pytest.raises(RunNotFound):
        catalogue.delete(directory.id)


def test_a_live_run_is_not_deleted(runs: Path, new_run: NewRun) -> None:
    directory = new_run("running")
    lock = RunLock(directory.path)
    lock.acquire()
    with pytest.raises(RunError, match="is still running; stop it before deleting it"):
        Catalogue(runs).delete(directory.id)
    assert directory.request().seed == 0
    lock.release()


def test_of_a_link_only_the_link_is_deleted(runs: Path, new_run: NewRun, tmp_path: Path) -> None:
    target = new_run("finished").path.rename(tmp_path / "kept")
    (runs / ODD).symlink_to(target)
    assert only(runs).readable
    Catalogue(runs).delete(ODD)
    assert os.listdir(runs) == []
    assert RunDirectory(target).status() is RunStatus.FINISHED


def test_a_failure_to_delete_is_one_sentence(
    runs: Path, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    directory = new_run("finished")
    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(RunError, match=rf"{directory.id} can't be deleted \(Permission denied\)"):
        Catalogue(runs).delete(directory.id)
