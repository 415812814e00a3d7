"""The curves of a run as rows of characters, drawn as the lab draws them."""

from __future__ import annotations

from collections.abc import Iterator

from tui_lab.commandline.console import Console
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory


def draw_curves(run: RunDirectory, experiment: Experiment, console: Console) -> Iterator[str]:
    yield from ()
