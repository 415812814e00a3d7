"""A hyperparameter that took a new value during a run, as curves and legends show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_lab.errors import HyperparameterError
from tui_lab.events import HyperparameterChanged
from tui_lab.experiment import Experiment
from tui_lab.view_models.plain_text import plain


@dataclass(frozen=True)
class Change:
    """One mark on the curves."""

    letter: str
    """a, b, … z, aa, ab, …: what the curve carries; the legend says what it stands for."""
    step: int
    """The first step that used the new value."""
    t: float
    name: str
    old: str
    """As the hyperparameter writes its values, like `new`."""
    new: str
    text: str
    """`λ 3 → 10`; the name where there is no symbol."""
    value: Any = None
    """The new value in its JSON form."""
    by: str = ""
    """Whose order it was: the name of a terminal."""

    @property
    def line(self) -> str:
        """What the log lines say of it."""
        return f"{self.letter}  step {self.step}: {self.text}"


def change_of(event: HyperparameterChanged, index: int, experiment: Experiment | None) -> Change:
    """The change that is the `index`-th of its run, counted from 0."""
    label, old, new = plain(event.name), plain(event.old), plain(event.new)
    if experiment is not None:
        label = symbol(experiment, event.name) or label
        old = written(experiment, event.name, event.old)
        new = written(experiment, event.name, event.new)
    text = f"{label} {old} → {new}"
    name, step, t = plain(event.name), int(event.step), float(event.t)
    return Change(letters(index), step, t, name, old, new, text, event.new, plain(event.by))


def said(marks: Sequence[Change]) -> str:
    """What the log lines say of the last mark; whose it was, where more than one gave orders."""
    last = marks[-1]
    hands = {mark.by for mark in marks if mark.by}
    return f"{last.line} ({last.by})" if last.by and len(hands) > 1 else last.line


def letters(index: int) -> str:
    """0 a, 25 z, 26 aa, 27 ab, …"""
    text = ""
    while index >= 0:
        index, letter = divmod(index, 26)
        text = chr(ord("a") + letter) + text
        index -= 1
    return text


def symbol(experiment: Experiment, name: str) -> str:
    """The symbol of a hyperparameter; empty where it has none, or is not declared any more."""
    try:
        return experiment[name].symbol
    except HyperparameterError:
        return ""


def written(experiment: Experiment, name: str, value: Any) -> str:
    """A value from a log as the hyperparameter writes its values."""
    try:
        hyperparameter = experiment[name]
        return hyperparameter.format(hyperparameter.check(value))
    except HyperparameterError:
        return plain(value)  # written by another version of the experiment
