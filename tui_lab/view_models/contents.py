"""The numbers that a loop which holds still has at hand, and which are others than before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tui_lab.events import SMALL, GradientsLogged, RunStarted
from tui_lab.view_models.number_format import CHANGED, short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

_GRAD = ".grad"


def contents(snapshot: GradientsLogged | None, before: GradientsLogged | None = None) -> list[str]:
    """What a loop that holds still has at hand: its loss and batch, then a line for each small
    parameter, `w = 1.98, -3.4   w.grad = •0.01, •0.2`, in which `•` stands before what is other
    than it was `before`."""
    if snapshot is None or not (snapshot.values or snapshot.batch):
        return []
    old = before.values if before else {}
    found = {
        name: ", ".join(marked(values, old.get(name, ())))
        for name, values in snapshot.values.items()
    }
    loss = f"loss {found['loss']}" if "loss" in found else ""
    batch = f"batch {plain(snapshot.batch)}" if snapshot.batch else ""
    lines = [" · ".join(filter(None, (loss, batch)))]
    for name, text in found.items():
        if name != "loss" and not name.endswith(_GRAD):
            gradient = found.get(f"{name}{_GRAD}")
            after = f"   {plain(name)}{_GRAD} = {gradient}" if gradient else ""
            lines.append(f"{plain(name)} = {text}{after}")
    return list(filter(None, lines))


def most_contents(started: RunStarted | None) -> int:
    """How many lines `contents` has at the most for the parameters a run began with."""
    shapes = [p.get("shape") for p in started.parameters] if started else []
    return 1 + len([shape for shape in shapes if shape is not None and math.prod(shape) <= SMALL])


def marked(values: Sequence[Any], before: Sequence[Any]) -> list[str]:
    """The numbers in short, with a sign before each that is other than before; none has one where
    there were not as many."""
    old = before if len(before) == len(values) else values
    return [
        f"{'' if same(number(value), number(was)) else CHANGED}{short(number(value))}"
        for value, was in zip(values, old, strict=True)
    ]


def same(one: float | None, other: float | None) -> bool:
    """NaN is what it was."""
    return one == other or (one != one and other != other)
