"""What a run that is taken up again is to do otherwise: values typed, against those it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui_lab.checks import LARGEST
from tui_lab.commandline.request import assigned_values
from tui_lab.errors import RunError, UsageError
from tui_lab.events import CheckpointWritten, RunResumed
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail

EPOCHS = "epochs"
"""The hyperparameter of which a run may get more, live or not."""


def new_values(
    experiment: Experiment, typed: Sequence[str], present: Mapping[str, Any], run_id: str
) -> dict[str, Any]:
    """The values (JSON form) that differ from the `present` ones; `epochs=+50` is that many more.
    Raises `UsageError` for what a run can't change on its way."""
    given = assigned_values(experiment, typed)
    if EPOCHS in given:
        given[EPOCHS] = _epochs(given[EPOCHS], present)
    chosen = experiment.choose({**present, **given})
    taken = experiment.to_json({name: chosen[name] for name in given})
    new = {name: value for name, value in taken.items() if present.get(name) != value}
    for name, value in new.items():
        if name == EPOCHS and value < present[EPOCHS]:
            raise UsageError(f"{run_id} has {present[EPOCHS]} epochs; it can only get more.")
        if name != EPOCHS and not experiment[name].live:
            raise UsageError(
                f"{name} can't change on the way; tui-lab branch {run_id} --step N "
                f"{name}={given[name]} takes another way."
            )
    return new


def nearest_checkpoint(run: RunDirectory, step: int = LARGEST) -> int:
    """The step of the newest state on disk up to `step`, by the run's log. Raises `RunError` where
    there is none."""
    kept = [each for each in kept_steps(run) if each <= step]
    if not kept:
        until = "" if step == LARGEST else f" up to step {step:,}"
        raise RunError(f"{run.id} has no checkpoint{until}: nothing can go on from there.")
    return kept[-1]


def kept_steps(run: RunDirectory) -> list[int]:
    kept = list[int]()
    for event in RunTail(run.events_path):
        match event:
            case CheckpointWritten():
                kept.append(event.step)
            case RunResumed(from_step=int(step)):
                kept = [each for each in kept if each <= step]
    return sorted(kept)


def _epochs(text: str, present: Mapping[str, Any]) -> str:
    more = text[1:]
    if not text.startswith("+"):
        return text
    if not more.isascii() or not more.isdecimal():
        raise UsageError(f"epochs=+50 is 50 epochs more; {text[:40]!r} is no such number.")
    return str(int(present[EPOCHS]) + int(more[:15]))
