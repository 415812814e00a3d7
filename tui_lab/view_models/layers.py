"""Parameters by the layers they belong to, where there are too many to be read one by one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy comes with it, and a table of few rows needs none of this
    from tui_lab.view_models.gradients import GradientState

MOST = 40
"""Rows that a person looks through."""
_WORST = ("non-finite", "exploding", "vanishing", "ok")
FOLD = "."
"""Ends the name of a row that stands for several."""


def by_layer(
    states: Sequence[GradientState], unfolded: Collection[str] = ()
) -> list[GradientState]:
    """The parameters themselves where they are few; else a row for each layer whose dotted name is
    as long as leaves few enough, and below those that are `unfolded` their parameters."""
    if len(states) <= MOST:
        return list(states)
    layers = _layers(states)
    rows: list[GradientState] = []
    for layer, members in layers.items():
        if len(members) == 1:
            rows += members
            continue
        rows.append(_together(layer, members))
        rows += members if layer + FOLD in unfolded else []
    return rows


def _layers(states: Sequence[GradientState]) -> dict[str, list[GradientState]]:
    depth = max(state.name.count(".") for state in states)
    layers = _cut(states, depth)
    while len(layers) > MOST and depth > 1:
        depth -= 1
        layers = _cut(states, depth)
    return layers


def _cut(states: Sequence[GradientState], depth: int) -> dict[str, list[GradientState]]:
    layers: dict[str, list[GradientState]] = {}
    for state in states:
        *owner, last = state.name.split(".")
        layers.setdefault(".".join(owner[:depth]) or last, []).append(state)
    return layers


def _together(layer: str, members: Sequence[GradientState]) -> GradientState:
    """What is said of a layer: norms of all its parameters together, the worst of their health."""
    words = {member.grad for member in members}
    return replace(
        members[0],
        name=layer + FOLD,
        shape=f"{len(members)} parameters",
        requires_grad=any(member.requires_grad for member in members),
        grad=words.pop() if len(words) == 1 else "mixed",
        norm=_norm(member.norm for member in members),
        grad_norm=_norm(member.grad_norm for member in members),
        update=_update(members),
        finite=all(member.finite for member in members),
        history=tuple(_histories(members)),
        health=min((member.health for member in members), key=_WORST.index),
        changed=frozenset().union(*(member.changed for member in members)),
    )


def _norm(values: Iterator[float | None] | Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.hypot(*known) if known else None


def _update(members: Sequence[GradientState]) -> float | None:
    """‖Δ‖/‖p‖ of all of them together."""
    moves = [m.update * m.norm for m in members if m.update is not None and m.norm is not None]
    size = _norm([member.norm for member in members])
    return math.hypot(*moves) / size if moves and size else None


def _histories(members: Sequence[GradientState]) -> Iterator[float]:
    """Norms together, as far back as all of them go."""
    length = min(len(member.history) for member in members)
    for back in range(length, 0, -1):
        yield math.hypot(*(member.history[-back] for member in members))
