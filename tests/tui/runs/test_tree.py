"""Protects the tree of runs: a branch stands below its parent wherever that is listed, families
stay together in any order, and no run is lost, whatever the directories say of their parents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.fakes import NOON, TOY, summary
from tui_lab.tui.runs.lines import Line
from tui_lab.tui.runs.row import run_row
from tui_lab.tui.runs.tree import Group, arranged, grouped


def shown(names: str, parents: dict[str, str], folded: str = "") -> list[tuple[str, str]]:
    """The order of runs with one letter each, and what stands before each name."""
    return [(line.id, line.before) for line in arranged(names, parents, folded)]


def test_branches_stand_below_their_parents() -> None:
    parents = {"a": "d", "b": "d", "c": "b", "e": "f"}
    assert shown("abcde", parents) == [
        ("d", ""),
        ("a", "├ "),
        ("b", "└ "),
        ("c", "  └ "),
        ("e", ""),
    ]


def test_a_branch_of_a_branch_is_drawn_beside_what_follows() -> None:
    assert shown("dcba", {"c": "d", "b": "c", "a": "d"}) == [
        ("d", ""),
        ("c", "├ "),
        ("b", "│ └ "),
        ("a", "└ "),
    ]


def test_a_family_stands_where_its_first_stood() -> None:
    assert shown("cxda", {"c": "a", "d": "a"}) == [("a", ""), ("c", "├ "), ("d", "└ "), ("x", "")]


def test_what_is_folded_is_counted() -> None:
    parents = {"b": "a", "c": "b", "d": "a"}
    assert list(arranged("abcd", parents, {"b", "x"})) == [
        Line("a", "", 3),
        Line("b", "a", 1, "├ ", is_folded=True),
        Line("d", "a", 0, "└ "),
    ]
    assert list(arranged("abcd", parents, {"a"})) == [Line("a", "", 3, is_folded=True)]


def test_groups_are_trees_of_their_own() -> None:
    groups = [Group("g", "ab"), Group("h", "cd")]
    lines = list(grouped(groups, {"b": "a", "c": "a"}, {"h"}))
    assert lines == [
        Line("g", "", 2, is_group=True),
        Line("a", "g", 1),
        Line("b", "a", 0, "└ "),
        Line("h", "", 2, is_folded=True, is_group=True),
    ]


@pytest.mark.parametrize(
    "parents", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a"}]
)
def test_parents_that_go_in_a_circle_lose_no_run(parents: dict[str, str]) -> None:
    assert sorted(name for name, _ in shown("abc", parents)) == ["a", "b", "c"]


@given(
    st.permutations("abcdefgh"),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefghz")),
)
def test_every_run_stands_once_below_its_line(runs: list[str], parents: dict[str, str]) -> None:
    lines = arranged(runs, parents)
    assert sorted(line.id for line in lines) == sorted(runs)
    seen = set[str]()
    for line in lines:
        assert line.above in ("", parents.get(line.id))
        assert not line.above or line.above in seen
        seen.add(line.id)


def test_a_long_chain_of_branches_is_a_tree_too() -> None:
    names = [str(number) for number in range(5000)]
    lines = arranged(names, dict(zip(names[1:], names, strict=False)))
    assert [line.below for line in lines] == list(range(4999, -1, -1))
    assert max(len(line.before) for line in lines) < 40


def test_where_a_branch_came_from_is_said() -> None:
    run = summary(1, parent="toy-20261120-110000-7f3a", parent_step=1200)
    assert run_row(run, TOY, NOON).values.startswith("from 7f3a at step 1,200")
