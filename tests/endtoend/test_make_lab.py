"""Protects `make lab`: it opens the lab on a terminal, and where there is none it says so and
trains all the same. A stand-in takes the place of the installed command."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import tui_lab
from tests.endtoend.terminal import Terminal

ROOT = Path(tui_lab.__file__).parent.parent
pytestmark = pytest.mark.skipif(
    not (shutil.which("make") and (ROOT / "Makefile").exists()), reason="needs make and a checkout"
)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """`make lab` with an environment that counts as installed."""
    bin_directory = tmp_path / "venv" / "bin"
    bin_directory.mkdir(parents=True)
    stand_in = bin_directory / "tui-lab"
    stand_in.write_text('#!/bin/sh\necho "called with: $*."\n')
    stand_in.chmod(0o755)
    installed = tmp_path / "venv" / "installed"
    installed.touch()
    return ["make", "-C", str(ROOT), f"VENV={tmp_path / 'venv'}", "lab"]


def test_without_a_terminal_it_says_so_and_trains(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "called with: run weight-decay." in done.stdout
    assert "No terminal here" in done.stderr


def test_on_a_terminal_it_opens_the_lab(command: list[str]) -> None:
    terminal = Terminal(command, os.environ)
    try:
        assert terminal.wait() == 0
        assert "called with: ." in terminal.text
        assert "No terminal" not in terminal.text
    finally:
        terminal.close()
