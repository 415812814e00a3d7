"""Protects the doctor's verdicts: what is broken fails, what could be better does not."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from tests.commandline.scripted_run import Screen
from tui_lab.commandline.doctor import (
    Verdict,
    colour_system,
    execute,
    key_findings,
    session_findings,
    terminal_findings,
)
from tui_lab.commandline.exit_status import ExitStatus

HEALTHY: dict[str, Any] = {"version": "2.6.0", "threads": 4, "cuda": ["H100"], "built": "12.4"}


def test_a_healthy_machine_is_told_and_passes(console: Screen, home: Path) -> None:
    assert execute(Namespace(), console, lambda: HEALTHY) == ExitStatus.FINISHED
    for expected in ("2.6.0, 4 threads", "cpu, cuda:0 H100", f"{home}/runs", "GiB free", "⣿"):
        assert expected in console.out
    assert "BROKEN" not in console.out


def test_a_torch_that_cant_be_imported_fails(console: Screen) -> None:
    error = "can't be imported: No module named 'torch'"
    assert execute(Namespace(), console, lambda: {"error": error}) == ExitStatus.FAILED
    assert f"BROKEN  torch     {error}" in console.out


def test_the_keys_are_told_with_what_is_wrong_with_them(console: Screen, home: Path) -> None:
    assert execute(Namespace(), console, lambda: HEALTHY) == ExitStatus.FINISHED
    assert f"{home}/keys.json: none;" in console.out
    assert "run.pause run.phase" in console.out
    (home / "keys.json").write_text('{"run.pause": "q", "run.paus": "f5"}')
    texts = [finding.text for finding in key_findings() if finding.verdict is Verdict.NOTE]
    assert "did you mean run.pause?" in texts[0]
    assert "q is the key of run.pause" in texts[1]
    (home / "keys.json").write_text("[]")
    (sentence,) = [each.text for each in key_findings() if each.verdict is Verdict.NOTE]
    assert sentence.endswith("the usual keys stay.")


def test_a_home_that_is_a_file_fails(console: Screen, home: Path) -> None:
    home.write_text("")
    assert execute(Namespace(), console, lambda: HEALTHY) == ExitStatus.FAILED
    assert "BROKEN  runs" in console.out


def test_a_machine_without_a_gpu_passes(console: Screen) -> None:
    without = {**HEALTHY, "cuda": [], "built": None}
    assert execute(Namespace(), console, lambda: without) == ExitStatus.FINISHED
    assert "cpu (this PyTorch is built without CUDA)" in console.out


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"TERM": "xterm"}, "standard"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color", "TEXTUAL_COLOR_SYSTEM": "standard"}, "standard"),
    ],
)
def test_it_knows_the_colours_textual_will_use(environ: dict[str, str], system: str) -> None:
    assert colour_system(environ) == system


def test_sixteen_colours_come_with_advice(console: Screen) -> None:
    console.environ = {"TERM": "screen"}
    (colours,) = [f for f in terminal_findings(console) if f.subject == "colours"]
    assert colours.verdict is Verdict.NOTE
    assert "TERM=xterm-256color" in colours.text


def test_tmux_and_ssh_are_noticed(console: Screen) -> None:
    console.environ = {"TERM": "tmux-256color", "TMUX": "/tmp/x", "SSH_CONNECTION": "a b c d"}
    assert "tmux" in {finding.subject for finding in terminal_findings(console)}
    assert "ssh" in {finding.subject for finding in session_findings(console)}


def test_no_color_is_respected(console: Screen) -> None:
    console.environ = {**os.environ, "NO_COLOR": "1"}
    assert "none, NO_COLOR is set" in {finding.text for finding in terminal_findings(console)}
