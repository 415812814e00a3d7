"""In what runs differ: hyperparameters, also on the way, seed, device, versions, their file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui_lab.view_models.change import Change, letters, symbol
from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.plain_text import plain

NOTHING = "–"
"""Stands where a run has no such thing."""


@dataclass(frozen=True)
class Difference:
    """A thing that is not alike in all runs."""

    name: str
    heading: str
    """`λ` where the hyperparameter has a symbol."""
    cells: tuple[str, ...]
    """In the order of the runs; what was turned on the way stands behind what it began with."""
    values: tuple[Any, ...] = ()
    """As they began, in their JSON form; None where a run has none."""


def differences(runs: Sequence[ComparedRun]) -> list[Difference]:
    """What differs, and nothing else: hyperparameters first, in the order of their declaration.

    A hyperparameter that only one of several experiments has is no difference between runs.
    """
    return [*_hyperparameters(runs), *origins(runs)]


def turns(runs: Sequence[ComparedRun]) -> list[list[tuple[str, Change]]]:
    """Of each run the knobs that were turned while it ran, with letters that go on from run to
    run: the chart carries the same."""
    found: list[list[tuple[str, Change]]] = []
    count = 0
    for run in runs:
        found.append([(letters(count + n), mark) for n, mark in enumerate(run.view.marks)])
        count += len(run.view.marks)
    return found


def _hyperparameters(runs: Sequence[ComparedRun]) -> Iterator[Difference]:
    turned = turns(runs)
    names = dict.fromkeys(name for run in runs for name in run.values)
    for name in names:
        having = [run for run in runs if name in run.values]
        marks = [[each for each in marks if each[1].name == name] for marks in turned]
        if any(marks) or _differ(runs, having, name):
            yield Difference(
                name,
                _heading(having, name),
                tuple(_cell(run, name, own) for run, own in zip(runs, marks, strict=True)),
                tuple(run.values.get(name) for run in runs),
            )


def _differ(runs: Sequence[ComparedRun], having: Sequence[ComparedRun], name: str) -> bool:
    """Whether the values do, or one run lacks what another of its experiment has."""
    first = having[0].values[name]
    if any(run.values[name] != first for run in having):
        return True
    of = {run.facts.experiment for run in having}
    return any(name not in run.values and run.facts.experiment in of for run in runs)


def _heading(having: Sequence[ComparedRun], name: str) -> str:
    known = next((run.experiment for run in having if run.experiment is not None), None)
    return (symbol(known, name) if known is not None else "") or plain(name)


def _cell(run: ComparedRun, name: str, marks: Sequence[tuple[str, Change]]) -> str:
    """`3`, or `3 → 10 at step 213 (a)`."""
    if name not in run.values:
        return NOTHING
    later = (f" → {mark.new} at step {mark.step:,} ({letter})" for letter, mark in marks)
    return run.text(name, run.values[name]) + "".join(later)


def origins(runs: Sequence[ComparedRun]) -> Iterator[Difference]:
    """What differs beside hyperparameters."""
    for name, read in _ORIGINS.items():
        yield from _of(name, [read(run) for run in runs])
    for package in dict.fromkeys(name for run in runs for name in run.versions):
        yield from _of(plain(package), [run.versions.get(package) for run in runs])


def _of(name: str, values: Sequence[Any]) -> Iterator[Difference]:
    """Nothing is said of what is not known of a run yet."""
    known = {str(value) for value in values if value not in (None, "")}
    if len(known) > 1 or (known and "" in values):
        cells = (NOTHING if value in (None, "") else plain(value, 40) for value in values)
        yield Difference(name, name, tuple(cells), tuple(values))


def _parent(run: ComparedRun) -> str:
    facts = run.facts
    return f"{facts.parent[-4:]} at step {facts.parent_step:,}" if facts.parent else ""


_ORIGINS: Mapping[str, Callable[[ComparedRun], Any]] = {
    "experiment": lambda run: run.facts.experiment,
    "seed": lambda run: run.seed,
    "branch of": _parent,
    "device": lambda run: run.device or None,
    "threads": lambda run: run.threads,
    "file's text": lambda run: run.facts.sha256[:8],
}
"""What a run comes from besides its hyperparameters; of a person's own file its text's hash."""
