"""Protects that a step is not refused for what another thread does with the card meanwhile, and
that no warning is lost while waits are taken down."""

from __future__ import annotations

import threading
import warnings
from typing import Any

import pytest

from tui_lab.worker.captured import card
from tui_lab.worker.captured.card import told_of_waits

SYNC = "called a synchronizing CUDA operation (Triggered internally at CUDAFunctions.cpp:162.)"


def warn() -> None:
    warnings.warn(SYNC, UserWarning, stacklevel=2)


def test_the_line_that_waits_is_taken_down_every_time() -> None:
    with told_of_waits() as places:
        for _ in range(2):
            warn()
    assert len(places) == 2
    assert places[0].startswith("test_noted_waits.py, line ")


def test_the_line_is_that_of_the_step_whatever_stands_between() -> None:
    between: dict[str, Any] = {"warnings": warnings, "SYNC": SYNC}
    exec(compile("def wait(): warnings.warn(SYNC)", card.__file__, "exec"), between)
    with told_of_waits() as places:
        between["wait"]()
        between["wait"]()
    lines = [int(place.removeprefix("test_noted_waits.py, line ")) for place in places]
    assert lines[1] == lines[0] + 1


def test_what_another_thread_waits_for_is_its_own() -> None:
    with told_of_waits() as places:
        other = threading.Thread(target=warn)
        other.start()
        other.join()
    assert places == []


def test_other_warnings_are_shown() -> None:
    with pytest.warns(UserWarning, match="^something else$"), told_of_waits() as places:
        warnings.warn("something else", UserWarning, stacklevel=1)
    assert places == []
