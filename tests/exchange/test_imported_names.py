"""Protects that each run of an import gets a place and a name of its own, that a file's name says
what it is, by its known end and whatever else stands in it, and that no export lands in a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange.test_import import NOW, NewRun, home, imported, run, text
from tui_lab.annotation import LONGEST_NAME
from tui_lab.errors import UsageError
from tui_lab.exchange import imported_run
from tui_lab.exchange.destinations import destinations
from tui_lab.exchange.export import export_run
from tui_lab.exchange.formats import format_of, is_event_file
from tui_lab.exchange.imported_run import import_runs
from tui_lab.exchange.pictures import view_of
from tui_lab.runs import directory
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory

__all__ = ["home", "run"]


@pytest.fixture
def board(run: RunDirectory, tmp_path: Path) -> Path:
    """A directory of others with runs of theirs, of any name a directory may have."""
    names = (
        "a",
        "b\nc",
        "d\x1b[31m\u202ee",
        "x" * 90,
        "deep/" + "y" * 99,
        "  ",
        b"\xff".decode(errors="surrogateescape"),
    )
    for name in names:
        (tmp_path / "board" / name).mkdir(parents=True)
        export_run(run, tmp_path / "board" / name / "events.out.tfevents.1")
    return tmp_path / "board"


def test_whatever_directories_are_called_each_becomes_a_run_with_a_name(
    board: Path, home: Path
) -> None:
    names = [read_annotation(made.run.path).name for made in import_runs(board, home, NOW)]
    assert sorted(names) == sorted(
        [
            "",
            "",
            "a",
            "b c",
            "d [31m e",
            "x" * 90,
            "…" + ("deep/" + "y" * 99)[5 - LONGEST_NAME + 100 :],
        ]
    )
    assert len(Catalogue(home).summaries()) == len(names)


def test_runs_of_one_second_that_draw_one_name_draw_again(
    board: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draws() -> Iterator[str]:
        for number in range(100):
            yield f"import-board-20260102-000000-{number:04x}"

    drawn = draws()
    monkeypatch.setattr(directory, "new_run_id", lambda *_: "import-board-20260102-000000-0001")
    monkeypatch.setattr(imported_run, "new_run_id", lambda *_: next(drawn))
    made = [each.run for each in import_runs(board, home, NOW)]
    assert len({each.id for each in made}) == len(made) == 7
    assert {each.name for each in home.iterdir()} == {each.id for each in made}
    assert {view_of(each).step for each in made} == {4}


def test_a_name_that_is_too_long_is_refused_and_not_cut(home: Path, tmp_path: Path) -> None:
    path = text(tmp_path / "x.csv", "step,loss\n1,2\n")
    kept = imported(path, home, name="n" * LONGEST_NAME)
    assert read_annotation(kept.path).name == "n" * LONGEST_NAME
    with pytest.raises(UsageError, match=r"^A name has at most 100 characters, not 101\.$"):
        imported(path, home, name="n" * (LONGEST_NAME + 1))
    assert len(list(home.iterdir())) == 1


def test_several_runs_are_not_given_one_name(board: Path, home: Path) -> None:
    with pytest.raises(UsageError, match=r"^7 runs can't have one name; .*board holds so many\.$"):
        list(import_runs(board, home, NOW, name="theirs"))
    assert not home.exists()
    (one,) = import_runs(board / "a", home, NOW, name="theirs")
    assert read_annotation(one.run.path).name == "theirs"


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("my-tfevents.csv", ".csv"),
        ("x.tfevents.csv", ".csv"),
        ("tfevents.JSONL", ".jsonl"),
        ("x.tfevents", ".tfevents"),
        ("events.out.tfevents.1767323045.here.12.0", ".tfevents"),
        ("events.out.tfevents.1767323045.here.12.0.v2", ".tfevents"),
    ],
)
def test_a_known_end_says_what_a_file_is(
    new_run: NewRun, run: RunDirectory, home: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    assert format_of(tmp_path / name) == suffix
    export_run(run, tmp_path / name)
    assert view_of(imported(tmp_path / name, home)).step == 4


@pytest.mark.parametrize("name", ["mytfevents", "tfevents.txt", "x.tfevents-old", "tfevents"])
def test_a_word_in_a_name_is_no_end(home: Path, tmp_path: Path, name: str) -> None:
    assert not is_event_file(name)
    with pytest.raises(UsageError, match="no known suffix"):
        format_of(tmp_path / name)
    with pytest.raises(UsageError, match=r"can't be imported: it is a \.csv"):
        imported(text(tmp_path / name, "step,loss\n1,2\n"), home)


@pytest.mark.parametrize(
    "name",
    [
        "x.csv",
        "x.jsonl",
        "x.parquet",
        "x.tfevents",
        "x.svg",
        "x.png",
        "x.html",
        "x.pt",
        "checkpoints/x.csv",
    ],
)
def test_nothing_is_written_into_a_run(run: RunDirectory, tmp_path: Path, name: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    (tmp_path / "link").symlink_to(run.path)
    for place in (run.path, tmp_path / "link", run.path / "checkpoints" / ".."):
        with pytest.raises(UsageError, match=f"lies in the directory of {run.id}"):
            export_run(run, place / name)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_its_own_log_is_not_written_over(run: RunDirectory, tmp_path: Path) -> None:
    before = run.events_path.read_bytes()
    with pytest.raises(UsageError, match="write it elsewhere"):
        export_run(run, run.events_path)
    (to,) = destinations(str(run.path.parent), [run.id]).values()
    with pytest.raises(UsageError, match="write it elsewhere"):
        export_run(run, to)
    assert run.events_path.read_bytes() == before
    link = tmp_path / "mine.jsonl"
    link.symlink_to(run.events_path)
    export_run(run, link)
    assert run.events_path.read_bytes() == before
