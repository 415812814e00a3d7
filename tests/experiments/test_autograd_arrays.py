"""Protects the cases about NumPy: memory that is shared, or not, by its address, and the gradient
that goes wrong in silence by hand."""

from __future__ import annotations

import pytest

from tests.experiments.autograd_driver import OTHER, USUAL, demonstration, run, sight
from tui_lab.experiments.autograd.witness import Given

both = pytest.mark.parametrize("given", [USUAL, OTHER])


@pytest.mark.parametrize(
    ("case", "shared"),
    [("detach_numpy", True), ("numpy_under_no_grad", True), ("detach_clone_numpy", False)],
)
def test_memory_is_one_or_two(case: str, shared: bool) -> None:
    tensors = run(case).see.tensors
    assert (tensors["w"].data_ptr() == tensors["array"].data_ptr()) == shared


def test_what_is_written_through_one_is_read_in_the_other() -> None:
    seen = [(s.name, s.value) for s in run("detach_numpy").see.sights]
    assert seen == [
        ("w", "[1, 2]"),
        ("array", "[1, 2]"),
        ("w", "[10, 2]"),
        ("array", "[10, 2]"),
        ("w", "[10, 20]"),
        ("array", "[10, 20]"),
    ]
    assert demonstration(case="detach_numpy")[1]["value/w"] == 30


def test_a_clone_keeps_what_it_had() -> None:
    assert sight("detach_clone_numpy", "w").value == "[1, 20]"
    assert sight("detach_clone_numpy", "array").value == "[10, 2]"


@both
def test_a_value_changed_behind_autograd_gives_a_wrong_gradient(given: Given) -> None:
    """2y · x with the y that stands there at backward, 10, and not the one of forward."""
    wrong, right = 2 * 10 * given.x, 2 * given.x**2 * given.w
    assert sight("numpy_behind_autograd", "w", given).grad_number == pytest.approx(wrong)
    assert wrong != pytest.approx(right)


def test_whether_numpy_is_refused_hangs_on_the_switch() -> None:
    assert isinstance(run("numpy_refused").error, RuntimeError)
    assert run("numpy_refused", "no_grad").error is None
    assert run("numpy_under_no_grad", "enable_grad").error is None
    assert sight("numpy_under_no_grad", "w").value == "[10, 2]"
    assert sight("numpy_under_no_grad", "w").requires_grad
