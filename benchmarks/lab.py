"""The lab in a pseudo-terminal over a home of its own, as the benchmarks drive it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.terminal import Terminal
from tui_lab.events import MetricsLogged, RunStarted
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events
from tui_lab.worker.client import stop_run

COMMAND = [sys.executable, "-m", "tui_lab"]
_BRAILLE = re.compile("[⠁-⣿]")


@contextmanager
def lab(home: Path, *arguments: str, columns: int = 120, rows: int = 40) -> Iterator[Terminal]:
    """The lab, painted; live runs are stopped at the end."""
    environ = {"TUI_LAB_HOME": str(home)}
    command = [*COMMAND, *arguments]
    with Terminal(command, columns=columns, rows=rows, environ=environ) as terminal:
        try:
            yield terminal
        finally:
            for run in Catalogue(home / "runs").live():
                stop_run(RunDirectory(home / "runs" / run.id))


def is_painted(text: str) -> bool:
    """Whether the experiment screen stands."""
    return "Hyperparameters" in text and "r starts a run" in text


def has_curve(text: str) -> bool:
    """Whether a chart shows a point."""
    return _BRAILLE.search(text) is not None


def newest_run(home: Path) -> RunDirectory:
    """The run started last."""
    return RunDirectory(home / "runs" / Catalogue(home / "runs").summaries()[0].id)


def steps_per_second(directory: RunDirectory, after: float, before: float) -> float:
    """Training speed between two moments of the run's own clock, from its log."""
    blocks = [
        event
        for event in read_events(directory.events_path)
        if isinstance(event, MetricsLogged) and event.kind == "step"
    ]
    inside = [event for event in blocks if after <= event.t <= before]
    return (inside[-1].first - inside[0].first) / (inside[-1].t - inside[0].t)


def threads_taken(directory: RunDirectory) -> int:
    """How many threads the run trains on, from its log."""
    events = read_events(directory.events_path)
    return next(event.threads for event in events if isinstance(event, RunStarted))
