"""Protects what a person wrote on a run: it is replaced whole and checked when it is read; one that
can't be read costs a sentence and is not written over."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tui_lab.annotation import LONGEST_NAME, Annotation, split_tags
from tui_lab.errors import RunUnreadable, UsageError
from tui_lab.runs.annotations import FILE, annotate, read_annotation
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory

NewRun = Callable[..., RunDirectory]


def test_a_run_has_nothing_written_on_it_at_first(new_run: NewRun) -> None:
    assert read_annotation(new_run().path) == Annotation()


def test_what_is_given_takes_the_place_of_what_was_there(new_run: NewRun) -> None:
    run = new_run().path
    annotate(run, name=" first ", note="a\nb", add=["good", "x", "good"])
    assert read_annotation(run) == Annotation("first", "a\nb", ("good", "x"))
    annotate(run, add=["y"], remove=["x", "nosuch"])
    assert read_annotation(run) == Annotation("first", "a\nb", ("good", "y"))
    assert annotate(run, name="", note="", remove=["good", "y"]) == Annotation()
    assert [path.name for path in run.iterdir() if path.name.endswith(".tmp")] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "x" * (LONGEST_NAME + 1)}, "characters"),
        ({"name": "a\x1b[2Jb"}, "one line of plain text"),
        ({"add": ["a b"]}, "'a b' can't be a tag"),
        ({"add": ["-a"]}, "can't be a tag"),
        ({"add": ["a:b"]}, "can't be a tag"),
        ({"add": [f"t{number}" for number in range(101)]}, "at most 100 tags"),
    ],
)
def test_what_can_not_be_written_is_said_and_nothing_changes(
    new_run: NewRun, change: dict[str, object], words: str
) -> None:
    run = new_run().path
    annotate(run, note="kept")
    with pytest.raises(UsageError, match=words):
        annotate(run, **change)  # type: ignore[arg-type]
    assert read_annotation(run) == Annotation(note="kept")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"tags": "good"}', '{"name": 3}', '{"tags": ["a b"]}']
)
def test_one_that_can_not_be_read_costs_a_sentence(new_run: NewRun, text: str) -> None:
    run = new_run()
    (run.path / FILE).write_text(text)
    with pytest.raises(RunUnreadable, match=r"annotation\.json of"):
        read_annotation(run.path)
    with pytest.raises(RunUnreadable, match=r"annotation\.json of"):
        annotate(run.path, add=["good"])
    assert (run.path / FILE).read_text() == text
    summary = Catalogue(run.path.parent).summary(run.id)
    assert summary.readable
    assert FILE in summary.error
    assert summary.tags == ()


def test_the_list_knows_at_once(new_run: NewRun) -> None:
    run = new_run()
    runs = Catalogue(run.path.parent)
    assert runs.summary(run.id).tags == ()
    annotate(run.path, name="first", add=["good"])
    summary = runs.summary(run.id)
    assert (summary.name, summary.tags) == ("first", ("good",))
    assert json.loads((run.path / FILE).read_text())["tags"] == ["good"]


def test_fields_of_another_version_are_passed_over(new_run: NewRun) -> None:
    run = new_run().path
    (run / FILE).write_text('{"name": "x", "colour": "red"}')
    assert read_annotation(run) == Annotation("x")


def test_of_several_writers_none_undoes_the_other(new_run: NewRun) -> None:
    run = new_run().path
    before = {path.name for path in run.iterdir()}
    _write_at_once(run)
    assert {path.name for path in run.iterdir()} == {*before, FILE}


def _write_at_once(run: Path) -> None:
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda n: annotate(run, add=[f"t{n}"]), range(40)))
    assert set(read_annotation(run).tags) == {f"t{n}" for n in range(40)}


def test_where_directories_can_not_be_locked_a_file_is(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = fcntl.flock

    def as_on_nfs(descriptor: int, operation: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        locked(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", as_on_nfs)
    _write_at_once(new_run().path)


def test_tags_in_a_line() -> None:
    assert split_tags(" #good, +b  good,,c ") == ["good", "b", "c"]


def test_of_what_is_no_run_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunUnreadable, match="does not exist"):
        read_annotation(tmp_path / "nosuch")
