"""Protects the order of every lesson: presets are listed as they are declared, and what they showed
stands below the list, so that nobody reads an answer before the question."""

from __future__ import annotations

import re

import pytest

from tests.experiments.lessons import section
from tests.experiments.test_declarations import EXPERIMENTS
from tui_lab.experiment import Experiment
from tui_lab.tui.panes.lesson import lesson as page

each = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)


def listed(text: str) -> list[str]:
    """The items of a list, each in one line."""
    return [
        " ".join(item.split()) for item in re.findall(r"^- (.+(?:\n  .+)*)", text, re.MULTILINE)
    ]


@each
def test_presets_are_spelt_as_they_are_declared(experiment: Experiment) -> None:
    declared = [f"`{preset.name}` ({preset.title})" for preset in experiment.presets]
    assert listed(section(experiment.name, "What to try")) == declared


@each
def test_what_presets_showed_stands_below_all_of_them(experiment: Experiment) -> None:
    headings = re.findall(r"^## (.+)$", page(experiment), re.MULTILINE)
    assert headings[:3] == ["The mathematics", "What to try", "What came out"]
    above = page(experiment).partition("## What to try")[0]
    for preset in experiment.presets:
        assert f"`{preset.name}`" not in above
        if preset.question:
            assert f"`{preset.name}`" in section(experiment.name, "What came out")
