"""Protects the tree of runs: a branch stands below its parent wherever that is listed, and no run
is lost, whatever the directories say of their parents."""

from __future__ import annotations

import pytest

from tests.tui.fakes import NOON, TOY, summary
from tui_lab.tui.runs.row import run_row
from tui_lab.tui.runs.tree import arranged


def named(letter: str) -> str:
    return f"toy-20261120-110000-000{letter}"


def shown(names: str, parents: dict[str, str]) -> list[tuple[str, str]]:
    """The order of runs with one letter each, and what stands before each name."""
    runs = [summary(number, id=named(name)) for number, name in enumerate(names, 1)]
    rows = [run_row(run, TOY, NOON) for run in runs]
    plain = {row.id: row.name for row in rows}
    found = arranged(rows, {named(child): named(parent) for child, parent in parents.items()})
    return [(row.id[-1], row.name.removesuffix(plain[row.id])) for row in found]


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


@pytest.mark.parametrize(
    "parents", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a"}]
)
def test_parents_that_go_in_a_circle_lose_no_run(parents: dict[str, str]) -> None:
    assert {name for name, _ in shown("abc", parents)} == {"a", "b", "c"}


def test_where_a_branch_came_from_is_said() -> None:
    run = summary(1, parent="toy-20261120-110000-7f3a", parent_step=1200)
    assert run_row(run, TOY, NOON).values.startswith("from 7f3a at step 1,200")
