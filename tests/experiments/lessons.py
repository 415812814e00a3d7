"""What tests of the lessons share: a page as it is shown, and what it says, line ends aside."""

from __future__ import annotations

import re

from tui_lab.plugins import load_experiment
from tui_lab.tui.panes.lesson import lesson as page


def lesson(experiment: str) -> str:
    """The page of an experiment in one line."""
    return " ".join(page(load_experiment(experiment)).split())


def numbers(said: str, pattern: str) -> list[float]:
    """The numbers at the places marked # in `pattern`, which has to stand in `said`."""
    found = re.search(re.escape(pattern).replace(r"\#", r"(\d+\.?\d*)"), said)
    assert found, f"{pattern!r} is not said"
    return [float(number) for number in found.groups()]


def section(experiment: str, title: str) -> str:
    """One section of the page, without its heading."""
    _, *sections = re.split(r"^## ", page(load_experiment(experiment)), flags=re.MULTILINE)
    return {head: body for head, _, body in (part.partition("\n") for part in sections)}[title]


def outcome(experiment: str, preset: str) -> str:
    """What the page says of a preset where it tells what came out, in one line."""
    items = re.split(r"^- ", section(experiment, "What came out"), flags=re.MULTILINE)
    found = [item for item in items if item.startswith(f"`{preset}`")]
    assert found, f"nothing came out of {preset}"
    return " ".join(found[0].split())
