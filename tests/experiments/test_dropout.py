"""Protects the training with dropout: each implementation's step against numpy with the same masks,
p = 1, every live knob, and a run that is restored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.classifier_driver import (
    Array,
    Layers,
    Reads,
    assert_close,
    drive,
    matrices,
    softmax,
)
from tests.experiments.driver import Values, evaluate, set_hyperparameter
from tests.experiments.dropout_driver import LR, built, each
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.dropout import EXPERIMENT
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore

pytestmark = pytest.mark.usefixtures("subset")


def keeps(shape: tuple[int, ...], p: float) -> Array:
    """What an element is multiplied by: the next mask of torch's default generator."""
    if p == 0:
        return np.ones(shape)
    return np.asarray((torch.rand(shape) < 1 - p).double().numpy() / (1 - p))


def oracle_step(program: Program, X: Array, y: Array) -> tuple[Layers, float]:
    """One step by backpropagation by hand, with the masks that the program is about to draw."""
    hp = program.hp
    (W1, b1), (W2, b2), (W3, b3) = matrices(program)
    sizes = (len(X), len(b1)), (len(X), len(b2))
    if hp.implementation == "dropconnect":
        D2, D3 = keeps(W2.shape, hp.p1), keeps(W3.shape, hp.p2)
        M1, M2 = np.ones(sizes[0]), np.ones(sizes[1])
    else:
        M1, M2 = keeps(sizes[0], hp.p1), keeps(sizes[1], hp.p2)
        D2, D3 = np.ones(W2.shape), np.ones(W3.shape)
    H1 = np.maximum(X @ W1 + b1, 0) * M1
    H2 = np.maximum(H1 @ (W2 * D2) + b2, 0) * M2
    p = softmax(H2 @ (W3 * D3) + b3)
    rows = np.arange(len(y))
    d3 = p.copy()
    d3[rows, y] -= 1
    d3 /= len(y)
    d2 = (d3 @ (W3 * D3).T) * M2 * (H2 > 0)
    d1 = (d2 @ (W2 * D2).T) * M1 * (H1 > 0)
    lr = hp.lr / hp.batch_size if hp.implementation == "scratch" else hp.lr
    gradients = ((X.T @ d1, d1), (H1.T @ d2 * D2, d2), (H2.T @ d3 * D3, d3))
    stepped = [
        (W - lr * gradient, b - lr * delta.sum(0))
        for (W, b), (gradient, delta) in zip(matrices(program), gradients, strict=True)
    ]
    return stepped, float(-np.log(p[rows, y]).mean())


@each
@pytest.mark.parametrize(("p1", "p2"), [(0.2, 0.5), (0.0, 0.7), (0.0, 0.0)])
def test_every_step_is_the_oracles(implementation: str, p1: float, p2: float) -> None:
    """nn.Dropout draws its masks otherwise, so that it is held to p = 0 here."""
    if implementation == "concise":
        p1 = p2 = 0.0
    program = built(implementation, p1=p1, p2=p2)
    for X, y in program.batches:
        random = torch.get_rng_state()
        expected, loss = oracle_step(program, X.double().numpy(), y.numpy())
        torch.set_rng_state(random)
        list(program.step((X, y)))
        assert program.loss is not None
        assert program.loss.item() == pytest.approx(loss, rel=1e-5)
        assert_close(matrices(program), expected, atol=1e-6)


def test_scratch_divides_the_mean_by_the_batch_once_more() -> None:
    """Point 7: lr 100 acts like 100 / 256."""
    values: Values = {"p1": 0, "p2": 0, "batch_size": 256, "examples": 512, "init": "xavier"}
    scratch = built("scratch", **{**values, "lr": 100})
    concise = built("concise", **{**values, "lr": 0.390625})
    assert drive(scratch, 4) == pytest.approx(drive(concise, 4), rel=1e-4)
    assert_close(matrices(scratch), matrices(concise), atol=1e-5)


def test_the_concise_version_drops_and_scales() -> None:
    """nn.Dropout is on while training alone: of H2, each output is 0 or doubled."""
    program = built("concise", p1=0, p2=0.5, hidden="12,400")
    net: Any = program.net  # type: ignore[attr-defined]
    X = program.batches.tensors[0][:50]
    dropped, whole = net[:6](X), net[:5](X)
    share = ((dropped == 0) & (whole > 0)).sum() / (whole > 0).sum()
    assert share.item() == pytest.approx(0.5, abs=0.05)
    assert torch.equal(dropped[dropped > 0], 2 * whole[dropped > 0])
    logits = program.logits(X)  # type: ignore[attr-defined]
    assert torch.equal(logits, net[6](whole))
    assert net.training


