"""Where a run comes from: read off its own files and its parents', given as one command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tui_lab.errors import RunUnreadable
from tui_lab.experiment import Experiment
from tui_lab.run import SOURCE, RunRequest, RunStatus, is_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.source import change_since
from tui_lab.schedule import Intervention
from tui_lab.versions import current_versions
from tui_lab.view_models.card import Card, card_of

_MOST = 1000
"""Generations that are looked at; more of them are no family, but a circle."""


@dataclass(frozen=True)
class Lineage:
    """A run as if it had been one from its first ancestor's first step on."""

    request: RunRequest
    schedule: Sequence[Intervention]
    remark: str = ""
    """What is not known of it, as a sentence."""

    def values_at(self, step: int) -> dict[str, Any]:
        """Every hyperparameter (JSON form) as it was used in `step`."""
        values = dict(self.request.hyperparameters)
        for each in self.schedule:
            if each.step <= step:
                values |= each.values
        return values


def run_card(run: RunDirectory, experiment: Experiment | None) -> Card:
    """The command that makes the run again, its nudges and its parents' part included; raises
    `RunUnreadable` where not even run.json says what it was."""
    known = lineage_of(run)
    remark = f"{known.remark} {_of_file(run)}".strip()
    return card_of(known.request, known.schedule, experiment, remark)


def _of_file(run: RunDirectory) -> str:
    request = run.request()
    change = change_since(request)
    kept = run.path / SOURCE
    return f"{request.plugin} {change}; as it was then it is {kept}." if change else ""


def lineage_of(run: RunDirectory) -> Lineage:
    """What made the run what it is. Where a parent is gone, or a log can't be read, `remark` says
    so, and the rest is as if that had not been. Raises `RunUnreadable` for the run itself."""
    family = list(_family(run))
    known = _alone(family[-1])
    if family[-1].request().parent:
        known = replace(known, remark=_orphaned(family[-1]))
    for child in reversed(family[:-1]):
        known = _descended(known, child)
    return known


def branch_request(
    run: RunDirectory,
    experiment: Experiment,
    step: int,
    given: Mapping[str, Any],
    weights_only: bool,
    now: datetime,
) -> RunRequest:
    """The request of a run that goes on from this one after `step`, with the values it had then and
    those `given` (as text or in their JSON form). Raises `TuiLabError`."""
    chosen = experiment.choose({**lineage_of(run).values_at(step), **given})
    return replace(
        run.request(),
        program=experiment.program,
        hyperparameters=experiment.to_json(chosen),
        schedule=(),
        hold=None,
        parent=run.id,
        parent_step=step,
        weights_only=weights_only,
        study="",
        trial=-1,
        population="",
        member=-1,
        created=now.astimezone(UTC).isoformat(timespec="seconds"),
        versions=current_versions(),
    )


def _family(run: RunDirectory) -> Iterator[RunDirectory]:
    """The run, its parent, and so on as far as they can be read."""
    for _ in range(_MOST):
        yield run
        parent = run.request().parent
        if not is_run_id(parent):
            return
        run = RunDirectory(run.path.parent / parent)
        try:
            run.request()
        except RunUnreadable:
            return


def _alone(run: RunDirectory) -> Lineage:
    # numpy comes with it, and `--help` must not wait for that.
    from tui_lab.history import folded

    request = run.request()
    try:
        done = folded(run, None).steering.done
    except RunUnreadable as error:
        return Lineage(request, (), f"What was done to {run.id} on its way is not known: {error}")
    return Lineage(request, (*done, *_to_come(run, request, done)))


def _to_come(
    run: RunDirectory, request: RunRequest, done: Sequence[Intervention]
) -> list[Intervention]:
    """What it was asked for and has not come to yet, where it may still be."""
    record = run.status_record()
    if run.status() in (RunStatus.FINISHED, RunStatus.STOPPED):
        return []
    last = max([record.step, *(each.step for each in done)])
    return [each for each in request.schedule if each.step > last]


def _descended(parent: Lineage, child: RunDirectory) -> Lineage:
    """The parent's part up to the fork, what was changed there, and what came after."""
    own = _alone(child)
    fork = own.request.parent_step
    done = [each for each in parent.schedule if each.step <= fork and each.act != "stop"]
    before = replace(parent, schedule=done)
    changed = _differing(own.request.hyperparameters, before.values_at(fork))
    turned = [Intervention(step=fork + 1, values=changed)] if changed else []
    anew = [Intervention(step=fork + 1, act="weights")] if own.request.weights_only else []
    first = before.request
    request = replace(own.request, hyperparameters=first.hyperparameters, seed=first.seed)
    remark = " ".join(filter(None, (parent.remark, own.remark)))
    return Lineage(request, [*before.schedule, *anew, *turned, *own.schedule], remark)


def _differing(values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in values.items() if n not in before or before[n] != v}


def _orphaned(run: RunDirectory) -> str:
    request = run.request()
    return (
        f"{run.id} went on from step {request.parent_step:,} of {request.parent}, which can't be "
        "read any more: this begins anew."
    )
