"""Protects what a watched step says of several networks: each has the gradient its own update used
and how far that took it, whatever the phases are called and whoever adds to it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.conducted import EXPERIMENT, Toy
from tui_lab.training.phase import Phase
from tui_lab.worker.changes import Changes
from tui_lab.worker.probe import GradientProbe


def backward(loss: Tensor) -> None:
    torch.autograd.backward(loss)


class Adversaries(Toy):
    """D goes down on 3d, twice, and then G on d·g, which adds to the gradient of D."""

    def build(self) -> None:
        super().build()
        self.d, self.g, self.still = (torch.tensor([2.0], requires_grad=True) for _ in range(3))
        self.of_d = torch.optim.SGD([self.d], lr=0.1)
        self.of_g = torch.optim.SGD([self.g], lr=0.1)

    def parameters(self) -> Mapping[str, Tensor]:
        return {"d": self.d, "g": self.g, "still": self.still}

    def step(self, batch: Any) -> Iterator[Phase]:
        for kind in ("real", "fake"):
            backward((3 * self.d).sum())
            yield Phase(f"backward {kind}")
        self.of_d.step()
        yield Phase("update D")
        loss = (self.d * self.g).sum()
        yield self.forward(loss)
        backward(loss)
        yield self.backward()
        self.of_g.step()
        yield self.update()
        self.of_d.zero_grad()
        self.of_g.zero_grad()
        yield self.zero_grad()


class Named(Adversaries):
    """No phase has a name the lab knows."""

    def step(self, batch: Any) -> Iterator[Phase]:
        for phase in super().step(batch):
            yield Phase(f"my {phase}")


class Nameless(Adversaries):
    """Nor says a name what was done."""

    def step(self, batch: Any) -> Iterator[Phase]:
        backward((6 * self.d).sum())
        yield Phase("slopes of D")
        self.of_d.step()
        yield Phase("D")
        backward((1.4 * self.g).sum())
        yield Phase("slopes of G")
        self.of_g.step()
        yield Phase("G")


def rows(kind: type[Adversaries]) -> dict[str, dict[str, Any]]:
    program = kind(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    probe = GradientProbe(program, 6)
    probe.begin(1)
    for phase in program.step(next(iter(program.batches))):
        probe.observe(phase)
    return {row["name"]: row for row in probe.snapshot(1, held=False)["parameters"]}


@pytest.mark.parametrize("kind", [Adversaries, Named, Nameless])
def test_each_has_the_gradient_that_its_update_used(kind: type[Adversaries]) -> None:
    seen = rows(kind)
    assert seen["d"]["grad_norm"] == pytest.approx(6.0)
    assert seen["d"]["update"] == pytest.approx(0.3)
    assert seen["g"]["grad_norm"] == pytest.approx(1.4)
    assert seen["g"]["update"] == pytest.approx(0.07)
    assert (seen["still"]["grad"], seen["still"]["grad_norm"]) == ("none", None)


def test_a_gradient_says_of_how_many_passes_it_was_when_it_was_used() -> None:
    seen = rows(Adversaries)
    assert (seen["d"]["grad"], seen["d"]["times"]) == ("accumulated", 2)
    assert (seen["g"]["grad"], seen["g"]["times"]) == ("set", 1)


class Scaled(Adversaries):
    """With gradients that are multiplied by 1,024 until the optimizer is to use them."""

    clips = False

    def step(self, batch: Any) -> Iterator[Phase]:
        scaler = self.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        backward(scaler.scale((6 * self.d).sum()))
        yield self.backward()
        if self.clips:
            scaler.unscale_(self.of_d)
            yield Phase("clip, backward has been")
        scaler.step(self.of_d)
        scaler.update()
        yield self.update()


class Clipped(Scaled):
    clips = True


@pytest.mark.parametrize("kind", [Scaled, Clipped])
def test_the_factor_of_a_scaler_is_no_part_of_a_gradient(kind: type[Scaled]) -> None:
    assert rows(kind)["d"]["grad_norm"] == pytest.approx(6.0)


def new_gradient(w: Tensor) -> None:
    w.grad = None
    backward(w.sum())


def more_gradient(w: Tensor) -> None:
    backward(w.sum())


def move(w: Tensor) -> None:
    with torch.no_grad():
        w -= 1


def nothing(w: Tensor) -> None:
    w.sum()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (new_gradient, ({"w"}, set())),
        (more_gradient, ({"w"}, set())),
        (move, (set(), {"w"})),
        (nothing, (set(), set())),
    ],
)
def test_what_changed_is_told(
    act: Callable[[Tensor], None], expected: tuple[set[str], set[str]]
) -> None:
    w, changes = torch.ones(2, requires_grad=True), Changes()
    backward(w.sum())
    assert changes.since({"w": w}) == (set(), set())
    for _ in range(3):
        act(w)
        assert changes.since({"w": w}) == expected
        assert changes.since({"w": w}) == (set(), set())


def test_what_does_not_count_its_changes_has_none() -> None:
    with torch.inference_mode():
        w = torch.ones(2)
    changes = Changes()
    assert changes.since({"w": w}) == changes.since({"w": w}) == (set(), set())
