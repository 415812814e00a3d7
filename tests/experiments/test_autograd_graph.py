"""Protects what the laboratory of requires_grad shows of a case: its source, the tree of its loss,
the bytes it saves."""

from __future__ import annotations

import inspect

import torch

from tests.experiments.autograd_driver import USUAL, demonstration, run, table
from tui_lab.experiments.autograd import NAMES
from tui_lab.experiments.autograd import execution as autograd
from tui_lab.experiments.autograd.graph import walk


def test_bytes_saved_for_backward() -> None:
    """A power and a product save four bytes each here; no_grad is what saves them."""
    saved = {case: autograd.saved_bytes(case, "nothing", USUAL, 0) for case in NAMES}
    assert saved["accumulate"] == 4 * USUAL.times
    assert saved["not_a_scalar"] == 3 * 4  # the three factors of w
    assert saved["no_grad_backward"] == 0
    for case in NAMES:
        under = autograd.saved_bytes(case, "no_grad", USUAL, 0)
        assert under == (4 if case == "nested_enable_grad" else 0)


def test_the_code_on_screen_is_the_code_that_ran() -> None:
    for case, function in autograd.CASES.items():
        shown = [text for mark, text in table("code", case=case)[1:] if mark not in ("!", ">")]
        written = inspect.getsource(function).splitlines()
        assert len(shown) == len(written)
        for line, original in zip(shown, written, strict=True):
            assert original.removeprefix(line).strip().startswith(("# type: ignore", ""))
            assert original.startswith(line)
    assert table("code", case="expression", under="no_grad")[1][1].endswith("torch.no_grad()")


def test_the_tree_is_walked_through_next_functions() -> None:
    rows = table("graph of the loss", case="expression")
    assert [row[0] for row in rows] == [
        "DivBackward0",
        "  PowBackward0",
        "    SubBackward0",
        "      AddBackward0",
        "        MulBackward0",
        "          AccumulateGrad",
        "          None",
        "        AccumulateGrad",
        "      None",
        "  None",
    ]
    assert [row[1] for row in rows if "Acc" in row[0]] == ["fills w.grad", "fills b.grad"]


def test_a_leaf_used_twice_stands_in_the_tree_twice_and_counts_once() -> None:
    rows = table("graph of the loss", case="not_detached")
    remarks = [row[1] for row in rows if "AccumulateGrad" in row[0]]
    assert remarks == ["fills w.grad", "see above"]
    assert demonstration(case="not_detached")[1]["graph/leaves"] == 1


def test_nodes_of_a_network_are_counted_as_a_set() -> None:
    tensors = run("network").see.tensors
    root = tensors["loss"].grad_fn
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [following for following, _ in node.next_functions]
    _, measured = demonstration(case="network")
    assert measured["graph/nodes"] == len(seen)
    assert measured["graph/leaves"] == 4
    leaves = [branch.leaf for branch in walk(tensors["loss"], tensors) if branch.leaf]
    assert sorted(set(leaves)) == ["W1", "W2", "b1", "b2"]


def test_a_tensor_without_a_graph_has_no_tree() -> None:
    assert walk(torch.ones(1), {}) == []
    assert table("graph of the loss", case="factories") == [["None", "no graph leads here"]]
