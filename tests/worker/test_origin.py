"""The operation in which a step's first number that is not finite arose is named with its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from tui_lab.training.program import Program
from tui_lab.worker.origin import Origin


class Step:
    """As much of a program as Origin asks for: a parameter `w`, a chain `net` and a loss."""

    def __init__(self, loss: Callable[[Step], Tensor], w: float = 0.0) -> None:
        self.w = torch.tensor([w], requires_grad=True)
        self.net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), _Log())
        self.loss = torch.tensor(0.0)
        self._make = loss

    def parameters(self) -> dict[str, Tensor]:
        return {"w": self.w}

    def run(self) -> str:
        origin = Origin(cast(Program, self))
        with origin:
            self.loss = self._make(self)
        with origin:
            cast(Any, self.loss).backward()
        return origin.sentence


class _Log(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.log(x * 0.0)


@pytest.mark.parametrize(
    ("loss", "w", "start"),
    [
        (lambda s: torch.log(s.w).sum() * 2, 0.0, "loss is inf: first in log (test_origin.py line"),
        (lambda s: s.w.exp().mean(), 1000.0, "loss is inf: first in exp (test_origin.py line"),
        (lambda s: (s.w / s.w).sum(), 0.0, "loss is nan: first in div (test_origin.py line"),
        (lambda s: s.net(s.w).sum(), 1.0, "loss is inf: first in net.2 (log, test_origin.py line"),
        (lambda s: s.w.sum(), float("nan"), "loss is nan: first in parameter w, which was so"),
        (
            lambda s: s.w.sqrt().sum(),
            0.0,
            "gradient of w is inf: first in the backward of sqrt (test_origin.py line",
        ),
        (
            lambda s: (s.w * 2).sqrt().sum(),
            0.0,
            "gradient of w is inf: first in the backward of sqrt (test_origin.py line",
        ),
    ],
)
def test_the_first_operation_is_named(loss: Callable[[Step], Tensor], w: float, start: str) -> None:
    assert Step(loss, w).run().startswith(start)


def test_what_is_masked_away_is_not_blamed() -> None:
    def loss(step: Step) -> Tensor:
        masked = torch.cat([step.w, torch.full((1,), -torch.inf)]).softmax(0)
        return masked.sum() + step.w.exp().sum()

    assert "first in exp" in Step(loss, 1000.0).run()


def test_a_healthy_step_has_no_sentence_and_the_same_gradient() -> None:
    step, plain = (Step(lambda s: (s.w * 3).tanh().sum(), 0.5) for _ in range(2))
    cast(Any, plain._make(plain)).backward()
    assert step.run() == ""
    assert torch.equal(cast(Tensor, step.w.grad), cast(Tensor, plain.w.grad))


def test_what_can_not_be_looked_at_is_named_and_harms_no_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> str:
        raise LookupError("not here")

    monkeypatch.setattr(Origin, "_place", broken)
    said = Step(lambda step: torch.log(step.w)).run()
    assert said == (
        "loss is inf: first in what could not be looked at, log (looking raised LookupError)"
    )


def test_a_vmapped_operation_harms_no_step() -> None:
    step = Step(lambda step: torch.vmap(torch.sin)(step.w).sum())
    assert step.run() == ""
    assert step.w.grad is not None
    assert step.w.grad.item() == 1.0
