"""What must be said of runs that stand side by side, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.comparison.differences import Difference
from tui_lab.view_models.comparison.results import likeness
from tui_lab.view_models.damage import damaged_lines
from tui_lab.view_models.divergence import diverged_words
from tui_lab.view_models.plain_text import listed

_NAMED = 6
"""Metrics that are named; of more the number is said."""


def headline(runs: Sequence[ComparedRun], shared: Sequence[str]) -> str:
    """`3 runs of weight-decay share 4 metrics: train/loss, test/loss, norm/w`."""
    of = listed(list(dict.fromkeys(run.facts.experiment for run in runs)))
    them = f"{len(runs)} runs of {of}"
    return f"{them} share {_metrics(shared)}" if shared else f"{them} share no metric"


def remarks(
    runs: Sequence[ComparedRun], differing: Sequence[Difference], unshared: Sequence[str]
) -> list[str]:
    """The sentences, what changes the reading of everything else first."""
    return [
        *_troubles(runs),
        *_common_parts(runs),
        *_equal(runs),
        *_alike(runs, differing),
        *_missing(runs, unshared),
    ]


def _metrics(keys: Sequence[str]) -> str:
    if len(keys) > _NAMED:
        return f"{len(keys)} metrics, {', '.join(keys[:_NAMED])} among them"
    return f"{len(keys)} metric{'s' * (len(keys) != 1)}: {', '.join(keys)}"


def _troubles(runs: Sequence[ComparedRun]) -> Iterator[str]:
    for run in runs:
        if run.error:
            yield f"{run.name} can't be read: {run.error}"
        elif run.view.damage:
            yield f"{run.name}: {damaged_lines(run.view.damage)}"
        if run.view.diverged is not None:
            yield f"{run.name} {diverged_words(run.view.diverged)}."


def _common_parts(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """Which steps are the same because they were taken once."""
    here = {run.id: run for run in runs}
    for place, run in enumerate(runs):
        parent, step = run.facts.parent, run.facts.parent_step
        if not parent:
            continue
        if parent in here:
            yield f"{run.name} is {here[parent].name} up to step {step:,}, and goes on from there."
        for other in runs[:place]:
            if other.facts.parent == parent and parent not in here:
                common = min(step, other.facts.parent_step)
                both = f"{other.name} and {run.name}"
                yield f"{both} are {parent[-4:]}, not shown here, up to step {common:,}."


def _equal(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """Whose curves lie under another's."""
    for place, run in enumerate(runs):
        for other in runs[:place]:
            if (found := likeness(run, other)) != "other":
                what = "bit for bit" if found == "same" else "in every point kept of them"
                so_far = " so far" * (run.live or other.live)
                yield f"{run.name} is the same as {other.name}{so_far}, {what}."
                break


def _alike(runs: Sequence[ComparedRun], differing: Sequence[Difference]) -> Iterator[str]:
    if not differing:
        yield "Nothing that was asked of them differs: hyperparameters, seed, device, versions."
    experiments = {run.facts.experiment for run in runs}
    if len(experiments) > 1:
        yield "Hyperparameters that only one of the experiments has are left out."


def _missing(runs: Sequence[ComparedRun], unshared: Sequence[str]) -> Iterator[str]:
    lacking: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        has = {key for _, key in run.view.series}
        if not has and not run.error:
            yield f"{run.name} has measured nothing{' yet' * run.live}."
        elif lacks := tuple(key for key in unshared if has and key not in has):
            lacking.setdefault(lacks, []).append(run.name)
    for lacks, names in lacking.items():
        rest = len(lacks) - 3
        more = f" and {rest} other{'s' * (rest > 1)}" * (rest > 0)
        yield f"{_joined(names)} {_HAVE[len(names) > 1]} no {', '.join(lacks[:3])}{more}."


_HAVE = ("has", "have")


def _joined(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
