"""Protects the lines on units: each place with its share, set apart by the rule the alarm has."""

from __future__ import annotations

from typing import Any

from tui_lab.events import GradientsLogged
from tui_lab.view_models.units import units


def snapshot(*activations: dict[str, Any]) -> GradientsLogged:
    return GradientsLogged(
        t=0, step=1, phase="backward", grad_enabled=True, graph=True, parameters=(),
        activations=activations,
    )  # fmt: skip


def test_each_place_has_its_share_and_what_is_ill_is_set_apart() -> None:
    seen = snapshot(
        {"name": "relu 1", "kind": "dead", "share": 0.12},
        {"name": "sigmoid 1", "kind": "saturated", "share": 0.899},
        {"name": "relu 2", "kind": "dead", "share": 0.9},
    )
    assert units(seen) == ["dead: relu 1 12 %, relu 2 •90 %", "saturated: sigmoid 1 90 %"]


def test_a_model_without_such_units_has_no_line() -> None:
    assert units(snapshot()) == []
    assert units(None) == []
