"""A mistake made between the phases of a step gives what a loop has in which it was written; the
gradient pane tells it as it is; every program survives every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.conducted import EXPERIMENT, Toy
from tests.worker.stepped import Stepped, built
from tui_lab.commands import MISTAKES, MistakeKind
from tui_lab.events import GradientsLogged
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiments
from tui_lab.training.phase import Phase

LINE: dict[str, Any] = {"lr": 0.03, "batch_size": 10, "implementation": "scratch"}


def descend(*parameters: Tensor) -> None:
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= 0.03 / 10 * p.grad


def by_hand(mistake: MistakeKind, at: int) -> Iterator[tuple[Tensor, Tensor | None]]:
    """w and its gradient after each step of a linear regression in which step `at` was written
    with the mistake."""
    program = built("linear-regression", **LINE)
    w, b = (p.detach().clone().requires_grad_() for p in program.parameters().values())
    for step, (X, y) in enumerate(program.batches, 1):
        made = mistake if step == at else None
        loss = ((X @ w + b - y) ** 2 / 2).sum()
        if made == "step-before-backward":
            descend(w, b)
        torch.autograd.backward(loss, retain_graph=True)
        if made == "backward-twice":
            torch.autograd.backward(loss)
        if made != "step-before-backward":
            descend(w, b)
        if made != "forget-zero_grad":
            for p in (w, b):
                assert p.grad is not None
                p.grad.zero_()
        yield w, w.grad


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_gives_what_a_loop_gives_that_was_written_so(mistake: MistakeKind, at: int) -> None:
    stepped = Stepped(built("linear-regression", **LINE))
    w = stepped.program.parameters()["w"]
    for step, (expected, gradient) in zip(range(1, 6), by_hand(mistake, at), strict=False):
        stepped.take(*([mistake] if step == at else []), held=False)
        assert torch.allclose(w, expected, rtol=1e-6)
        assert gradient is not None
        assert w.grad is not None
        assert torch.allclose(w.grad, gradient, rtol=1e-6)


def states(stepped: Stepped, name: str = "w") -> dict[str, str]:
    """The state of a gradient as the pane has it, by the phase of the newest step."""
    found = {}
    for snapshot in stepped.of(GradientsLogged):
        (row,) = (row for row in snapshot.parameters if row["name"] == name)
        if snapshot.step == stepped.step:
            times = f" ×{row['times']}" if row["grad"] == "accumulated" else ""
            found[snapshot.phase] = row["grad"] + times
    return found


def test_backward_twice_is_shown_as_accumulated_twice() -> None:
    stepped = Stepped(built("linear-regression", **LINE))
    stepped.take()
    stepped.take("backward-twice")
    assert states(stepped) == {
        "forward": "zeroed",
        "backward": "accumulated ×2",
        "update": "accumulated ×2",
        "zero_grad": "zeroed",
    }


def test_a_forgotten_zero_grad_is_shown_in_the_step_after_it() -> None:
    stepped = Stepped(built("linear-regression", **LINE))
    stepped.take()
    stepped.take("forget-zero_grad")
    assert states(stepped)["zero_grad"] == "set"
    stepped.take()
    assert states(stepped)["forward"] == "set"
    assert states(stepped)["backward"] == "accumulated ×2"
    stepped.take()
    assert states(stepped)["backward"] == "set"


def test_a_step_before_backward_moves_by_what_was_there_before() -> None:
    stepped = Stepped(built("linear-regression", **LINE))
    w = stepped.program.parameters()["w"]
    stepped.take()
    before = w.detach().clone()
    norms: dict[str, float] = {}

    def look(phase: Phase) -> None:
        (row, *_) = stepped.of(GradientsLogged)[-1].parameters
        norms[phase] = row["grad_norm"] or 0.0

    stepped.take("step-before-backward", look=look)
    assert torch.equal(w, before)
    assert states(stepped) == {
        "forward": "zeroed",
        "backward": "zeroed",
        "update": "set",
        "zero_grad": "zeroed",
    }
    assert norms["backward"] == 0.0
    assert norms["update"] > 0.0


class Pieces(Toy):
    """Two backward passes a step."""

    def step(self, batch: Any) -> Iterator[Phase]:
        for _ in range(2):
            loss = (self.w * self.w).sum()
            yield self.forward(loss)
            torch.autograd.backward(loss)
            yield self.backward()
        with torch.no_grad():
            self.w -= self.hp.lr * self.w.grad
        yield self.update()
        self.w.grad = None
        yield self.zero_grad()


def toy(kind: type[Toy]) -> Toy:
    program = kind(EXPERIMENT.choose({"lr": 0.1}), seed=0, device=torch.device("cpu"))
    program.build()
    program.w.grad = torch.tensor([1.0])
    return program


def test_several_backward_passes_are_doubled_and_withheld_together() -> None:
    """w = 100 and 2w = 200 a pass, on top of a gradient of 1 that stood before."""
    seen: dict[MistakeKind, list[float]] = {}
    for kind in MISTAKES:
        stepped = Stepped(toy(Pieces))
        w = stepped.program.parameters()["w"]
        grads = seen.setdefault(kind, [])
        stepped.take(kind, look=partial(note, grads, w))
        grads.append(float_of(w))
    assert seen["backward-twice"] == pytest.approx([1, 401, 401, 801, 801, 0, 100 - 80.1])
    assert seen["step-before-backward"] == pytest.approx([1, 1, 1, 1, 401, 0, 100 - 0.1])
    assert seen["forget-zero_grad"] == pytest.approx([1, 201, 201, 401, 401, 401, 100 - 40.1])


def note(grads: list[float], w: Tensor, _: Phase) -> None:
    grads.append(float_of(w.grad))


def float_of(tensor: Tensor | None) -> float:
    return 0.0 if tensor is None else float(tensor.detach())


def test_both_at_once_withhold_what_both_passes_gave() -> None:
    stepped = Stepped(toy(Toy))
    w = stepped.program.parameters()["w"]
    grads: list[float] = []
    stepped.take("step-before-backward", "backward-twice", look=partial(note, grads, w))
    assert grads == pytest.approx([1, 1, 3, 0])


class Bare(Toy):
    """Without zero_grad."""

    def step(self, batch: Any) -> Iterator[Phase]:
        self.w.grad = None
        loss = self.w.sum()
        yield self.forward(loss)
        torch.autograd.backward(loss)
        yield self.backward()


def test_a_step_that_has_no_such_phase_is_said() -> None:
    stepped = Stepped(toy(Bare))
    stepped.take(*MISTAKES, held=False)
    assert stepped.remarks == [
        "step-before-backward does nothing: the step has no update.",
        "forget-zero_grad does nothing: the step has no zero_grad.",
    ]


def test_a_step_takes_what_it_has_yet_to_come_to() -> None:
    stepped = Stepped(toy(Toy))
    assert not any(map(stepped.watch.takes, MISTAKES))
    taken = [[stepped.watch.takes(kind) for kind in MISTAKES] for _ in stepped.phases()]
    assert taken == [
        [True, True, True],
        [True, False, False],
        [True, False, False],
        [False, False, False],
    ]


EXPERIMENTS = [e for e in load_experiments() if isinstance(e, Experiment) and not e.demonstration]


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_every_program_survives_it(
    subset: None, experiment: Experiment, mistake: MistakeKind
) -> None:
    stepped = Stepped(built(experiment.name))
    for step in range(1, 5):
        stepped.take(*([mistake] if step in (1, 3) else []), held=False)
    assert stepped.remarks == []
