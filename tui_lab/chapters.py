"""The chapters of the book, and experiments by them."""

from __future__ import annotations

from collections.abc import Iterable

from tui_lab.experiment import Experiment

CHAPTERS = (
    "Linear networks",
    "Automatic differentiation",
    "Multilayer perceptrons",
    "Regularization",
    "Generalization",
)
"""In the order of the book; an experiment may name another one of its own."""


def by_chapter(experiments: Iterable[Experiment]) -> list[tuple[str, list[Experiment]]]:
    """Chapters with their experiments: those the book does not have first, then in its order."""
    chapters: dict[str, list[Experiment]] = {}
    for experiment in experiments:
        chapters.setdefault(experiment.chapter, []).append(experiment)
    order = {chapter: place for place, chapter in enumerate(CHAPTERS)}
    return sorted(chapters.items(), key=lambda item: (order.get(item[0], -1), item[0]))
