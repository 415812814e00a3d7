"""What is shown at each phase of a step is what a plain PyTorch loop, written by hand here, has
there: values, gradients, how far parameters moved, the loss, the state of .grad."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.worker.conducted import EXPERIMENT, Toy
from tests.worker.stepped import Stepped, built
from tui_lab.events import GradientsLogged
from tui_lab.inspection import ParameterShown

STEPS = 3
Named = dict[str, Tensor]
Moment = tuple[str, Tensor, Named, dict[str, Tensor | None]]
"""A phase, the loss, the parameters and their gradients, as they are then."""
Loop = Callable[[Named, Iterator[Any]], Iterator[Moment]]


def moment(phase: str, loss: Tensor, parameters: Named) -> Moment:
    values = {name: p.detach().clone() for name, p in parameters.items()}
    gradients = {name: None if p.grad is None else p.grad.clone() for name, p in parameters.items()}
    return phase, loss.detach().double().mean(), values, gradients


def scratch_line(parameters: Named, batches: Iterator[Any]) -> Iterator[Moment]:
    w, b = parameters.values()
    for X, y in batches:
        loss = (X @ w + b - y) ** 2 / 2
        yield moment("forward", loss, parameters)
        loss.sum().backward()
        yield moment("backward", loss, parameters)
        with torch.no_grad():
            for p in (w, b):
                assert p.grad is not None
                p -= 0.03 / 10 * p.grad
        yield moment("update", loss, parameters)
        for p in (w, b):
            assert p.grad is not None
            p.grad.zero_()
        yield moment("zero_grad", loss, parameters)


def concise_line(parameters: Named, batches: Iterator[Any]) -> Iterator[Moment]:
    w, b = parameters.values()
    losses = (F.mse_loss(F.linear(X, w, b), y) for X, y in batches)
    return optimized(parameters, losses, lr=0.03)


def perceptron(parameters: Named, batches: Iterator[Any]) -> Iterator[Moment]:
    W1, b1, W2, b2 = parameters.values()
    losses = (F.cross_entropy(F.linear(F.relu(F.linear(X, W1, b1)), W2, b2), y) for X, y in batches)
    return optimized(parameters, losses, lr=0.1)


def optimized(parameters: Named, losses: Iterable[Tensor], lr: float) -> Iterator[Moment]:
    optimizer = torch.optim.SGD(parameters.values(), lr=lr)
    for loss in losses:
        yield moment("forward", loss, parameters)
        torch.autograd.backward(loss)
        yield moment("backward", loss, parameters)
        optimizer.step()
        yield moment("update", loss, parameters)
        optimizer.zero_grad()
        yield moment("zero_grad", loss, parameters)


LINE = {"lr": 0.03, "batch_size": 10}
MLP = {"implementation": "concise", "hidden": "5", "examples": 90, "batch_size": 32, "lr": 0.1}
CASES: dict[str, tuple[str, dict[str, Any], Loop]] = {
    "scratch line": ("linear-regression", {**LINE, "implementation": "scratch"}, scratch_line),
    "concise line": ("linear-regression", {**LINE, "implementation": "concise"}, concise_line),
    "mlp": ("mlp", MLP, perceptron),
}


@pytest.mark.parametrize(("name", "values", "loop"), CASES.values(), ids=CASES)
def test_what_is_shown_is_what_a_plain_loop_has(
    subset: None, name: str, values: dict[str, Any], loop: Loop
) -> None:
    twin = built(name, **values)
    own: Named = {n: nn.Parameter(p.detach().clone()) for n, p in twin.parameters().items()}
    plain = loop(own, iter(twin.batches))
    stepped = Stepped(built(name, **values))
    opened = next(iter(own))
    stepped.watch.open(opened, 0)
    kept = {n: p.detach().clone() for n, p in own.items()}
    for _ in range(STEPS):
        for phase in stepped.phases():
            expected, loss, parameters, gradients = next(plain)
            assert phase == expected
            snapshot = stepped.of(GradientsLogged)[-1]
            assert snapshot.phase == expected
            assert snapshot.graph is (expected == "forward")
            assert snapshot.values["loss"] == pytest.approx([float(loss)], rel=1e-5)
            compare_rows(snapshot, parameters, gradients, kept)
            compare_numbers(stepped.of(ParameterShown)[-1], opened, parameters, gradients, kept)
        kept = parameters


def compare_rows(
    snapshot: GradientsLogged,
    parameters: Named,
    gradients: dict[str, Tensor | None],
    before: Named,
) -> None:
    rows = {row["name"]: row for row in snapshot.parameters}
    assert list(rows) == list(parameters)
    for name, row in rows.items():
        value, gradient = parameters[name], gradients[name]
        assert row["norm"] == pytest.approx(value.norm().item(), rel=1e-5)
        assert row["grad"] == (
            "none" if gradient is None else "set" if gradient.any() else "zeroed"
        )
        if snapshot.phase in ("backward", "update"):
            assert gradient is not None
            assert row["grad_norm"] == pytest.approx(gradient.norm().item(), rel=1e-5)
        if snapshot.phase in ("update", "zero_grad"):
            base = before[name].norm().item()
            moved = (value - before[name]).norm().item()
            assert row["update"] == (
                pytest.approx(moved / base, rel=1e-3) if base else float("inf")
            )


def compare_numbers(
    shown: ParameterShown,
    name: str,
    parameters: Named,
    gradients: dict[str, Tensor | None],
    before: Named,
) -> None:
    assert (shown.parameter, tuple(shown.shape)) == (name, tuple(parameters[name].shape))
    for kind, tensor in (
        ("value", parameters[name]),
        ("grad", gradients[name]),
        ("change", parameters[name] - before[name]),
    ):
        found = shown.tensors[kind]
        if tensor is None:
            assert found == {"note": "None"}
            continue
        assert found["mean"] == pytest.approx(tensor.double().mean().item(), rel=1e-4, abs=1e-9)
        assert found["min"] == pytest.approx(tensor.min().item(), rel=1e-5)
        assert found["max"] == pytest.approx(tensor.max().item(), rel=1e-5)
        assert found["zeros"] == pytest.approx((tensor == 0).double().mean().item())
        if tensor.numel() <= 24:
            assert found["values"] == pytest.approx(tensor.flatten().tolist(), rel=1e-4)
        else:
            corner = tensor[:2, :2].flatten().tolist() + tensor[-2:, -2:].flatten().tolist()
            seen = found["values"]
            assert [*seen[0:2], *seen[4:6], *seen[10:12], *seen[14:16]] == pytest.approx(
                corner, rel=1e-4
            )


class Rivals(Toy):
    """Two parameters that move one after the other, under names of the program's own."""

    def build(self) -> None:
        super().build()
        self.v = torch.tensor([4.0], requires_grad=True)

    def parameters(self) -> Named:
        return {"v": self.v, "w": self.w}

    def step(self, batch: Any) -> Iterator[Any]:
        torch.autograd.backward((self.v**2).sum())
        yield "backward v"
        torch.nn.utils.clip_grad_norm_([self.v], 1.0)
        yield "clip"
        with torch.no_grad():
            self.v -= 1.0
        yield "update v"
        self.v.grad = None
        loss = self.w.sum()
        yield self.forward(loss)
        torch.autograd.backward(loss)
        yield self.backward()
        with torch.no_grad():
            self.w -= 1.0
        yield self.update()


def test_what_happens_at_phases_of_a_programs_own_is_seen_too() -> None:
    program = Rivals(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    stepped = Stepped(program)
    stepped.watch.open("v", 0)
    seen = {}
    for phase in stepped.phases():
        (v, _) = stepped.of(GradientsLogged)[-1].parameters
        change = stepped.of(ParameterShown)[-1].tensors["change"]["values"]
        seen[phase] = (v["grad"], v["grad_norm"], v["update"], change)
    assert seen == {
        "backward v": ("set", 8.0, None, [0.0]),
        "clip": ("set", pytest.approx(1.0), None, [0.0]),
        "update v": ("set", pytest.approx(1.0), 0.25, [-1.0]),
        "forward": ("none", pytest.approx(1.0), 0.25, [-1.0]),
        "backward": ("none", pytest.approx(1.0), 0.25, [-1.0]),
        "update": ("none", pytest.approx(1.0), 0.25, [-1.0]),
    }
