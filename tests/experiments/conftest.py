"""What experiments on images are tested on: the few that come with the package."""

from __future__ import annotations

import pytest

from tui_lab.training.fashion_mnist_files import SUBSET


@pytest.fixture
def subset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged images, which are everywhere, as the environment's own."""
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))
