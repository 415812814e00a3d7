"""The share of dead and saturated units is right however a program calls its activations, and
looking changes no number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor, nn

from tui_lab.training.phase import BACKWARD, FORWARD, Phase
from tui_lab.worker.activations import Activations
from tui_lab.worker.attempt import Attempt
from tui_lab.worker.probe import GradientProbe
from tui_lab.worker.readings import Readings

if TYPE_CHECKING:
    from tui_lab.training.program import Program

X = torch.tensor([[-1.0, -1.0, 1.0, 20.0], [-1.0, 1.0, 1.0, 20.0]])
"""One unit of four is negative for the whole batch, and one far up a sigmoid."""


def seen(call: Callable[[Tensor], Any], **attributes: Any) -> list[dict[str, Any]]:
    readings = Readings()
    activations = Activations(SimpleNamespace(**attributes), readings)  # type: ignore[arg-type]
    with activations:
        call(X.clone())
    readings.read()
    return activations.read()


@pytest.mark.parametrize(
    "relu",
    [
        torch.relu,
        torch.relu_,
        nn.functional.relu,
        Tensor.relu,
        lambda x: x.clamp_min(0),
        lambda x: x.clamp(min=0.0),
        lambda x: torch.clamp(x, 0),
        lambda x: torch.max(x, torch.zeros_like(x)),
        lambda x: torch.maximum(x, torch.zeros(())),
    ],
)
def test_a_relu_of_any_kind_is_seen(relu: Callable[[Tensor], Any]) -> None:
    assert seen(relu) == [{"name": "relu 1", "kind": "dead", "share": 0.25}]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.clamp(-1, 1),
        lambda x: x.clamp_min(1),
        lambda x: torch.maximum(x, torch.ones(())),
        lambda x: torch.max(x),
        lambda x: torch.max(x, 1),
    ],
)
def test_what_is_no_relu_is_not_taken_for_one(call: Callable[[Tensor], Any]) -> None:
    assert seen(call) == []


@pytest.mark.parametrize("function", [torch.sigmoid, torch.tanh, Tensor.sigmoid])
def test_outputs_at_the_ends_are_saturated(function: Callable[[Tensor], Any]) -> None:
    (place,) = seen(function)
    assert (place["kind"], place["share"]) == ("saturated", 0.25)


def test_a_module_has_its_own_name_and_the_rest_are_numbered() -> None:
    net = nn.Sequential(nn.ReLU(), nn.Tanh())
    names = [place["name"] for place in seen(lambda x: net(x.relu()).relu(), net=net)]
    assert names == ["relu 1", "net.0", "net.1", "relu 2"]


def test_looking_changes_no_number() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
    plain = net(X)
    with Activations(SimpleNamespace(net=net), Readings()):  # type: ignore[arg-type]
        watched = net(X)
    assert torch.equal(plain, watched)


def test_a_watched_step_s_snapshot_has_the_units_of_its_forward_pass() -> None:
    def step(batch: object) -> Iterator[Phase]:
        X.relu()
        yield FORWARD
        X.tanh()  # no longer the forward pass
        yield BACKWARD

    program = cast("Program", SimpleNamespace(loss=None, parameters=dict, step=step))
    probe = GradientProbe(program, 1)
    probe.begin(1)
    attempt = Attempt(program, 1, None, forward=probe.activations)
    assert list(attempt) == [FORWARD, BACKWARD]
    found = probe.snapshot(1, held=False)["activations"]
    assert found == [{"name": "relu 1", "kind": "dead", "share": 0.25}]
    assert probe.activations.spent > 0


class Own(Tensor):
    """A tensor of someone's own."""


def refusals(call: Callable[[Tensor], Any]) -> tuple[Any, dict[str, str], list[dict[str, Any]]]:
    """What a call gives while it is looked at, what of it could not be measured, and the rest."""
    readings = Readings()
    activations = Activations(SimpleNamespace(), readings)  # type: ignore[arg-type]
    with activations:
        result = call(X.clone())
    readings.read()
    return result, readings.refused, activations.read()


def test_a_tensor_of_someones_own_is_passed_over_and_said() -> None:
    result, refused, shares = refusals(lambda x: torch.relu(x.as_subclass(Own)))
    assert type(result) is Own
    assert refused == {"relu": "it is a tensor of kind Own"}
    assert shares == []


def test_a_vmapped_activation_costs_that_look_alone() -> None:
    def call(x: Tensor) -> Tensor:
        torch.sigmoid(x)
        return torch.vmap(torch.relu)(x)

    result, refused, shares = refusals(call)
    assert torch.equal(result, torch.relu(X))
    assert "relu 1" in refused or "relu" in refused
    assert [share["name"] for share in shares] == ["sigmoid 1"]


def test_an_error_inside_the_look_costs_that_look_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Tensor:
        raise LookupError("not here")

    monkeypatch.setattr("tui_lab.worker.activations._dead", broken)
    result, refused, shares = refusals(lambda x: torch.relu(x) + torch.sigmoid(x))
    assert torch.equal(result, torch.relu(X) + torch.sigmoid(X))
    assert refused == {"relu": "looking raised LookupError"}
    assert [share["name"] for share in shares] == ["sigmoid 1"]


def test_a_compiled_module_gives_the_same_numbers() -> None:
    layer = torch.compile(nn.Sequential(nn.ReLU(), nn.Sigmoid()), backend="eager")
    plain = layer(X.clone())
    result, _, _ = refusals(lambda x: layer(x))
    assert torch.equal(result, plain)
