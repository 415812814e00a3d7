"""Protects what weight decay acts on: each choice's step against one written by hand, and what it
does to the wrong labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.experiments.driver import flat, set_hyperparameter
from tests.experiments.test_overfitting import TINY, built, trained
from tui_lab.experiments.overfitting.decay import decaying
from tui_lab.experiments.overfitting.remedies import DECAYED

DECAYS = {
    "every-layer": {"W1", "W2", "W3"},
    "first-layer": {"W1"},
    "last-layer": {"W3"},
    "every-layer-and-biases": {"W1", "b1", "W2", "b2", "W3", "b3"},
}


@pytest.mark.parametrize("which", DECAYED)
def test_a_step_is_the_one_written_by_hand(which: str) -> None:
    """p − lr · (∂loss/∂p + λp) for what decays, p − lr · ∂loss/∂p for the rest."""
    program = built(
        **{**TINY, "hidden": "12,9", "remedy": "weight-decay", "weight_decay": 0.6}, decayed=which
    )
    for (rows,) in program.batches:
        X, y = program._data.train.X[rows], program._data.train.y[rows]
        loss = F.cross_entropy(program._net.logits(X)[0], y)
        names, parameters = zip(*program.parameters().items(), strict=True)
        gradients = dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))
        before = flat(program)
        list(program.step((rows,)))
        for name, after in flat(program).items():
            slope = gradients[name].double().numpy().reshape(-1)
            slope = slope + (0.6 if name in DECAYS[which] else 0.0) * before[name]
            np.testing.assert_allclose(after, before[name] - 0.1 * slope, atol=1e-7)


def test_an_unknown_choice_is_an_error() -> None:
    with pytest.raises(ValueError, match="'middle'"):
        decaying(built(**TINY).layers, "middle")


def test_with_one_layer_first_and_last_differ_and_lambda_is_live() -> None:
    program = built(**TINY, remedy="weight-decay", decayed="last-layer")
    set_hyperparameter(program, "weight_decay", 0.0)
    assert float(program.penalty().detach()) == 0  # type: ignore[union-attr]
    set_hyperparameter(program, "weight_decay", 2.0)
    expected = (flat(program)["W2"] ** 2).sum()
    assert float(program.penalty().detach()) == pytest.approx(expected)  # type: ignore[union-attr]


def test_every_layer_keeps_more_wrong_labels_out_than_one_of_them() -> None:
    learned = {
        which: trained(remedy="weight-decay", decayed=which)[-1]["train/memorized"]
        for which in DECAYED
    }
    assert learned["every-layer"] < min(learned["first-layer"], learned["last-layer"])
    assert max(learned.values()) < trained()[-1]["train/memorized"]
    assert learned["every-layer-and-biases"] == pytest.approx(learned["every-layer"], abs=0.03)
