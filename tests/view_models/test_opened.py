"""Protects what is read of a parameter that is opened: each number in its place, what changed since
the last phase marked, nothing left once it is closed or the run is over."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.view_models.folded import started, view_of
from tui_lab.events import RunFinished, RunResumed, StepAltered
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.view_models.opened import histogram


def shown(step: int, phase: str, name: str = "w", **tensors: dict[str, Any]) -> ParameterShown:
    return ParameterShown(
        t=0.0, step=step, phase=phase, parameter=name, shape=[2, 1], dtype="float32",
        tensors=tensors,
    )  # fmt: skip


def small(*values: float) -> dict[str, Any]:
    return {"size": len(values), "min": min(values), "max": max(values), "mean": 0.0,
            "zeros": 0.0, "nan": 0, "inf": 0, "values": values, "columns": len(values)}  # fmt: skip


def large(**changes: Any) -> dict[str, Any]:
    return {
        "size": 3000, "min": -0.5, "max": 0.25, "mean": 0.0012345, "zeros": 0.0001, "nan": 2,
        "inf": 0, "values": list(range(16)), "columns": 4, "rows": 100, "of": 30,
        "counts": [0, 1, 50, 100], **changes,
    }  # fmt: skip


def test_a_small_parameter_is_a_line_for_each_of_its_tensors() -> None:
    event = shown(12, "update", value=small(1.5, -3), grad={"note": "None"}, change=small(0.0, 1))
    assert view_of(event).opened.lines() == [
        "▾ w  2×1 float32 · after update of step 12",
        "  value  1.5   -3",
        "  .grad  None",
        "  Δ      0  1",
    ]


def test_what_changed_since_the_last_phase_is_marked() -> None:
    view = view_of(
        shown(12, "backward", value=small(1.5, math.nan), grad=small(0.5, 1)),
        shown(12, "update", value=small(1.25, math.nan), grad=small(0.5, 1)),
    )
    _, value, grad = view.opened.lines()
    assert value.split()[1:] == ["•1.25", "nan"]
    assert "•" not in grad


@pytest.mark.parametrize("last", [shown(3, "backward"), shown(12, "update"), shown(11, "", "v")])
def test_without_a_last_phase_nothing_is_marked(last: ParameterShown) -> None:
    before = ParameterShown(**{**vars(last), "tensors": {"value": small(0, 0)}})
    view = view_of(before, shown(12, "update", value=small(1.5, -3)))
    assert "•" not in "".join(view.opened.lines())


def test_a_large_one_is_its_figures_and_corners() -> None:
    _, figures, *rows = view_of(shown(1, "forward", value=large())).opened.lines()
    assert figures == "  value   ▁▄█  -0.5 … 0.25  mean 0.00123  zeros < 0.1 %  NaN 2"
    assert [row.split() for row in rows] == [
        ["0", "1", "…", "2", "3"],
        ["4", "5", "…", "6", "7"],
        ["…"],
        ["8", "9", "…", "10", "11"],
        ["12", "13", "…", "14", "15"],
    ]
    assert len({len(row) for row in rows if "…" not in row.split()[:1]}) == 1


def test_nothing_finite_has_no_range() -> None:
    values = large(min=None, max=None, mean=None, counts=[], nan=3000)
    _, figures, *_ = view_of(shown(1, "", value=values)).opened.lines()
    assert figures == "  value  zeros < 0.1 %  NaN 3,000"


def test_one_that_is_closed_is_gone_and_so_is_all_at_the_end() -> None:
    event = shown(1, "forward", value=small(1.5))
    assert view_of(event, shown(1, "forward", "")).opened.lines() == []
    view = view_of(started(), event, RunFinished(t=1.0, step=1, epoch=1))
    assert view.opened.lines() == []
    assert view_of(event, started()).opened.lines() == []  # another worker knows nothing of it
    graph = GraphShown(t=0.0, step=1, phase="forward", nodes=[])
    assert view_of(graph).opened.graph == graph


def test_what_was_seen_of_steps_that_never_were_is_gone() -> None:
    seen = (
        shown(12, "update", value=small(1.5)),
        GraphShown(t=0.0, step=12, phase="forward", nodes=[]),
        StepAltered(t=0.0, step=12, how="backward-twice"),
    )
    for back, there in ((11, False), (12, True)):
        opened = view_of(*seen, RunResumed(t=1.0, step=back, from_step=back)).opened
        assert (opened.parameter is not None) == there
        assert (opened.graph is not None) == there
        assert bool(opened.altered) == there


def test_what_was_done_in_a_step_is_known_by_it() -> None:
    events = [StepAltered(t=0.0, step=s, how=how) for s, how in ((3, "a"), (4, "b"), (4, "c"))]
    assert view_of(*events).opened.altered == {4: ["b", "c"]}
    assert view_of(*events).lines == ["step 3: a", "step 4: b", "step 4: c"]


@pytest.mark.parametrize(
    ("counts", "words"), [((), ""), ((0, 0), "  "), ((1, 1000), "▁█"), ((5, 10), "▄█")]
)
def test_a_histogram_shows_whatever_is_there(counts: tuple[int, ...], words: str) -> None:
    assert histogram(counts) == words
