"""Runs to take out of the lab, as those of `tests.runs`."""

from __future__ import annotations

from tests.runs.conftest import new_run, runs, runtime

__all__ = ["new_run", "runs", "runtime"]
