"""What only a card can show: every experiment trains there, twice the same, and its gradient pane
keeps up. Skipped where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tui_lab.events import GradientsLogged, MetricsLogged
from tui_lab.plugins import experiment_names
from tui_lab.runs.tail import read_events
from tui_lab.worker.inspection import contents_of

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.xdist_group("cuda"),
]
MOST_BEHIND = 1.5
"""Seconds between two looks at a run whose steps are short."""


def run(home: Path, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tui_lab", "run", *words, "--device", "cuda", "--json"]
    environ = {**os.environ, "TUI_LAB_HOME": str(home)}
    output = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(output.stdout)
    return result


@pytest.mark.parametrize("name", experiment_names())
def test_it_trains_on_the_card_and_twice_the_same(name: str, tmp_path: Path) -> None:
    first, second = run(tmp_path, name), run(tmp_path, name)
    assert first["status"] == "finished"
    assert first["device"].startswith("cuda")
    assert first["history"] == second["history"]
    assert first["metrics"] == second["metrics"]


def test_the_gradient_pane_keeps_up_with_a_run_whose_first_step_is_cold(tmp_path: Path) -> None:
    found = run(tmp_path, "weight-decay", "epochs=5000")["run"]
    events = list(read_events(tmp_path / "runs" / found / "events.jsonl"))
    looks = [event.t for event in events if isinstance(event, GradientsLogged)]
    last = max(event.t for event in events if isinstance(event, MetricsLogged))
    gaps = [after - before for before, after in zip(looks, [*looks[1:], last], strict=True)]
    assert max(gaps) < MOST_BEHIND


def test_a_tensor_is_told_as_it_is_on_the_processor() -> None:
    tensor = torch.randn(300, 50)
    tensor[0, 0] = torch.inf
    here, there = contents_of(tensor), contents_of(tensor.cuda())
    assert there.pop("mean") == pytest.approx(here.pop("mean"))
    assert there == here


def test_no_memory_is_one_sentence(tmp_path: Path) -> None:
    free, _ = torch.cuda.mem_get_info()
    held = torch.empty(free - (200 << 20), dtype=torch.uint8, device="cuda")
    command = [sys.executable, "-m", "tui_lab", "run", "mlp", "--device", "cuda"]
    environ = {**os.environ, "TUI_LAB_HOME": str(tmp_path)}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert held.numel()
    assert ended.returncode == 1
    assert "GiB free" in ended.stderr
    assert "--device cpu" in ended.stderr
