"""Protects gradient accumulation: gradients and both trainings against closed forms in numpy, the
sizes and weights of the pieces, memory as measured, and .grad adding up phase by phase."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from tests.experiments.classifier_driver import Reads
from tests.experiments.driver import (
    Array,
    Training,
    Values,
    build,
    flat,
    same,
    set_hyperparameter,
    train,
)
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.gradient_accumulation import EXPERIMENT
from tui_lab.experiments.gradient_accumulation.peak_memory import SavedTensors
from tui_lab.experiments.gradient_accumulation.program import (
    GradientAccumulation,
    piece_sizes,
    piece_weights,
)
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore
from tui_lab.worker.probe import GradientProbe

NAME = "gradient-accumulation"
SHORT: Values = {"examples": 150, "inputs": 6, "epochs": 3}
"""150 = 64 + 64 + 22: the last batch is short."""
RAGGED: Values = {"micro_batches": 3, "sizes": "ragged"}


@cache
def trained(seed: int = 0, **values: object) -> Training:
    return train(NAME, seed, **{**SHORT, **values})


def gradient(w: Array, b: float, X: Array, y: Array) -> Array:
    """Of mean (Xw + b − y)²/2, by hand; the bias last."""
    residual = X @ w + b - y
    return np.append(residual @ X, residual.sum()) / len(y)


def oracle(training: Training, *, big: bool = False) -> list[Array]:
    """(w, b) after every step of linear regression, piece by piece or with whole batches."""
    hp = training.program.hp
    p = np.append(training.start["w"], training.start["b"])
    kept, path = np.zeros_like(p), []
    for X, y in training.batches:
        sizes = piece_sizes(len(y), hp.micro_batches, ragged=hp.sizes == "ragged")
        ends = np.cumsum(sizes)[:-1]
        weights = piece_weights(sizes, hp.scaling)
        parts = zip(np.split(X, ends), np.split(y, ends), weights, strict=True)
        total = sum(weight * gradient(p[:-1], p[-1], *part) for *part, weight in parts)
        kept = gradient(p[:-1], p[-1], X, y) if big else kept + total
        p = p - hp.lr * kept
        path.append(p)
        if big or hp.zero_grad:
            kept = np.zeros_like(p)
    return path


def joined(parameters: dict[str, Array]) -> Array:
    return np.concatenate(list(parameters.values()))


def recorded(training: Training, key: str) -> Array:
    return np.array([float(record[key]) for record in training.records])


@pytest.mark.parametrize("sizes", ["equal", "ragged"])
@pytest.mark.parametrize("scaling", ["by-size", "equal", "none"])
@pytest.mark.parametrize("zero_grad", [True, False])
def test_every_step_is_that_of_the_formula(sizes: str, scaling: str, zero_grad: bool) -> None:
    training = trained(
        sizes=sizes, scaling=scaling, zero_grad=zero_grad, dtype="float64", micro_batches=3
    )
    path, big = oracle(training), oracle(training, big=True)
    for parameters, expected in zip(training.path, path, strict=True):
        np.testing.assert_allclose(joined(parameters), expected, rtol=1e-9, atol=1e-12)
    apart = [abs(a - b).max() for a, b in zip(path, big, strict=True)]
    np.testing.assert_allclose(recorded(training, "weights/difference"), apart, atol=1e-12)


@pytest.mark.parametrize("model", ["linear", "mlp"])
@pytest.mark.parametrize(("dtype", "most"), [("float32", 3e-7), ("float64", 1e-15)])
def test_weighted_by_size_the_gradient_is_right_up_to_rounding(
    model: str, dtype: str, most: float
) -> None:
    training = trained(model=model, dtype=dtype, **RAGGED)
    assert recorded(training, "grad/difference").max() < most
    assert recorded(training, "weights/difference").max() < 10 * most
    np.testing.assert_allclose(recorded(training, "grad/ratio"), 1, rtol=1e-6)
    assert recorded(training, "grad/largest").max() > 0.05


def test_unscaled_the_gradient_is_k_times_the_right_one() -> None:
    training = train(NAME, scaling="none", dtype="float64", epochs=1)
    np.testing.assert_allclose(recorded(training, "grad/ratio"), 4, rtol=1e-12)
    expected = 3 * recorded(training, "grad/largest")
    np.testing.assert_allclose(recorded(training, "grad/difference"), expected, rtol=1e-9)


def test_equal_weights_on_ragged_pieces_point_elsewhere() -> None:
    """30, 30, 4 with a third each: off by about as much as the largest gradient."""
    training = train(NAME, scaling="equal", dtype="float64", epochs=5, **RAGGED)
    share = recorded(training, "grad/difference") / recorded(training, "grad/largest")
    assert share[-10:].mean() > 0.2
    fine = train(NAME, dtype="float64", epochs=5, **RAGGED)
    assert recorded(fine, "grad/difference").max() < 1e-15


def test_pieces_are_cut_as_said() -> None:
    assert piece_sizes(64, 3, ragged=True) == [30, 30, 4]
    assert piece_sizes(64, 4, ragged=False) == [16] * 4
    assert piece_sizes(10, 4, ragged=False) == [3, 3, 2, 2]
    for n in range(1, 70):
        for k in (1, 2, 3, 7, 64, 100):
            for ragged in (False, True):
                sizes = piece_sizes(n, k, ragged=ragged)
                assert sum(sizes) == n
                assert min(sizes) >= 1
                assert len(sizes) == min(n, k)
    assert piece_weights([30, 30, 4], "by-size") == [30 / 64, 30 / 64, 4 / 64]
    assert piece_weights([30, 30, 4], "equal") == [1 / 3] * 3
    assert piece_weights([30, 30, 4], "none") == [1.0] * 3


def test_saved_tensors_are_counted_once_and_until_backward() -> None:
    """tanh saves its result, which the product that follows saves too: 8 × 5 floats; the loss
    saves the product, 8 × 1."""
    meter = SavedTensors()
    X, W, v = torch.randn(8, 3), torch.randn(3, 5).requires_grad_(), torch.ones(5, 1)
    v.requires_grad_()
    meter.start([X, W, v])
    for _ in range(2):
        with meter.forward():
            loss = (torch.tanh(X @ W) @ v).pow(2).sum()
        loss.backward()
    assert meter.peak() == (8 * 5 + 8) * 4
    meter.start([])
    assert meter.peak() == 0


def test_memory_falls_with_the_size_of_a_piece() -> None:
    last = trained(model="mlp", hidden=32, micro_batches=8, examples=128).last
    assert last["memory/peak_big"] == 64 * (32 + 1) * 4
    assert last["memory/peak_micro"] == last["memory/peak_big"] / 8
    undivided = trained(model="mlp", hidden=32, micro_batches=1, examples=128).last
    assert undivided["memory/peak_micro"] == last["memory/peak_big"]


def test_a_step_goes_forward_and_backward_once_a_piece() -> None:
    training = trained(micro_batches=3)
    assert training.phases[0] == (*("forward", "backward") * 3, "update", "zero_grad")


def test_a_step_reads_nothing_from_the_device() -> None:
    program = build(NAME, **SHORT, model="mlp")
    with Reads() as reads:
        for batch in program.batches:
            list(program.step(batch))
        with torch.no_grad():
            program.evaluate()
    assert reads.count == 0


def test_the_gradient_pane_shows_how_often_gradients_were_added() -> None:
    program = build(NAME, **SHORT)
    probe = GradientProbe(program, 10)
    probe.begin(1)
    for phase in program.step(next(iter(program.batches))):
        probe.observe(phase)
    (w, _) = probe.snapshot(1, held=False)["parameters"]
    assert (w["grad"], w["times"]) == ("accumulated", 4)


def test_the_loss_is_that_of_the_whole_batch() -> None:
    training = trained(dtype="float64", **RAGGED)
    X, y = training.batches[0]
    w, b = training.start["w"], training.start["b"]
    assert training.losses[0] == pytest.approx(np.mean((X @ w + b - y) ** 2) / 2)
    last = trained().last
    assert last["train/loss"] == pytest.approx(last["train/loss_big"], rel=1e-5)
    assert last["train/loss"] < 0.6 * trained().history[0]["train/loss"]


def test_without_zeroing_old_gradients_swing_the_weights() -> None:
    swinging = train(NAME, zero_grad=False)
    assert swinging.last["train/loss"] > 10 * swinging.last["train/loss_big"]


ALTERED: Values = {
    "micro_batches": 3,
    "sizes": "ragged",
    "scaling": "none",
    "model": "mlp",
    "batch_size": 60,
    "epochs": 2,
    "lr": 0.2,
    "dtype": "float64",
    "zero_grad": "off",
    "examples": 149,
    "inputs": 5,
}


@pytest.mark.parametrize("name", [h.name for h in EXPERIMENT.hyperparameters])
def test_no_knob_is_ignored(name: str) -> None:
    base: Values = {"model": "mlp"} if name == "hidden" else {}
    altered = {"hidden": 32, **ALTERED}[name]
    assert trained(**base).last != trained(**base, **{name: altered}).last


def test_a_live_lr_moves_both_from_the_next_step() -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 3:
            set_hyperparameter(program, "lr", 1e-6)

    training = train(NAME, 0, nudge, **SHORT)
    assert abs(np.diff([p["w"] for p in training.path], axis=0)[1:]).max() < 1e-4
    assert recorded(training, "weights/difference").max() < 1e-6


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"micro_batches": 65}, "micro_batches"),
        ({"micro_batches": 11, "examples": 10}, "micro_batches"),
        ({"examples": 1_000_000, "inputs": 100}, "examples"),
        ({"model": "mlp", "batch_size": 10_000, "examples": 10_000, "hidden": 9999}, "batch_size"),
    ],
)
def test_what_makes_no_sense_is_refused(values: Values, name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_the_seed_and_nothing_else_decides(model: str) -> None:
    one = trained(5, model=model)
    assert same(one, train(NAME, 5, **SHORT, model=model))
    other = train(NAME, 6, **SHORT, model=model)
    assert not np.array_equal(joined(one.start), joined(other.start))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_restored_it_goes_on_bit_for_bit(k: int) -> None:
    unbroken = build(NAME, 1, **SHORT, zero_grad=False, model="mlp")
    losses(unbroken, k)
    state = capture(unbroken)
    expected = losses(unbroken, 7)
    resumed = build(NAME, 1, **SHORT, zero_grad=False, model="mlp")
    losses(resumed, 2)
    restore(resumed, state)
    assert losses(resumed, 7) == expected
    assert all(np.array_equal(a, flat(resumed)[n]) for n, a in flat(unbroken).items())
    assert isinstance(unbroken, GradientAccumulation)
    assert isinstance(resumed, GradientAccumulation)
    assert all(map(torch.equal, unbroken.big, resumed.big))


def losses(program: Program, steps: int) -> list[float]:
    taken: list[float] = []
    while len(taken) < steps:
        for batch in program.batches:
            for _ in program.step(batch):
                pass
            assert program.loss is not None
            taken.append(program.loss.mean().item())
            if len(taken) == steps:
                break
    return taken


def test_declared_metrics_are_the_logged_ones() -> None:
    logged = {*trained().last, *trained().records[-1], "step/first_inf", "step/first_nan"}
    assert {metric.key for metric in EXPERIMENT.metrics} == logged


def test_pictures_are_declared_and_show_the_last_gradient() -> None:
    training = trained(scaling="none")
    pictures = {**training.program.pictures(), **training.program.start_pictures()}
    assert set(pictures) <= {picture.title for picture in EXPERIMENT.pictures}
    bars = pictures["gradient"]["bars"]
    np.testing.assert_allclose(bars["values"], 4 * np.array(bars["reference"]), rtol=0.2, atol=0.05)
    rows = pictures["pieces"]["table"]["rows"]
    assert rows[0] == [1, 16, 1.0, 0.25, 4.0]
    assert build(NAME).pictures() == {}
