"""Protects what gradient-flow says of signals too small and losses too large for a floating-point
type, against numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.experiments.driver import build, evaluate
from tests.experiments.lessons import lesson
from tui_lab.experiments.gradient_flow import EXPERIMENT
from tui_lab.experiments.gradient_flow.program import GradientFlow
from tui_lab.training.program import Program

Array = npt.NDArray[np.float64]


def started(preset: str, **values: Any) -> GradientFlow:
    """A preset before its first step, without what it computes beside the network."""
    quick = {**EXPERIMENT.preset(preset).values, "matrices": 2, "repeats": 1}
    program = build("gradient-flow", 0, **{**quick, **values})
    assert isinstance(program, GradientFlow)
    return program


def spread_by_deviations(program: GradientFlow) -> float:
    """Standard deviation of the last hidden layer, its mean and what differs from it carried
    apart, so that the mean's rounding can't hide the rest."""
    X = program._probed[0].numpy().astype(np.float64)
    mean, apart = X.mean(0), X - X.mean(0)
    for W, b in program.layers[:-1]:
        mean, apart = _relu(mean @ _array(W) + _array(b), apart @ _array(W))
    return float(np.sqrt((apart**2).mean()))


def _relu(mean: Array, apart: Array) -> tuple[Array, Array]:
    on = mean + apart > 0
    if (on == on[0]).all():
        return mean * on[0], apart * on[0]
    h = np.maximum(mean + apart, 0)
    return h.mean(0), h - h.mean(0)


def _array(tensor: Any) -> Array:
    return np.asarray(tensor.detach().numpy(), dtype=np.float64)


def test_the_signal_of_small_weights_is_lost_to_rounding_and_the_lesson_says_so() -> None:
    program, exact = started("normal"), started("normal", dtype="float64")
    measured, in_double = evaluate(program), evaluate(exact)
    spread = spread_by_deviations(exact)
    assert spread == pytest.approx(spread_by_deviations(program), rel=1e-6)
    assert measured["signal/last"] == 0
    assert 1e-19 < in_double["signal/last"] < 1e-17
    assert measured["grad/first"] == pytest.approx(in_double["grad/first"], rel=1e-3)
    assert f"{measured['grad/first']:.1e} in the first layer" in lesson("gradient-flow")
    assert f"say what it is: {spread:.1e} too" in lesson("gradient-flow")


def test_with_fifty_layers_of_small_weights_no_gradient_is_left() -> None:
    assert evaluate(started("normal", depth=50))["grad/first"] == 0


def test_weights_too_large_are_nan_from_the_second_step_on_and_the_lesson_says_so() -> None:
    program: Program = started("exploding")
    before = evaluate(program)["train/loss"]
    losses: list[float] = []
    for batch in program.batches:
        list(program.step(batch))
        assert program.loss is not None
        losses.append(program.loss.detach().mean().item())
    first = next(step for step, loss in enumerate(losses, 1) if math.isnan(loss))
    assert all(math.isnan(loss) for loss in losses[first - 1 :])
    said = f"{before:.1e}".replace("e+0", "e")
    assert f"the loss is {said} before the first step and nan from step {first} on" in (
        lesson("gradient-flow")
    )
