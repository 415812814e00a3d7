"""What a run says of the guard that looks for what is not finite."""

from __future__ import annotations

from dataclasses import dataclass

from tui_lab.commands import GuardMode


@dataclass(frozen=True, kw_only=True)
class GuardChanged:
    """The guard is another from the step after `step` on."""

    t: float
    step: int
    mode: GuardMode
