"""Protects scripts that were written for wandb: with `import tui_lab as wandb` they run as they
are, and what they log, configure and show is the run's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tui_lab
from tests.worker.script.watched import Watched, watched
from tui_lab import tracking
from tui_lab.events import PictureLogged
from tui_lab.runs.directory import RunDirectory
from tui_lab.tracking import Config

_PRINTED = "run None\nrun None {'lr': 0.2, 'epochs': 2, 'hidden': 4}\n"
SCRIPT = Path(__file__).with_name("wandb_script.py")


@pytest.fixture(autouse=True)
def names() -> Iterator[None]:
    """`tui_lab.run` and `tui_lab.config` mean the lab's modules again; nothing is configured."""
    before = {name: vars(tui_lab)[name] for name in ("run", "config")}
    yield
    vars(tui_lab).update(before)
    tracking.run = None
    dict.clear(tracking.config)


def run_script(*command: str, home: Path) -> str:
    environment = {**os.environ, "TUI_LAB_HOME": str(home)}
    words = [sys.executable, *command, str(SCRIPT), "--lr", "0.2"]
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout


def test_it_runs_without_the_lab(tmp_path: Path) -> None:
    assert run_script(home=tmp_path) == _PRINTED
    assert not list(tmp_path.iterdir())


def test_it_runs_in_the_lab(tmp_path: Path) -> None:
    result = json.loads(run_script("-m", "tui_lab", "watch", "--json", home=tmp_path))
    assert result["status"] == "finished"
    keys = {"train/loss", "loss", "val/loss", "epoch", "best", "test/loss"}
    assert keys <= set(result["metrics"])
    assert result["metrics"]["optimizer/lr"] == 0.2
    assert result["history"]["loss"]["step"] == list(range(1, 11))

    run = RunDirectory(tmp_path / "runs" / result["run"])
    assert _PRINTED in run.log_path.read_text()
    log = [json.loads(line) for line in run.events_path.read_text().splitlines()]
    shown = {event["picture"]: event["data"] for event in log if "picture" in event}
    assert set(shown) == {"config", "samples", "sample", "weights", "table"}
    assert [row[0] for row in shown["config"]["rows"]] == ["lr", "epochs", "hidden"]
    assert shown["samples"]["captions"] == ["one", "one"]


def test_a_configuration_is_read_as_it_was_written() -> None:
    config = Config()
    config.update({"lr": 0.1}, momentum=0.9)
    config.update(Namespace(lr=0.2))
    config.depth = 3
    assert (config.lr, config["momentum"], config.as_dict()["depth"]) == (0.2, 0.9, 3)
    assert config.get("width") is None
    with pytest.raises(AttributeError, match="The script has configured no width"):
        _ = config.width


def test_a_run_is_a_context(directory: RunDirectory) -> None:
    with watched(directory), tui_lab.init(project="p", config={"lr": 1}) as run:
        assert vars(tui_lab)["run"] is run
        run.watch(object())
        run.define_metric("a")
    assert vars(tui_lab)["run"] is None


def tables(lab: Watched) -> list[Any]:
    return [event.data["rows"] for event in lab.log if isinstance(event, PictureLogged)]


def test_what_is_configured_later_is_shown_too(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        tui_lab.init(config={"lr": 1})
        tracking.config.depth = 3
        tracking.summary.update({"best": 1.0})
    assert tables(lab) == [[["lr", 1]], [["lr", 1], ["depth", 3]]]
    assert "best" in lab.finding.told


def test_an_image_that_is_a_file_can_t_be_shown(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        tui_lab.log({"photo": tui_lab.Image("photo.png"), "loss": 1})
    assert not lab.finding.drawn
    assert lab.finding.told == ["loss"]
