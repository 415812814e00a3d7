"""Protects freezing by name: what a prefix takes in, and a step of the rest by hand in numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from tests.experiments.autograd_driver import OTHER, USUAL, demonstration, run, sight
from tui_lab.experiments.autograd.witness import Given

Array = npt.NDArray[np.float64]


def start() -> dict[str, Array]:
    """The parameters as the case draws them from seed 0, in its order."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body, head = nn.Linear(1, 2), nn.Linear(2, 1)
    parts = {"body": body, "head": head}
    return {
        f"{part}.{name}": p.detach().double().numpy()
        for part, layer in parts.items()
        for name, p in layer.named_parameters()
    }


@pytest.mark.parametrize("given", [USUAL, OTHER])
def test_what_is_frozen_by_name_stays_and_the_rest_takes_its_step(given: Given) -> None:
    old = start()
    hidden = old["body.weight"][:, 0] * given.x + old["body.bias"]
    error = old["head.weight"][0] @ hidden + old["head.bias"][0] - 1
    gradient = {"head.weight": error * hidden[None], "head.bias": np.array([error])}
    tensors = run("freeze_by_name", given=given).see.tensors
    assert list(tensors) == list(old)
    for name, before in old.items():
        step = given.lr * (gradient[name] + 0.5 * before) if name in gradient else 0.0
        np.testing.assert_allclose(tensors[name].detach().numpy(), before - step, atol=1e-6)
        assert (tensors[name].grad is None) == (name not in gradient)


def test_the_names_on_screen_are_those_of_named_parameters() -> None:
    _, measured = demonstration(case="freeze_by_name")
    assert (measured["tensors/requiring_grad"], measured["tensors/shown"]) == (2, 4)
    assert sight("freeze_by_name", "body.weight").grad == "None"


def test_a_prefix_without_its_dot_freezes_more() -> None:
    shown = run("freeze_by_prefix").see
    learning = {name for name, p in shown.tensors.items() if p.requires_grad}
    assert learning == {"layer2.weight", "layer2.bias"}
    assert len(shown.tensors) == 6
