"""The same calm surroundings as for the other tests of screens."""

from __future__ import annotations

from tests.tui.conftest import calm

__all__ = ["calm"]
