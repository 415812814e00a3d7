"""A run, or what the knobs say, as one command line that can be pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_lab.experiment import Experiment
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.runs.row import differing, typed
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.steered import stopped, turned

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

_MOST = 3
"""Things done to a run that there is room to name."""


def of_run(run: RunSummary, experiment: Experiment | None) -> str:
    """The command that makes the same run again; of a demonstration the one that shows what it
    showed last."""
    if experiment is not None and experiment.demonstration:
        run = replace(run, hyperparameters={**run.hyperparameters, **run.changed})
    values = [f"{name}={typed(v)}" for name, v in differing(run, experiment).items()]
    return plain(_joined(run.experiment, values, run.seed, run.device, run.threads), 2000)


def remark(run: RunSummary, experiment: Experiment | None, changes: Sequence[str] = ()) -> str:
    """That the command alone does not make the run, where it was steered; `changes` are the values
    it took on its way, where more is known of them than the last."""
    if experiment is not None and experiment.demonstration:
        return ""
    done = [*(changes or turned(run, experiment)), *stopped(run, experiment)]
    shown = [*done[:_MOST], f"{len(done) - _MOST} more"] if len(done) > _MOST else done
    if not shown:
        return ""
    return f" · The run was steered ({', '.join(shown)}), which this command does not repeat."


def of_knobs(experiment: Experiment, knobs: KnobPanel, threads: int = 0) -> str:
    """The values of the knobs as a command: what is not a default, the seed and the device; and
    the number of threads, where there is one."""
    values = [
        f"{h.name}={knobs[h.name].text}"
        for h in experiment.hyperparameters
        if knobs[h.name].is_changed
    ]
    return _joined(experiment.name, values, knobs.seed, knobs.device, threads)


def _joined(experiment: str, values: Sequence[str], seed: int, device: str, threads: int) -> str:
    options = ["--seed", str(seed), "--device", device]
    options += ["--threads", str(threads)] if threads else []
    return shlex.join(["tui-lab", "run", experiment, *values, *options])
