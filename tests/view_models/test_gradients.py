"""Protects the gradient pane: the state of every `.grad` in words, and alarms that are true."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tui_lab.events import GradientsLogged, MetricsLogged, RunStarted
from tui_lab.health import HISTORY
from tui_lab.view_models.gradients import GradientState
from tui_lab.view_models.run import RunView


def parameter(name: str = "w", **changes: Any) -> dict[str, Any]:
    values = {
        "name": name, "grad": "set", "times": 1, "norm": 1.0, "grad_norm": 1.0,
        "update": 1e-3, "finite": True, "requires_grad": True,
    }  # fmt: skip
    return {**values, **changes}


def snapshot(*parameters: dict[str, Any], step: int = 1) -> GradientsLogged:
    return GradientsLogged(
        t=0, step=step, phase="backward", grad_enabled=True, graph=True, parameters=parameters
    )


def losses(*values: float) -> MetricsLogged:
    return MetricsLogged(t=0, kind="step", first=1, columns={"train/loss": list(values)})


def rows(
    *snapshots: GradientsLogged, loss: Sequence[float] = (8.0, 8.0)
) -> dict[str, GradientState]:
    view = RunView()
    view.fold(losses(*loss))
    for each in snapshots:
        view.fold(each)
    return view.gradients


def healths(
    norms: Mapping[str, Sequence[float]],
    *,
    update: float = 1e-3,
    loss: Sequence[float] = (8.0, 8.0),
) -> list[str]:
    """The word for each parameter after gradients of these norms."""
    columns = zip(*norms.values(), strict=True)
    snapshots = [
        snapshot(
            *(
                parameter(name, grad_norm=norm, update=update)
                for name, norm in zip(norms, row, strict=True)
            )
        )
        for row in columns
    ]
    return [row.health for row in rows(*snapshots, loss=loss).values()]


class TestRows:
    def test_hold_the_newest_snapshot_with_shapes_from_the_start(self) -> None:
        view = RunView()
        view.fold(
            RunStarted(
                pid=1, host="", device="cpu", device_name="", threads=1, started="",
                total_steps=1, steps_per_epoch=1,
                parameters=[
                    {"name": "w", "shape": [200, 1], "requires_grad": True},
                    {"name": "b", "shape": [], "requires_grad": False},
                ],
            )
        )  # fmt: skip
        view.fold(snapshot(parameter("w"), parameter("b", requires_grad=False)))

        w, b = view.gradients.values()
        assert (w.name, w.shape, w.requires_grad) == ("w", "200×1", True)
        assert (b.name, b.shape, b.requires_grad) == ("b", "scalar", False)
        assert view.snapshot is not None
        assert (view.snapshot.phase, view.snapshot.graph) == ("backward", True)

    @pytest.mark.parametrize(
        ("grad", "times", "words"),
        [
            ("none", 0, "None"),
            ("zeroed", 0, "zeroed"),
            ("set", 1, "set"),
            ("accumulated", 3, "accumulated ×3"),
        ],
    )
    def test_say_what_grad_is(self, grad: str, times: int, words: str) -> None:
        (row,) = rows(snapshot(parameter(grad=grad, times=times))).values()

        assert row.grad == words

    def test_history_is_bounded_and_leaves_out_what_zero_grad_left(self) -> None:
        shots = [snapshot(parameter(grad_norm=float(i))) for i in range(100)]
        zeroed = snapshot(parameter(grad="zeroed", grad_norm=0.0))
        shots.append(dataclasses.replace(zeroed, phase="zero_grad"))
        shots.append(snapshot(parameter(grad="none", grad_norm=None)))

        (row,) = rows(*shots).values()
        assert row.history == tuple(float(i) for i in range(100 - HISTORY, 100))
        assert (row.grad_norm, row.grad) == (None, "None")

    def test_before_the_first_gradient_all_is_well(self) -> None:
        (row,) = rows(snapshot(parameter(grad="none", grad_norm=None, update=None))).values()

        assert (row.history, row.health) == ((), "ok")


class TestHealth:
    def test_plain_training_is_ok(self) -> None:
        assert healths({"w": [4.0, 1.2, 0.5], "b": [3.0, 0.02, 0.4]}) == ["ok", "ok"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"finite": False},
            {"grad_norm": "NaN"},
            {"grad_norm": "Infinity"},
            {"norm": "-Infinity"},
        ],
    )
    def test_a_nan_or_inf_is_non_finite(self, changes: dict[str, Any]) -> None:
        (row,) = rows(snapshot(parameter(**changes))).values()

        assert (row.health, row.finite) == ("non-finite", False)

    def test_the_first_move_of_a_zero_bias_is_no_alarm(self) -> None:
        """‖Δp‖/‖p‖ is infinite there."""
        (row,) = rows(snapshot(parameter("b", norm=0.04, update="Infinity"))).values()

        assert (row.health, row.update) == ("ok", math.inf)


class TestExploding:
    def test_growth_from_step_to_step_with_updates_to_match(self) -> None:
        """Learning rate 10 multiplies the gradient by -9 at every step."""
        norms = [4.0 * 9**i for i in range(5)]

        assert healths({"w": norms[:3]}, update=8.0) == ["ok"]
        assert healths({"w": norms}, update=8.0, loss=(8.0, 80.0)) == ["exploding"]

    def test_a_network_that_leaves_its_plateau_does_not_explode(self) -> None:
        """Gradients grow a hundredfold then, and the loss comes down."""
        assert healths({"b": [0.003] * 20 + [0.44]}, update=1.2, loss=(2.3, 2.2)) == ["ok"]

    def test_any_gradient_beyond_reason(self) -> None:
        assert healths({"w": [1e7]}) == ["exploding"]

    def test_a_knob_turned_up_is_not_an_explosion(self) -> None:
        """λ from 0 to 3 on a fitted model: the gradient jumps, the parameter moves by 1 %."""
        assert healths({"w": [1e-3] * 20 + [40.0]}, update=9e-3) == ["ok"]

    def test_one_rough_batch_is_not_an_explosion(self) -> None:
        assert healths({"w": [1.0, 2.0, 0.5, 1.0, 30.0]}, update=0.5) == ["ok"]


class TestVanishing:
    def test_a_gradient_of_nothing_but_zeros_has_vanished(self) -> None:
        """What a backward pass leaves is the gradient, were it zero."""
        zeros, live = parameter("W1", grad="zeroed", grad_norm=0.0), parameter("b2")
        states = rows(*[snapshot(zeros, live)] * 8)
        assert [state.health for state in states.values()] == ["vanishing", "ok"]

    def test_a_layer_that_gets_nothing_while_others_do(self) -> None:
        """Sigmoids in twenty layers: the first one's gradient is 1e-13 of the last one's."""
        norms = {"first": [1e-13] * 3, "last": [0.5] * 3}

        assert healths(norms) == ["vanishing", "ok"]
        assert healths(norms, loss=(2.3, 0.4)) == ["vanishing", "ok"]

    def test_all_gradients_gone_while_the_loss_has_not_come_down(self) -> None:
        assert healths({"w": [1e-9], "b": [1e-9]}) == ["vanishing", "vanishing"]

    def test_a_dead_layer(self) -> None:
        assert healths({"dead": [0.0] * 9, "live": [0.5] * 9}) == ["vanishing", "ok"]

    def test_converged_is_not_vanishing(self) -> None:
        """Without noise the gradient of linear regression falls to rounding, as it should."""
        falling = [4.0 * 0.1**i for i in range(20)]

        assert healths({"w": falling, "b": falling}, loss=(16.0, 1e-13)) == ["ok", "ok"]

    def test_converged_to_a_loss_that_noise_leaves_is_not_vanishing(self) -> None:
        assert healths({"w": [4.0] + [1e-9] * 9}, loss=(16.0, 0.5)) == ["ok"]

    def test_the_parameter_that_converged_first_is_not_vanishing(self) -> None:
        norms = {"w": [4.0] + [1e-2] * 20, "b": [3.0] + [1e-8] * 20}

        assert healths(norms, loss=(16.0, 0.1)) == ["ok", "ok"]

    def test_one_batch_that_pulls_nowhere_is_not_vanishing(self) -> None:
        assert healths({"w": [1.0, 1.0], "b": [0.3, 1e-9]}) == ["ok", "ok"]

    def test_zeros_left_by_zero_grad_are_not_vanishing(self) -> None:
        left = snapshot(parameter("w", grad="zeroed", grad_norm=0.0))
        (row,) = rows(snapshot(parameter("w")), left).values()

        assert row.health == "ok"

    def test_after_a_nan_loss_nothing_is_said_of_learning(self) -> None:
        assert healths({"w": [1e-9]}, loss=(8.0, math.nan)) == ["ok"]
