"""What the units of a model do: how many of them are dead or saturated, and whether that is ill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tui_lab.events import GradientsLogged
from tui_lab.health import is_dead, is_saturated
from tui_lab.view_models.number_format import CHANGED
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

_ILL = {"dead": is_dead, "saturated": is_saturated}


def units(snapshot: GradientsLogged | None) -> list[str]:
    """A line for each kind of trouble that units can have: `dead: relu 1 12 %, relu 2 •95 %`, in
    which `•` stands before a share that the rules of health call ill. Empty where no unit is
    known."""
    found = snapshot.activations if snapshot is not None else ()
    lines = []
    for kind in _ILL:
        if shares := ", ".join(_shares(kind, found)):
            lines.append(f"{kind}: {shares}")
    return lines


def _shares(kind: str, found: Any) -> Iterator[str]:
    places: list[Mapping[str, Any]] = [each for each in found if each.get("kind") == kind]
    for place in places:
        share = number(place["share"])
        sign = CHANGED if _ILL[kind](share) else ""
        yield f"{plain(place['name'])} {sign}{share:.0%}".replace("%", " %")
