"""Every experiment has a page of notes, written or made from its declaration."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.fakes import TOY
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.tui.panes.lesson import lesson


@pytest.mark.parametrize("name", experiment_names())
def test_built_in_experiments_bring_their_notes(name: str) -> None:
    page = lesson(load_experiment(name))
    assert page.startswith("#")
    assert len(page) > 500


@pytest.mark.parametrize("program", ["toy.program:Toy", "toy:Toy"])
def test_without_notes_the_declaration_speaks(program: str) -> None:
    page = lesson(dataclasses.replace(TOY, program=program))
    assert page.startswith("# A toy")
    assert "- `train/loss`: Half squared error." in page
