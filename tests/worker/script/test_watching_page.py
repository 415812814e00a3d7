"""Protects docs/watching.md: its script runs with the lab and without, and shows what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tui_lab
from tests.worker.script.watched import watched
from tui_lab.experiment import Curve, Histogram, Images
from tui_lab.runs.directory import RunDirectory

PAGE = (Path(__file__).parents[3] / "docs" / "watching.md").read_text(encoding="utf-8")
(SCRIPT,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_its_script_runs_without_the_lab(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert (done.stdout, list(tmp_path.iterdir())) == ("", [])


def test_what_it_tells_is_seen(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        exec(compile(SCRIPT, "/somewhere/page.py", "exec"), {"__name__": "__main__"})
    experiment = lab.finding.experiment
    pictures = {picture.title: picture for picture in experiment.pictures}

    assert pictures["logged val"] == Curve("logged val", ("val/loss", "val/error"))
    assert isinstance(pictures["weights"], Images)
    assert isinstance(pictures["errors"], Histogram)
    assert experiment["scale"].help == "of the loss"
    assert list(lab.finding.found.modules) == ["student"]
    assert (lab.loop.position.step, lab.loop.position.epoch) == (40, 3)


@pytest.mark.parametrize("word", sorted(set(re.findall(r"tui_lab\.(\w+)\(", PAGE))))
def test_every_word_is_there(word: str) -> None:
    assert callable(getattr(tui_lab, word))
