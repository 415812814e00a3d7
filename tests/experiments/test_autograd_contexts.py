"""Protects the cases about with: what is called, in which order, and that recording is as it was
afterwards, also when the block raises."""

from __future__ import annotations

import pytest
import torch

from tests.experiments.autograd_driver import OTHER, USUAL, run, sight, table
from tui_lab.experiments.autograd import contexts
from tui_lab.experiments.autograd.witness import See

SWITCHES = ("with_statement", "with_generator", "with_by_hand")
"""Three ways to write no_grad."""


def printed(case: str, under: str = "nothing") -> list[str]:
    return run(case, under).see.printed


def test_calls_come_in_the_order_python_promises() -> None:
    assert printed("with_statement") == [
        "__enter__: recording was True",
        "the block",
        "__exit__: recording is True again",
        "after it",
    ]
    assert printed("with_generator") == ["up to yield", "the block", "from yield on"]
    assert printed("with_by_hand") == [
        "made: recording True",
        "__enter__ called: recording False",
        "__exit__ called: recording True",
    ]


def test_an_exception_leaves_through_exit_and_the_last_entered_is_left_first() -> None:
    assert printed("with_exception") == [
        "__enter__: recording True",
        "the block: recording False",
        "__exit__: recording True after <class 'RuntimeError'>",
    ]
    assert run("with_exception").error is not None


@pytest.mark.parametrize("case", SWITCHES)
def test_each_of_them_is_no_grad(case: str) -> None:
    twin = sight("no_grad", "w")
    y, loss = sight(case, "y"), sight(case, "loss")
    assert (y.requires_grad, y.grad_fn) == (twin.requires_grad, twin.grad_fn) == (False, "None")
    assert loss.requires_grad
    assert sight(case, "w", OTHER).grad_number == pytest.approx(2 * OTHER.w * OTHER.x**2)
    assert sight(case, "w", under="no_grad").grad == "None"


@pytest.mark.parametrize("case", SWITCHES)
def test_recording_is_what_it_was_and_not_simply_on(case: str) -> None:
    """Under no_grad the loss after the block has no graph: it was off, and stays off."""
    assert not sight(case, "loss", under="no_grad").requires_grad
    with torch.no_grad():
        with pytest.raises(RuntimeError):
            getattr(contexts, case)(See(), USUAL)
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize("case", [*SWITCHES, "with_exception"])
def test_what_is_printed_stands_above_the_code_where_it_is_seen_at_once(case: str) -> None:
    rows = table("code", case=case)
    lines = [text for mark, text in rows if mark == ">"]
    assert lines == printed(case)
    assert [mark for mark, _ in rows[1 : 1 + len(lines)]] == [">"] * len(lines)
