"""How much of a script's time the lab takes: what is spent in its hooks."""

from __future__ import annotations

from tui_lab.worker.lab_cost import LabCost


class HookCost(LabCost):
    """A script's time is its own but for the hooks; what is waited for in them does not count."""

    _hooks = 0.0

    def took(self, seconds: float) -> None:
        """A hook took so long."""
        self._hooks += seconds

    @property
    def share(self) -> float:
        """From 0 to 1; 0 before any time has gone by."""
        whole = self._clock() - self._begun - self._held
        return min(1.0, max(0.0, (self._hooks - self._held) / whole)) if whole > 0 else 0.0
