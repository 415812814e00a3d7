"""A public home of Fashion-MNIST that is small enough to be made in a test."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.training.clothes import REAL
from tui_lab.training import fashion_mnist_files
from tui_lab.training.fashion_mnist_files import FILES


@pytest.fixture
def small_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The public home has files of a few kilobytes."""
    small = tuple(
        replace(f, size=len(REAL[f.name]), sha256=hashlib.sha256(REAL[f.name]).hexdigest())
        for f in FILES
    )
    monkeypatch.setattr(fashion_mnist_files, "FILES", small)
