"""Protects `import tui_lab` in a script that runs without the lab: every word does nothing, imports
nothing heavy, and never gets in the way of what the script does."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tui_lab
from tui_lab import told

_UNHEARD = """
import sys
import threading
import tui_lab

assert "tui_lab.told" not in sys.modules
model = object()
tui_lab.watch(model, log="all")
tui_lab.watch([model, model], name="nets")
for n in range(2):
    tui_lab.epoch(n)
    with tui_lab.phase("clip"):
        assert tui_lab.knob("temperature", 1.0, low=0.1, high=10, log=True) == 1.0
    tui_lab.log({"val/loss": model}, step=n, commit=False)
    tui_lab.picture("samples", model, caption="what it is")
assert threading.active_count() == 1
print(*[name for name in ("torch", "numpy", "textual", "asyncio") if name in sys.modules])
"""


def test_a_script_without_the_lab_runs_as_if_the_words_were_not_there() -> None:
    command = [sys.executable, "-c", _UNHEARD]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "\n"


def test_an_error_within_a_phase_is_the_script_s_own() -> None:
    with pytest.raises(ZeroDivisionError), tui_lab.phase("clip"):
        raise ZeroDivisionError


def test_a_word_that_is_not_there_is_an_error_of_the_script() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lgo'"):
        tui_lab.lgo({})


def test_each_word_is_looked_up_once() -> None:
    assert tui_lab.log is told.log
    assert vars(tui_lab)["log"] is told.log
