"""The same calm surroundings as for the other tests of screens, and time to read."""

from __future__ import annotations

import math

import pytest

from tests.tui.conftest import calm
from tui_lab.tui.experiment import run_feed, run_members

__all__ = ["calm"]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is read in one turn, however busy the machine: axes that follow one that is half read
    end elsewhere than those that see all of it at once."""
    monkeypatch.setattr(run_feed, "BUDGET", math.inf)
    monkeypatch.setattr(run_members, "_BUDGET", math.inf)
