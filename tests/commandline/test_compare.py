"""Protects `tui-lab compare`: the tables, the order, the JSON, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.runs.directory import RunDirectory

MakeRun = Callable[..., RunDirectory]


def lines(console: Screen, *words: str) -> list[str]:
    assert perform(["compare", *words], console) == ExitStatus.FINISHED
    return console.out.splitlines()


def test_what_differs_and_what_came_of_it(console: Screen, make_run: MakeRun) -> None:
    one, other = make_run(lr=0.5), make_run(lr=0.25)
    printed = lines(console, one.id, other.id)
    assert printed[0] == "2 runs of linear-regression share 2 metrics: train/loss, norm/w"
    assert printed[1].split() == ["run", "lr"]
    assert printed[2].split() == [one.id[-4:], "*", "0.5", one.id]
    assert printed[3].split() == [other.id[-4:], "0.25", other.id]
    assert f"train/loss (less is better), held against {one.id[-4:]}" in printed
    assert "same, bit for bit" in console.out
    assert "Band: the lowest to the highest value of the reference" in console.out


def test_equal_runs_are_said_to_be(console: Screen, make_run: MakeRun) -> None:
    said = " ".join(lines(console, make_run().id, make_run().id))
    assert "Nothing that was asked of them differs" in said


def test_the_reference_and_the_order_are_chosen(console: Screen, make_run: MakeRun) -> None:
    runs = [make_run(lr=lr) for lr in (0.5, 0.125, 0.25)]
    ids = [run.id for run in runs]
    printed = lines(console, *ids, "--reference", ids[2], "--sort", "lr")
    assert [line.split()[-1] for line in printed[2:5]] == [ids[1], ids[2], ids[0]]
    assert printed[3].split()[1] == "*"


def test_json_says_the_same(console: Screen, make_run: MakeRun) -> None:
    one, other = make_run(lr=0.5), make_run(lr=0.25)
    lines(console, one.id, other.id, "--metric", "norm/w", "--json")
    data = json.loads(console.out)
    assert data["metric"] == "norm/w"
    assert data["reference"] == one.id
    assert data["differences"]["lr"]["values"] == {one.id: 0.5, other.id: 0.25}
    assert data["likeness"][other.id] == "same"
    assert data["metrics"]["train/loss"]["runs"][other.id]["best"] == 0.25


def test_runs_may_be_asked_for_in_words(console: Screen, make_run: MakeRun) -> None:
    ids = [make_run(lr=lr).id for lr in (0.5, 0.25, 0.125)]
    lines(console, ids[2], "--where", "lr>=0.2", "--json")
    data = json.loads(console.out)
    assert data["reference"] == ids[2]
    assert sorted(data["runs"]) == sorted(ids)


@pytest.mark.parametrize("axis", ["step", "epoch", "time"])
def test_the_chart_runs_over_what_is_asked_for(
    console: Screen, make_run: MakeRun, axis: str
) -> None:
    lines(console, make_run(lr=0.5).id, make_run().id, "--x", axis)
    assert ("seconds" if axis == "time" else axis) in console.out


def test_the_curves_are_drawn_as_they_are_asked_for(console: Screen, make_run: MakeRun) -> None:
    ids = [make_run(lr=0.5).id, make_run().id]
    usual = lines(console, *ids)
    title = next(line for line in usual if line.startswith("train/loss (log)"))
    for words, changed in (
        (["--y", "linear"], title.replace(" (log)", "")),
        (["--smoothing", "0.9"], title.replace(" (log)", " (log)   smoothed by 0.9")),
    ):
        assert changed in lines(Screen(), *ids, *words)
    plain = lines(Screen(), *ids, "--no-band")
    assert len(plain) == len(usual)
    assert plain != usual
    assert lines(Screen(), *ids, "--y", "log", "--smoothing", "0") == usual


def test_sorted_the_other_way_round(console: Screen, make_run: MakeRun) -> None:
    ids = [make_run(lr=lr).id for lr in (0.5, 0.125, 0.25)]
    printed = lines(console, *ids, "--sort", "lr", "--reverse")
    assert [line.split()[-1] for line in printed[2:5]] == [ids[0], ids[2], ids[1]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{0}"], "compare needs two runs or more; see tui-lab runs."),
        (["{0}", "{0}"], "compare needs two runs or more; see tui-lab runs."),
        (["{0}", "{1}", "--metric", "los"], "has a metric 'los'; they have train/loss, norm/w."),
        (["{0}", "{1}", "--sort", "foo"], "There is no column 'foo' to sort by; there are run,"),
        (["{0}", "{1}", "--reference", "x"], "The reference must be one of the runs compared, "),
        (["{0}", "{1}", "--x", "year"], "invalid choice: 'year'"),
        (["{0}", "{1}", "--where", " "], "--where is empty"),
        (["--where", "lr=9"], "No run matches."),
        (["--where", "lr=0.5"], "compare needs two runs or more"),
        (["{0}", "{1}", "--json", "--x", "step"], "--json prints all of it"),
        (["{0}", "{1}", "--json", "--sort", "lr"], "--json prints all of it"),
        (["{0}", "{1}", "--json", "--no-band"], "leave --no-band out"),
        (["{0}", "{1}", "--json", "--y", "log"], "leave --y out"),
        (["{0}", "{1}", "--json", "--smoothing", "0.5"], "leave --smoothing out"),
        (["{0}", "{1}", "--reverse"], "--reverse goes with --sort."),
        (["{0}", "{1}", "--smoothing", "1"], "a weight is at least 0 and below 1, not '1'"),
        (["{0}", "{1}", "--smoothing", "nan"], "a weight is at least 0 and below 1, not 'nan'"),
    ],
)
def test_what_cant_be_is_one_sentence(
    console: Screen, make_run: MakeRun, words: list[str], sentence: str
) -> None:
    ids = [make_run(lr=0.5).id, make_run().id]
    assert perform(["compare", *(w.format(*ids) for w in words)], console) == ExitStatus.USAGE
    assert sentence in console.err
    assert len(console.err.splitlines()) == 1
    assert console.out == ""


def test_a_run_that_is_not_there_is_said(console: Screen, make_run: MakeRun) -> None:
    assert perform(["compare", make_run().id, "nothing"], console) == ExitStatus.FAILED
    assert "There is no run 'nothing'" in console.err


def test_a_damaged_run_costs_a_sentence(console: Screen, make_run: MakeRun) -> None:
    runs = [make_run(lr=lr) for lr in (0.5, 0.25, 0.125)]
    (runs[1].path / "run.json").write_text("{")
    assert perform(["compare", *(run.id for run in runs)], console) == ExitStatus.FAILED
    assert len(console.err.splitlines()) == 1
    assert console.out.startswith("2 runs of linear-regression share")


def test_a_run_without_a_log_stands_beside_the_others(console: Screen, make_run: MakeRun) -> None:
    one, other = make_run(lr=0.5), make_run(lr=0.25)
    other.events_path.unlink()
    perform(["compare", one.id, other.id], console)
    assert other.id in console.out
    assert "share no metric" in console.out
