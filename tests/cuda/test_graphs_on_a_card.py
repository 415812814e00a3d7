"""Protects that steps from CUDA graphs are the steps: a run has the same numbers in both ways, and
is repeated, taken up and branched in the other way than it was taken; and that it is graphs that
are tried. Skipped without a card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.cuda.checks import CASES, Case, compared
from tui_lab.events import Remarked
from tui_lab.runs.tail import read_events

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
WAYS = pytest.mark.parametrize("eager", [True, False], ids=["one by one", "graphs"])
QUICK = [case for case in CASES if case.name in ("weight-decay", "linear-regression", "penalties")]
ADAM = ("mlp", "implementation=concise", "optimizer=adam", "epochs=1")


def call(home: Path, *words: str, eager: bool) -> dict[str, Any]:
    """What a command says as JSON; the steps it takes are taken one by one, or from graphs."""
    environ = {**os.environ, "TUI_LAB_HOME": str(home), "TUI_LAB_EAGER": str(int(eager))}
    command = [sys.executable, "-m", "tui_lab", *words, "--json"]
    output = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
    assert output.returncode in (0, 130), output.stderr  # 130: it was stopped, as planned
    found: dict[str, Any] = json.loads(output.stdout)
    log = home / "runs" / str(found["run"]) / "events.jsonl"
    said = [event.message for event in read_events(log) if isinstance(event, Remarked)]
    assert not [message for message in said if "CUDA graph" in message]
    return found


def run(home: Path, *words: str, eager: bool) -> dict[str, Any]:
    return call(home, "run", *words, "--device", "cuda", eager=eager)


@pytest.mark.parametrize("words", [("weight-decay",), ("dropout", "epochs=1"), ADAM], ids=str)
def test_both_ways_give_the_same_numbers(words: tuple[str, ...], tmp_path: Path) -> None:
    one, other = (run(tmp_path, *words, eager=eager) for eager in (True, False))
    assert one["history"] == other["history"]
    assert one["metrics"] == other["metrics"]


@pytest.mark.parametrize("case", QUICK, ids=str)
def test_graphs_were_replayed_and_gave_the_same(case: Case) -> None:
    found = compared(case)
    assert found.difference == 0.0, found.words


@WAYS
def test_a_run_is_repeated_step_by_step(eager: bool, tmp_path: Path) -> None:
    found = run(tmp_path, "dropout", "epochs=1", eager=eager)
    call(tmp_path, "replay", found["run"], "--verify", eager=True)


@WAYS
def test_a_run_goes_on_in_the_other_way(eager: bool, tmp_path: Path) -> None:
    whole = run(tmp_path, "weight-decay", eager=True)
    stopped = run(tmp_path, "weight-decay", "@202:stop", eager=eager)
    rest = call(tmp_path, "resume", stopped["run"], eager=not eager)
    assert rest["history"] == whole["history"]


def test_a_branch_is_the_same_in_both_ways(tmp_path: Path) -> None:
    parent = run(tmp_path, "weight-decay", eager=False)["run"]
    words = ("branch", parent, "--step", "202", "weight_decay=10")
    one, other = (call(tmp_path, *words, eager=eager) for eager in (True, False))
    assert one["history"] == other["history"]
