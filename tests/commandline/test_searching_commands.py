"""Protects runs that are asked for in words by a command: listed, sorted, tagged, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.run import RunStatus
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock

MakeRun = Callable[..., RunDirectory]


def listed(*words: str) -> list[str]:
    """The runs that `tui-lab runs` lists."""
    screen = Screen()
    assert perform(["runs", *words, "--json"], screen) == ExitStatus.FINISHED
    return [item["run"] for item in json.loads(screen.out)]


def test_a_query_in_one_word_or_several(make_run: MakeRun) -> None:
    high, low = make_run(lr=0.5), make_run(RunStatus.FAILED, "It broke.", lr=0.25)
    assert listed("lr>=0.3 or broke") == listed("lr>=0.3", "or", "broke")
    assert listed("lr>=0.3") == [high.id]
    assert listed("not", "status:finished") == [low.id]
    assert listed("-status:finished") == [low.id]
    assert listed("lr>0", "-broke") == [high.id]
    assert listed("-(lr>=0.3", "or", "lr=0)") == [low.id]


def test_a_query_that_can_not_be_read_is_shown_with_its_place(console: Screen) -> None:
    assert perform(["runs", "λ", "lr>=abc"], console) == ExitStatus.USAGE
    assert console.err.splitlines() == [
        "λ lr>=abc",
        "      ^ 'abc' is no number to compare lr with.",
    ]


def test_a_name_that_no_run_has_is_said(console: Screen, make_run: MakeRun) -> None:
    make_run()
    assert perform(["runs", "train/los<1"], console) == ExitStatus.FINISHED
    assert console.err == "No run has 'train/los'; did you mean train/loss?\n"
    assert perform(["runs", "--sort", "batch_siz"], console) == ExitStatus.USAGE
    assert "did you mean batch_size?" in console.err


def test_runs_are_sorted_by_anything(make_run: MakeRun) -> None:
    runs = {lr: make_run(lr=lr).id for lr in (0.5, 0.1, 0.25)}
    assert listed("--sort", "lr") == [runs[0.1], runs[0.25], runs[0.5]]
    assert listed("--sort", "lr", "--reverse") == [runs[0.5], runs[0.25], runs[0.1]]


def test_tag_writes_on_runs_and_they_are_found_by_it(console: Screen, make_run: MakeRun) -> None:
    one, other = make_run(lr=0.5), make_run(lr=0.1)
    words = ["tag", one.id, "+good", "+base,line", "-bad", "--name", "First", "--note", "Look."]
    assert perform(words, console) == ExitStatus.FINISHED
    assert console.out == f"{one.id}  “First”  #good  #base  #line  Look.\n"
    assert listed("tag:good name:first note:look") == [one.id]
    screen = Screen()
    assert perform(["tag", "--where", "lr>0", "-good", "+seen"], screen) == ExitStatus.FINISHED
    assert read_annotation(one.path).tags == ("base", "line", "seen")
    assert read_annotation(other.path).tags == ("seen",)
    assert listed("tag=seen") == [other.id, one.id] or listed("tag=seen") == [one.id, other.id]


def test_runs_and_show_say_what_is_written_on_a_run(make_run: MakeRun) -> None:
    run = make_run()
    perform(["tag", run.id, "+good", "--name", "First", "--note", "Look.\nTwice."], Screen())
    for words in (["runs"], ["show", run.id]):
        screen = Screen()
        assert perform(words, screen) == ExitStatus.FINISHED
        assert "“First”" in screen.out
        assert "#good" in screen.out
    assert "Look.\nTwice.\n" in screen.out
    screen = Screen()
    perform(["show", run.id, "--json"], screen)
    shown = json.loads(screen.out)
    assert (shown["name"], shown["note"], shown["tags"]) == ("First", "Look.\nTwice.", ["good"])


def test_a_live_run_is_tagged(make_run: MakeRun, console: Screen) -> None:
    run = make_run(RunStatus.RUNNING)
    lock = RunLock(run.path)
    lock.acquire()
    assert perform(["tag", run.id, "+going"], console) == ExitStatus.FINISHED
    lock.release()
    assert read_annotation(run.path).tags == ("going",)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["+a=b"], "can't be a tag"),
        (["--name", "x"], "2 runs can't have one name"),
        (["--name", "a\x1bb"], "one name"),
        (["+x", "--where", "lr>=abc"], "'abc' is no number"),
    ],
)
def test_what_can_not_be_written_is_written_on_none(
    words: list[str], sentence: str, make_run: MakeRun, console: Screen
) -> None:
    runs = [make_run(), make_run()]
    perform(["tag", *(run.id for run in runs), *words], console)
    assert sentence in console.err
    assert [read_annotation(run.path).tags for run in runs] == [(), ()]


def test_a_query_deletes_what_it_finds_but_for_live_ones(make_run: MakeRun) -> None:
    gone, kept, live = make_run(lr=0.5), make_run(lr=0.1), make_run(RunStatus.RUNNING, lr=0.5)
    lock = RunLock(live.path)
    lock.acquire()
    console = Screen(terminal=True, typed="y\n")
    assert perform(["delete", "--where", "lr=0.5"], console) == ExitStatus.FAILED
    lock.release()
    assert "Delete 2 runs for good?" in console.err
    assert f"{live.id} is still running" in console.err
    assert f"Deleted {gone.id}." in console.err
    assert [run.path.exists() for run in (gone, kept, live)] == [False, True, True]


def test_a_query_that_finds_nothing_deletes_nothing(make_run: MakeRun, console: Screen) -> None:
    run = make_run(lr=0.5)
    assert perform(["delete", "--yes", "--where", "lr=0.7"], console) == ExitStatus.USAGE
    assert console.err == "No run matches.\n"
    assert perform(["delete", "--yes"], console) == ExitStatus.USAGE
    assert "delete needs a run, or --where QUERY" in console.err
    assert run.path.exists()


@pytest.mark.parametrize("blank", ["", " ", "\n"])
@pytest.mark.parametrize(
    "words", [["delete", "--yes"], ["tag", "+x"], ["export", "--to", "{run}.csv"]]
)
@pytest.mark.parametrize("named", [False, True])
def test_an_empty_query_is_not_every_run(
    words: list[str], blank: str, named: bool, make_run: MakeRun, console: Screen
) -> None:
    runs = [make_run() for _ in range(3)]
    names = [runs[0].id] if named else []
    assert perform([*words, *names, "--where", blank], console) == ExitStatus.USAGE
    assert "--where is empty" in console.err
    assert all(run.path.exists() for run in runs)
    assert all(read_annotation(run.path).tags == () for run in runs)


def test_a_query_behind_where_may_begin_with_not(make_run: MakeRun, console: Screen) -> None:
    gone, kept = make_run(lr=0.5), make_run(RunStatus.FAILED, "It broke.", lr=0.25)
    words = ["tag", kept.id, "+kept", "--where", "-broke"]
    assert perform(words, console) == ExitStatus.FINISHED
    assert [read_annotation(run.path).tags for run in (gone, kept)] == [("kept",), ("kept",)]
    assert perform(["delete", "--yes", "--where", "-status:failed"], console) == 0
    assert [run.path.exists() for run in (gone, kept)] == [False, True]
    assert perform(["delete", "-x", "--yes"], console) == ExitStatus.USAGE


def test_export_writes_a_file_for_each_run_that_is_found(
    console: Screen, make_run: MakeRun, tmp_path: Path
) -> None:
    runs = [make_run(lr=lr) for lr in (0.5, 0.25)]
    make_run(lr=0.1)
    words = ["export", "--where", "lr>=0.2", "--to"]
    assert perform([*words, f"{tmp_path}/new/{{run}}.csv"], console) == ExitStatus.FINISHED
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == sorted(f"{run.id}.csv" for run in runs)
    assert perform([*words, f"{tmp_path}/one.csv"], console) == ExitStatus.USAGE
    assert "2 runs can't go into one file" in console.err


def test_export_of_several_goes_on_after_one_that_can_not_be_read(
    console: Screen, make_run: MakeRun, tmp_path: Path
) -> None:
    bad, good = make_run(), make_run()
    (bad.path / "run.json").write_text("{")
    words = ["export", bad.id, good.id, "--to", f"{tmp_path}/{{run}}.csv"]
    assert perform(words, console) == ExitStatus.FAILED
    assert "run.json" in console.err
    assert [path.name for path in tmp_path.glob("*.csv")] == [f"{good.id}.csv"]
