"""The versions that a run stands on, read from package metadata without importing anything."""

from __future__ import annotations

import platform

from tui_lab import __version__

_DECISIVE = ("torch", "numpy")
"""Packages that decide what a run computes."""


def current_versions() -> dict[str, str]:
    """Package name -> version, as it stands in run.json."""
    from importlib.metadata import PackageNotFoundError, version  # 10 ms, when a run starts

    found = {"python": platform.python_version(), "tui-lab": __version__}
    for package in _DECISIVE:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found
