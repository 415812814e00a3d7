"""What a run that is taken up again is to do otherwise: values typed, against those it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tui_lab.commandline.request import assigned_values
from tui_lab.errors import RunError, UsageError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS
from tui_lab.runs.checkpoints import (
    file_step,
    files,
    has_manifest,
    nearest,
    read_manifest,
    why_not,
)
from tui_lab.runs.directory import RunDirectory


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


def nearest_checkpoint(run: RunDirectory, step: int | None = None) -> tuple[int, list[str]]:
    """The step of the newest sound state on disk (up to `step`, where given), and a sentence on
    each newer one that is not. Raises `RunError` where there is none.

    A manifest that is damaged or missing is made again by the worker, of the files: then it is the
    newest by their names, and which are sound is not known yet.
    """
    try:
        records = read_manifest(run.path)
    except RunError as error:
        return _nearest_file(run, step, [str(error)])
    if not has_manifest(run.path):
        return _nearest_file(run, step, [])
    complaints = list[str]()
    for record in nearest(records, step):
        if not (complaint := why_not(run.path, record)):
            return record.step, complaints
        complaints.append(complaint)
    raise _none(run, step, complaints)


def _nearest_file(
    run: RunDirectory, step: int | None, complaints: list[str]
) -> tuple[int, list[str]]:
    steps = list[int]()
    with suppress(OSError):  # no directory: then there are none
        steps = [
            found for found in map(file_step, files(run.path)) if step is None or found <= step
        ]
    if not steps:
        raise _none(run, step, complaints)
    again = f"The manifest of {run.id}'s checkpoints will be made again of the files."
    return max(steps), [*complaints, again]


def _none(run: RunDirectory, step: int | None, complaints: list[str]) -> RunError:
    until = "" if step is None else f" up to step {step:,}"
    return RunError(" ".join([f"{run.id} has no checkpoint{until} to go on from.", *complaints]))


def _epochs(text: str, present: Mapping[str, Any]) -> str:
    more = text[1:]
    if not text.startswith("+"):
        return text
    if not more.isascii() or not more.isdecimal():
        raise UsageError(f"epochs=+50 is 50 epochs more; {text[:40]!r} is no such number.")
    return str(int(present[EPOCHS]) + int(more[:15]))
