"""Protects what came of compared runs: the figures, the words for likeness, the sentences, the
order, and the chart."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.view_models.comparison.runs import VALUES, compared, turned
from tests.view_models.folded import EXPERIMENT
from tui_lab.errors import UsageError
from tui_lab.events import MetricsLogged
from tui_lab.experiment import Metric
from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.comparison.comparison import Comparison
from tui_lab.view_models.comparison.overlay import BAND, Drawn, looks_of
from tui_lab.view_models.comparison.tables import (
    Sorting,
    difference_columns,
    in_order,
    name_column,
    result_columns,
    sorting_by,
)

FALLING = [float(v) for v in np.linspace(4, 1, 100)]
HIGHER = [v + 10 for v in FALLING]
SAME = compared("bbbb", FALLING)
OTHER = compared("cccc", HIGHER, hyperparameters={**VALUES, "weight_decay": 10.0})


def comparison(*runs: ComparedRun) -> Comparison:
    return Comparison((compared("aaaa", FALLING), *runs))


def cells(of: Comparison) -> dict[str, tuple[str, ...]]:
    return {column.key: column.cells for column in result_columns(of)}


def test_last_best_and_difference() -> None:
    dipping = compared("dddd", [3.0, 0.5, 2.0])
    found = comparison(dipping).results
    assert (found[1].last, found[1].best, found[1].best_step) == (2.0, 0.5, 2)
    assert found[1].difference == 1.0


def test_what_is_declared_to_grow_is_best_where_it_is_greatest() -> None:
    declared = dataclasses.replace(EXPERIMENT, metrics=(Metric("train/loss", "", "maximize"),))
    run = compared("aaaa", [1.0, 9.0, 4.0], experiment=declared)
    assert Comparison((run, run)).results[0].best == 9.0


def test_a_metric_without_a_direction_has_no_best() -> None:
    norms = MetricsLogged(t=1.0, kind="step", first=1, columns={"norm/w": [1.0, 2.0]})
    run = compared("aaaa", (), norms)
    both = Comparison((run, run))
    assert both.metric == "norm/w"
    assert "best" not in cells(both)


def test_equal_runs_are_the_same_bit_for_bit() -> None:
    assert cells(comparison(SAME, OTHER))["leaves"] == ("reference", "same, bit for bit", "1")


def test_one_other_bit_in_any_metric_is_told() -> None:
    changed = FALLING.copy()
    changed[70] = float(np.nextafter(changed[70], 9))
    found = cells(comparison(compared("dddd", changed)))
    assert found["leaves"][1] == "never"
    assert found["differs"][1] == "71"


def test_a_live_run_has_not_left_yet() -> None:
    found = cells(comparison(compared("dddd", FALLING[:50], live=True)))
    assert found["leaves"][1] == "not yet"


def test_runs_without_a_step_in_common_are_not_judged() -> None:
    found = cells(comparison(compared("dddd", FALLING, first=500)))
    assert (found["leaves"][1], found["differs"][1]) == ("–", "–")


def test_steps_that_are_not_the_same_are_not_held_against_each_other() -> None:
    def evaluated(name: str, every: int) -> ComparedRun:
        at = [every * n for n in range(1, 101)]
        columns = {"train/loss": FALLING}
        return compared(
            name,
            (),
            MetricsLogged(t=1.0, kind="epoch", steps=at, epochs=at, columns=columns),
        )

    found = cells(Comparison((evaluated("aaaa", 7), evaluated("bbbb", 1000))))
    assert found["differs"] == ("", "–")
    found = cells(Comparison((evaluated("aaaa", 7), evaluated("bbbb", 14))))
    assert found["differs"] == ("", "14")


def test_a_run_that_left_late_or_was_short_has_left_once_it_ended() -> None:
    late = [*FALLING[:-3], 99.0, 99.0, 99.0]
    found = cells(comparison(compared("dddd", late), compared("eeee", [99.0] * 3)))
    assert found["leaves"][1:] == ("98", "1")
    found = cells(comparison(compared("dddd", late, live=True)))
    assert found["leaves"][1] == "not yet"


LONG = np.random.default_rng(0).normal(size=200_000)


def test_of_long_runs_a_step_is_known_as_exactly_as_is_said() -> None:
    """A value between the extremes of its span, of which nothing is kept, is not seen."""
    changed = LONG.copy()
    changed[150_001] = np.nextafter(changed[150_001], 9)
    for other, said in ((changed, "in no point kept"), (np.append(LONG[:-1], 9.0), "≤ 200,000")):
        long = Comparison((compared("aaaa", LONG.tolist()), compared("bbbb", other.tolist())))
        assert cells(long)["differs"] == ("", said)
    assert "kept of 200,000: of 16 steps the extremes, so exact to as many." in long.band_words
    line = long.runs[0].series("train/loss", "step")
    assert line is not None
    assert np.diff(line.steps).max() <= 2 * line.span


def test_five_seeds_are_a_band() -> None:
    seeds = [compared(f"000{n}", [v + n for v in FALLING], seed=n) for n in range(1, 5)]
    one_more = comparison(*seeds, OTHER)
    assert one_more.band is not None
    assert one_more.band.seeds == 5
    assert comparison(*seeds[:3], OTHER).band_words.startswith("Band: the lowest to the highest")


@pytest.mark.parametrize(
    "other",
    [
        {"sha256": "ab" * 32},
        {"begin": {"device": "cuda:0"}},
        {"begin": {"threads": 7}},
        {"begin": {"request": {"versions": {"torch": "1"}}}},
        {"of": "dropout"},
        {"parent": "weight-decay-20261120-120000-9999", "parent_step": 5},
    ],
)
def test_only_what_differs_in_the_seed_alone_makes_a_band(other: dict[str, Any]) -> None:
    """Whatever is named as a difference keeps a run out of the band."""
    usual = {"request": {"versions": {"torch": "2"}}}
    usual_runs = [
        compared(f"000{n}", [v + n for v in FALLING], seed=n, begin=usual) for n in range(5)
    ]
    assert Comparison(tuple(usual_runs)).band.seeds == 5  # type: ignore[union-attr]
    other = {**other, "begin": {**usual, **other.get("begin", {})}}
    another = compared("0009", HIGHER, seed=9, **other)
    with_it = Comparison((*usual_runs, another))
    assert [each.name for each in with_it.differences] != ["seed"]
    assert with_it.band.seeds == 5  # type: ignore[union-attr]


def test_evaluations_count_once_there_are_enough() -> None:
    def with_evaluations(count: int) -> ComparedRun:
        at = list(range(1, count + 1))
        columns = {"train/loss": FALLING[:count]}
        block = MetricsLogged(t=1.0, kind="epoch", steps=at, epochs=at, columns=columns)
        return compared("aaaa", HIGHER, block)

    assert with_evaluations(19).kind("train/loss") == "step"
    assert with_evaluations(20).kind("train/loss") == "epoch"


def test_what_they_share_is_said() -> None:
    norms = MetricsLogged(t=1.0, kind="step", first=1, columns={"norm/w": [1.0, 2.0]})
    both = comparison(compared("dddd", FALLING, norms))
    assert both.headline == "2 runs of weight-decay share 1 metric: train/loss"
    assert both.metrics == ["train/loss", "norm/w"]
    assert "aaaa has no norm/w." in both.remarks


def test_what_branches_have_in_common_is_said() -> None:
    parent = compared("aaaa", FALLING)
    child = compared("eeee", HIGHER, first=101, parent=parent.id, parent_step=100)
    assert (
        "eeee is aaaa up to step 100, and goes on from there."
        in Comparison((parent, child)).remarks
    )
    gone = f"weight-decay-20261120-120000-{'9999'}"
    siblings = [compared(n, FALLING, parent=gone, parent_step=s) for n, s in (("x", 50), ("y", 70))]
    said = Comparison(tuple(siblings)).remarks
    assert "x and y are 9999, not shown here, up to step 50." in said


def test_a_log_that_cant_be_read_costs_a_sentence() -> None:
    broken = dataclasses.replace(compared("ffff"), error="its log is gone.")
    assert comparison(broken).remarks[0] == "ffff can't be read: its log is gone."


def test_any_column_gives_the_order_and_what_is_missing_comes_last() -> None:
    missing = compared("ffff")
    three = comparison(OTHER, missing)
    columns = [name_column(three), *difference_columns(three), *result_columns(three)]
    assert in_order(three, columns, None) == [0, 1, 2]
    assert in_order(three, columns, Sorting("last")) == [0, 1, 2]
    assert in_order(three, columns, Sorting("last", falling=True)) == [1, 0, 2]
    assert in_order(three, columns, Sorting("weight_decay", falling=True)) == [1, 0, 2]
    assert in_order(three, columns, Sorting("run", falling=True)) == [2, 1, 0]
    with pytest.raises(UsageError, match="no column 'foo' to sort by; there are run, weight_decay"):
        sorting_by(three, columns, "foo")


def test_the_chart_has_a_line_for_each_run_and_the_band_beneath() -> None:
    turning = compared("dddd", FALLING, turned("lr", 0.003, 0.1, 50))
    three = comparison(OTHER, turning)
    figure = three.figure(Drawn())
    assert [line.name for line in figure.lines] == [BAND, "aaaa", "cccc", "dddd"]
    assert [line.role for line in figure.lines[1:]] == ["first", "second", "third"]
    assert [mark.label for mark in figure.marks] == ["a"]
    assert figure.marks[0].text == "dddd: lr 0.003 → 0.1"
    assert three.legend(figure)[1] == ("second", "cccc 11")


def test_the_chart_over_time_and_smoothed() -> None:
    figure = comparison(OTHER).figure(Drawn(x="time", smoothing=0.9, band=False))
    assert figure.x_label == "seconds"
    assert [line.role for line in figure.lines] == ["muted", "muted", "first", "second"]


def test_the_seventh_run_has_the_first_colour_and_another_mark() -> None:
    assert looks_of(0) != looks_of(6)
    assert looks_of(6).role == looks_of(0).role


def test_json_holds_every_metric() -> None:
    data = comparison(OTHER).to_json()
    assert data["differences"]["weight_decay"]["values"] == dict(
        zip(data["runs"], (3.0, 10.0), strict=True)
    )
    assert data["metrics"]["train/loss"]["runs"][data["runs"][1]]["leaves"] == 1


def test_runs_that_lack_the_same_are_said_together() -> None:
    norms = MetricsLogged(t=1.0, kind="step", first=1, columns={"norm/w": [1.0, 2.0]})
    found = comparison(SAME, compared("dddd", FALLING, norms)).remarks
    assert "aaaa and bbbb have no norm/w." in found


def test_runs_that_lie_under_each_other_are_said() -> None:
    found = Comparison((OTHER, compared("aaaa", FALLING), SAME)).remarks
    assert "bbbb is the same as aaaa, bit for bit." in found


def test_a_column_with_a_turned_knob_is_text() -> None:
    knob = turned("weight_decay", 3.0, 10.0, 50)
    columns = difference_columns(comparison(compared("dddd", FALLING, knob)))
    assert [column.numeric for column in columns] == [False]


def test_of_many_metrics_that_a_run_lacks_the_first_are_named() -> None:
    norms = {f"norm/{n}": [1.0] for n in range(4)}
    more = compared("dddd", FALLING, MetricsLogged(t=1.0, kind="step", first=1, columns=norms))
    found = comparison(more).remarks
    assert "aaaa has no norm/0, norm/1, norm/2 and 1 other." in found
