"""Keys open a parameter, the graph and the mistakes of the run shown; what the run tells is seen
by whoever looks at it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Tree

from tests.tui.fakes import summary
from tests.tui.opened import FINISHED, GRADIENTS, STARTED, Opened, attached
from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Command,
    Mistake,
    MistakeKind,
    Show,
    ShowGraph,
)
from tui_lab.events import PhaseEntered, StepAltered
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.tui.dialogs.graph import GraphDialog
from tui_lab.tui.dialogs.mistake import MistakeDialog

HELD = PhaseEntered(t=1.0, step=9, phase="clip", line=42)
VALUE = {"size": 2, "min": 0.5, "max": 1.5, "mean": 1.0, "zeros": 0.0, "nan": 0, "inf": 0,
         "values": [0.5, 1.5], "columns": 2}  # fmt: skip
SHOWN = ParameterShown(
    t=1.0, step=9, phase="clip", parameter="w", shape=[2], dtype="float32",
    tensors={"value": VALUE, "grad": {"note": "None"}},
)  # fmt: skip
GRAPH = GraphShown(
    t=1.0,
    step=9,
    phase="forward",
    nodes=[
        {"name": "MulBackward0", "parent": -1, "of": "", "again": False, "more": 3},
        {"name": "AccumulateGrad", "parent": 0, "of": "w[0]", "again": False, "more": 0},
        {"name": "ExpBackward0", "parent": 0, "of": "", "again": True, "more": 0},
    ],
)


async def test_enter_opens_the_parameter_at_the_cursor_and_closes_it_again() -> None:
    lab = attached(HELD)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.panes.gradients.focus()
        await pilot.press("enter")
        await lab.settle(pilot)
        assert lab.commands == [Show("w")]
        lab.session.record(lab.screen.run.id, SHOWN)
        await lab.settle(pilot)
        assert "▾ w  2 float32 · after clip of step 9" in lab.text
        assert "value  0.5  1.5" in lab.text
        await pilot.press("enter")
        await lab.settle(pilot)
        await pilot.press("escape")
        await lab.settle(pilot)
        assert lab.commands[1:] == [Show(""), Show("")]


async def test_what_another_terminal_opened_is_seen_here_until_it_closes_it() -> None:
    lab = attached(HELD, SHOWN)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "▾ w  2 float32" in lab.text
        closed = ParameterShown(t=1.0, step=9, phase="clip", parameter="")
        lab.session.record(lab.screen.run.id, closed)
        await lab.settle(pilot)
        assert "▾ w" not in lab.text
        assert lab.commands == []


async def test_a_click_opens_the_row() -> None:
    lab = attached(HELD)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.click(lab.screen.panes.gradients, offset=(4, 1))
        await lab.settle(pilot)
        assert lab.commands == [Show("w")]


async def test_a_run_that_is_over_can_not_be_looked_into() -> None:
    lab = Opened(STARTED, GRADIENTS, FINISHED, run=summary(1))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.panes.gradients.focus()
        await pilot.press("enter", "G", "m")
        await lab.settle(pilot)
        assert lab.commands == []
        assert lab.told == ["Only a run that goes on can be looked into."]
        assert lab.app.screen is lab.screen


async def test_the_graph_unfolds_and_follows_the_run() -> None:
    lab = attached(HELD)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("G")
        await lab.settle(pilot)
        dialog = lab.app.screen
        assert isinstance(dialog, GraphDialog)
        lab.session.record(lab.screen.run.id, GRAPH)
        await lab.settle(pilot)
        dialog.look()
        assert labels(dialog.query_one(Tree)) == [
            "loss",
            "MulBackward0",
            "w[0]  AccumulateGrad",
            "ExpBackward0  ↑ unfolded above",
            "… 3 more",
        ]
        assert "forward of step 9" in str(dialog.query_one("#graph").border_subtitle)
        await pilot.press("full_stop", "escape")
        await lab.settle(pilot)
        assert lab.commands == [ShowGraph(), Advance("phase"), ShowGraph(open=False)]


def labels(tree: Tree[Any]) -> list[str]:
    """What each line of a tree reads, from the top."""
    assert all(node.is_expanded for node in tree.root.children)
    lines = (tree.get_node_at_line(line) for line in range(tree.last_line + 1))
    return [str(node.label) for node in lines if node is not None]


@pytest.mark.parametrize(
    ("key", "kind"),
    [("z", "forget-zero_grad"), ("u", "step-before-backward"), ("b", "backward-twice")],
)
async def test_a_mistake_is_chosen_and_made(key: str, kind: MistakeKind) -> None:
    lab = attached(HELD)
    lab.session.answer = Acknowledgement(True, 10)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("m")
        assert isinstance(lab.app.screen, MistakeDialog)
        await pilot.press(key)
        await lab.settle(pilot)
        expected: list[Command] = [Mistake(kind)]
        assert lab.commands == expected
        assert lab.told == [f"{kind}: in step 10"]


async def test_no_mistake_is_made_by_leaving() -> None:
    lab = attached(HELD)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("m", "escape", "m", "c")
        await lab.settle(pilot)
        assert lab.commands == []


async def test_a_phase_of_a_programs_own_and_what_was_done_are_named() -> None:
    altered = StepAltered(t=1.0, step=8, how="backward-twice")
    lab = attached(HELD, altered)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "at clip of step 9" in lab.text
        assert "backward-twice · graph recorded" in lab.text
        await pilot.press("2")
        await lab.settle(pilot)
        assert "▶   42" in lab.text
        assert "clip of step 9" in lab.text
