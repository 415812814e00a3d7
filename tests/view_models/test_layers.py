"""Protects that many parameters are read by their layers, with numbers that are those of all of
them together."""

from __future__ import annotations

import math

from tui_lab.view_models.gradients import GradientState
from tui_lab.view_models.layers import MOST, by_layer


def state(name: str, norm: float = 3.0, **fields: object) -> GradientState:
    known: dict[str, object] = {
        "shape": "2",
        "requires_grad": True,
        "grad": "set",
        "grad_norm": 4.0,
        "update": 0.1,
        "finite": True,
        "history": (1.0, 2.0),
        "health": "ok",
    }
    return GradientState(name=name, norm=norm, **{**known, **fields})  # type: ignore[arg-type]


def deep(blocks: int) -> list[GradientState]:
    parts = ("attention.weight", "attention.bias", "mlp.weight", "mlp.bias")
    return [state(f"blocks.{n}.{part}") for n in range(blocks) for part in parts]


def test_few_parameters_stand_for_themselves() -> None:
    states = deep(MOST // 4)

    assert by_layer(states) == states


def test_many_stand_together_by_as_long_a_name_as_leaves_few() -> None:
    rows = by_layer(deep(30))

    assert [row.name for row in rows] == [f"blocks.{n}." for n in range(30)]
    assert rows[0].shape == "4 parameters"


def test_norms_are_those_of_all_together() -> None:
    (row, *_) = by_layer(deep(30))

    assert row.norm == math.hypot(3, 3, 3, 3)
    assert row.grad_norm == math.hypot(4, 4, 4, 4)
    assert row.update is not None
    assert math.isclose(row.update, 0.1)
    assert row.history == (2.0, 4.0)


def test_the_worst_is_said_of_all() -> None:
    states = deep(30)
    states[1] = state("blocks.0.attention.bias", health="vanishing", grad="none", grad_norm=None)
    (row, *_) = by_layer(states)

    assert (row.health, row.grad) == ("vanishing", "mixed")


def test_a_layer_unfolds_to_its_parameters() -> None:
    rows = by_layer(deep(30), {"blocks.1."})

    assert [row.name for row in rows[:6]] == [
        "blocks.0.",
        "blocks.1.",
        *(f"blocks.1.{part}" for part in ("attention.weight", "attention.bias", "mlp.weight")),
        "blocks.1.mlp.bias",
    ]


def test_what_stands_alone_keeps_its_name() -> None:
    rows = by_layer([*deep(30), state("head")])

    assert rows[-1].name == "head"