@each
def test_with_everything_dropped_only_the_last_biases_learn(implementation: str) -> None:
    program = built(implementation, p2=1.0)
    before = matrices(program)
    losses = drive(program, 6)
    after = matrices(program)
    assert all(np.array_equal(W, W0) for (W, _), (W0, _) in zip(after, before, strict=True))
    assert np.array_equal(after[1][1], before[1][1])
    assert not np.array_equal(after[2][1], before[2][1])
    assert losses[0] == pytest.approx(np.log(10), abs=0.01)


@each
@pytest.mark.parametrize("name", ["p1", "p2"])
def test_a_live_p_acts_at_the_next_step(implementation: str, name: str) -> None:
    """Turned to 1 it stops all that lies before it."""
    program = built(implementation)
    seen: list[Layers] = []

    def before(step: int) -> None:
        seen.append([(W.copy(), b.copy()) for W, b in matrices(program)])
        if step == 3:
            set_hyperparameter(program, name, 1.0)

    drive(program, 4, before)
    assert not np.array_equal(seen[1][0][0], seen[2][0][0])
    assert np.array_equal(seen[2][0][0], seen[3][0][0])


@each
def test_a_live_lr_acts_at_the_next_step(implementation: str) -> None:
    program = built(implementation)
    drive(program, 2)
    set_hyperparameter(program, "lr", 1e-6)
    before = matrices(program)[0][0].copy()
    drive(program, 1)
    assert abs(matrices(program)[0][0] - before).max() < 1e-6


def test_the_three_implementations_are_three() -> None:
    values: Values = {"init": "xavier", "examples": 96}
    outcomes = [drive(built(name, **values), 3) for name in LR]
    assert outcomes[0][0] != outcomes[1][0] != outcomes[2][0]


def test_the_normal_start_has_biases_but_from_scratch() -> None:
    scratch, concise = (matrices(built(n, init="normal")) for n in ("scratch", "concise"))
    for (W, b), (W_other, b_other) in zip(scratch, concise, strict=True):
        assert np.array_equal(W, W_other)
        assert not b.any()
        assert 0.001 < b_other.std() < 0.02


@each
def test_the_seed_and_nothing_else_decides(implementation: str) -> None:
    def run(seed: int, look: bool) -> list[float]:
        program = built(implementation, seed)

        def before(step: int) -> None:
            if look:
                evaluate(program)
                program.pictures()

        return drive(program, 5, before)

    assert run(4, look=False) == run(4, look=True)
    assert run(4, look=False) != run(5, look=False)


@each
@pytest.mark.parametrize("k", [1, 4])
def test_restored_it_goes_on_bit_for_bit(implementation: str, k: int) -> None:
    """The masks too: torch's default generator is part of the state."""
    unbroken = built(implementation)
    drive(unbroken, k)
    set_hyperparameter(unbroken, "p1", 0.6)
    state = capture(unbroken)
    expected = drive(unbroken, 5), evaluate(unbroken)
    resumed = built(implementation)
    drive(resumed, 2)
    restore(resumed, state)
    assert (drive(resumed, 5), evaluate(resumed)) == expected


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        ({"implementation": "concise", "lr": 100}, "lr", "once more; take lr=0.5"),
        ({"implementation": "dropconnect", "lr": 11}, "lr", r"take lr=0\.1"),
        ({"optimizer": "adam"}, "optimizer", "take implementation=concise"),
        ({"hidden": "256"}, "hidden", "two numbers"),
        ({"hidden": "256,256,256"}, "hidden", "1 to 2 whole numbers"),
        ({"p1": 1.5}, "p1", "from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    values: Values, name: str, reason: str
) -> None:
    with pytest.raises(HyperparameterError, match=reason) as caught:
        EXPERIMENT.choose(values)
    assert caught.value.name == name


@each
def test_a_step_reads_nothing_from_the_device(implementation: str) -> None:
    program = built(implementation)
    with Reads() as reads:
        list(program.step(next(iter(program.batches))))
        program.evaluate()
    assert reads.count == 0
