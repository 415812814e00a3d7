"""Protects what is said of a directory that is damaged: one sentence for each way in which it can
be unusable, and what its log says wherever there is one."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.commandline.scripted_run import write_events
from tui_lab.errors import RunUnreadable
from tui_lab.events import RunFinished, RunPaused
from tui_lab.run import FORMAT, RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock

NewRun = Callable[..., RunDirectory]
NOW = datetime(2026, 11, 20, 23, 47, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"format":1,"exper', "run.json of ID is torn: it is not JSON."),
        (b"\0" * 40, "run.json of ID is torn: it is not JSON."),
        (b"", "run.json of ID is torn: it is not JSON."),
        (b"[1]", "run.json of ID does not hold a JSON object."),
        (
            b'{"format":7}',
            "ID was written by a newer tui-lab "
            f"(format 7, this one reads {FORMAT}); update tui-lab.",
        ),
        (b'{"format":1}', "run.json of ID can't be used: experiment is missing."),
        (
            b'{"experiment":"x","program":"m:C","hyperparameters":{},"seed":"1"}',
            "run.json of ID can't be used: seed is '1', not a whole number.",
        ),
    ],
)
def test_a_damaged_request_is_one_sentence(new_run: NewRun, content: bytes, sentence: str) -> None:
    directory = new_run()
    (directory.path / "run.json").write_bytes(content)
    with pytest.raises(RunUnreadable) as caught:
        directory.request()
    assert str(caught.value) == sentence.replace("ID", directory.id)


DAMAGED = [
    (b'{"status":"run', "is torn: it is not JSON."),
    (b"[]", "does not hold a JSON object."),
    (b'{"status":"dancing"}', "can't be used: status is 'dancing', not one of pending, running,"),
    (b'{"metrics":3}', "can't be used: metrics is 3, not an object."),
    (b'{"metrics":{"a":[1]}}', "can't be used: metrics 'a' is a list of 1, not a number."),
    (b'{"pid":99999999999}', "can't be used: pid is 99,999,999,999, not a number from 0 to"),
    (b'{"step":-1}', "can't be used: step is -1, not a number from 0 to"),
    (b'{"heartbeat":"NaN"}', "can't be used: heartbeat is 'NaN', not a number of seconds"),
]


@pytest.mark.parametrize(("content", "sentence"), DAMAGED)
def test_a_damaged_record_without_a_log_is_one_sentence(
    new_run: NewRun, content: bytes, sentence: str
) -> None:
    directory = new_run()
    (directory.path / "status.json").write_bytes(content)
    for ask in (directory.status_record, directory.status, directory.is_live):
        with pytest.raises(RunUnreadable) as caught:
            ask()
        assert str(caught.value).startswith(f"status.json of {directory.id} {sentence}")


@pytest.mark.parametrize(("content", "sentence"), DAMAGED)
def test_a_damaged_record_does_not_hide_the_log(
    new_run: NewRun, content: bytes, sentence: str
) -> None:
    directory = new_run()
    write_events(directory, [RunFinished(t=1.0, step=7, epoch=2, metrics={"train/loss": math.inf})])
    (directory.path / "status.json").write_bytes(content)
    record = directory.status_record()
    assert (record.status, record.step, record.epoch) == (RunStatus.FINISHED, 7, 2)
    assert record.metrics == {"train/loss": math.inf}
    assert record.error.startswith(f"status.json of {directory.id} {sentence}")
    assert directory.status() is RunStatus.FINISHED


def test_a_log_that_goes_on_under_a_damaged_record_has_crashed_or_is_held(
    new_run: NewRun,
) -> None:
    directory = new_run()
    write_events(directory, [RunPaused(t=1.0, step=7)])
    (directory.path / "status.json").write_bytes(b"{")
    assert directory.status() is RunStatus.CRASHED
    lock = RunLock(directory.path)
    lock.acquire()
    assert directory.status() is RunStatus.RUNNING
    lock.release()


def test_a_missing_record_of_an_ended_run_is_missed(new_run: NewRun) -> None:
    directory = new_run()
    write_events(directory, [RunFinished(t=1.0, step=7, epoch=2)])
    record = directory.status_record()
    assert (record.status, record.step) == (RunStatus.FINISHED, 7)
    assert record.error == f"{directory.id} has no status.json."


@pytest.mark.parametrize("content", [b"{", b'{"code":"x"}', b'{"code":true}', b'{"code":1e99}'])
def test_an_exit_status_that_can_not_be_is_none(new_run: NewRun, content: bytes) -> None:
    directory = new_run()
    (directory.path / "exit.json").write_bytes(content)
    assert directory.exit_status() is None


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00", "2525-01-01T00:00:00+00:00", "soon"])
def test_a_run_made_at_a_time_that_can_not_be_waits_for_no_worker(
    new_run: NewRun, created: str
) -> None:
    directory = new_run(created=created)
    assert directory.status() is RunStatus.CRASHED
    assert not directory.is_live()


def test_missing_things_are_named(new_run: NewRun, runs: Path) -> None:
    directory = new_run()
    (directory.path / "run.json").unlink()
    with pytest.raises(RunUnreadable, match=rf"^{directory.id} has no run\.json\.$"):
        directory.request()
    with pytest.raises(RunUnreadable, match=r"^gone does not exist\.$"):
        RunDirectory(runs / "gone").status()
    (runs / "file").write_text("")
    with pytest.raises(RunUnreadable, match=r"^file is not a directory\.$"):
        RunDirectory(runs / "file").request()


def test_a_name_with_terminal_escapes_is_told_without_them(runs: Path) -> None:
    with pytest.raises(RunUnreadable) as caught:
        RunDirectory(runs / "x\x1b[31m\n[red]").request()
    assert str(caught.value) == "x�[31m�[red] does not exist."


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_someone_elses_run_is_named_as_such(open_directory: Path) -> None:
    request = RunRequest(experiment="x", program="m:C", hyperparameters={})
    theirs = RunDirectory.create(open_directory, request, NOW)
    os.chown(theirs.path, 12345, -1)
    os.seteuid(65534)
    try:
        with pytest.raises(RunUnreadable, match="belongs to user 12345 and can't be read"):
            theirs.request()
        with pytest.raises(RunUnreadable, match="belongs to user 12345 and can't be read"):
            theirs.status()
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_ones_own_unreadable_run_says_why(new_run: NewRun) -> None:
    directory = new_run()
    (directory.path / "run.json").chmod(0)
    with pytest.raises(RunUnreadable, match=r"can't be read \(Permission denied\)"):
        directory.request()


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00", "2525-01-01T00:00:00+00:00"])
def test_a_time_that_can_not_be_is_said_and_the_name_counts(
    runs: Path, new_run: NewRun, created: str
) -> None:
    directory = new_run("finished", created=created, now=NOW)
    later = new_run("finished", now=NOW + timedelta(hours=1))
    earlier = new_run("finished", now=NOW - timedelta(hours=1))
    summaries = Catalogue(runs).summaries()
    assert [run.id for run in summaries] == [later.id, directory.id, earlier.id]
    assert summaries[1].created == NOW.replace(tzinfo=None).astimezone(UTC)
    assert summaries[1].error == f"It can't have been made at {created!r}, as it says."
    assert [run.error for run in (summaries[0], summaries[2])] == ["", ""]
    assert Catalogue(runs).live() == []


def test_a_damaged_record_leaves_a_row_with_what_the_log_says(runs: Path, new_run: NewRun) -> None:
    directory = new_run("finished")
    write_events(directory, [RunFinished(t=1.0, step=9, epoch=3, metrics={"train/loss": 0.5})])
    (directory.path / "status.json").write_bytes(b"{")
    row = Catalogue(runs).summaries()[0]
    assert (row.readable, row.status, row.step) == (True, RunStatus.FINISHED, 9)
    assert row.metrics == {"train/loss": 0.5}
    assert row.error == f"status.json of {directory.id} is torn: it is not JSON."
