"""Parallel coordinates as data: an upright per knob and one for the goal, a path per trial."""

from __future__ import annotations

from dataclasses import dataclass

from tui_lab.view_models.figure import Floats, Role


@dataclass(frozen=True)
class Upright:
    """One axis: its name, and the words at places between 0, its foot, and 1, its top."""

    name: str
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Paths:
    """Paths that look alike; `places` has a row per path and a column per upright, each between 0
    and 1. NaN breaks a path."""

    role: Role
    places: tuple[Floats, ...]
    dotted: bool = True
    sign: str = ""
    """What stands where such a path crosses an upright."""


@dataclass(frozen=True, eq=False)
class Parallel:
    """The whole picture; later paths lie on top."""

    uprights: tuple[Upright, ...] = ()
    paths: tuple[Paths, ...] = ()
    note: str = ""
    """Why there is nothing to draw."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no path to draw."""
        return not any(len(paths.places) for paths in self.paths)
