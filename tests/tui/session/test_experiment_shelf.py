"""An experiment is found by its name: installed, or in a file that a person has named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fakes import TOY
from tui_lab.errors import ExperimentNotFound
from tui_lab.experiment import Experiment
from tui_lab.tui.session.experiment_shelf import ExperimentShelf


def test_installed_experiments_are_listed() -> None:
    shelf = ExperimentShelf()
    names = [e.name for e in shelf.all() if isinstance(e, Experiment)]
    assert {"linear-regression", "weight-decay"} <= set(names)
    assert shelf["weight-decay"].name == "weight-decay"
    assert shelf.file("weight-decay") == ""


def test_one_that_is_not_there_is_a_sentence_that_says_how_to_name_a_file() -> None:
    with pytest.raises(ExperimentNotFound, match=r"no experiment 'mine' here; .*tui-lab FILE\.py"):
        ExperimentShelf()["mine"]


def test_one_of_ones_own_stands_before_the_installed_one_of_its_name() -> None:
    own = replace(TOY, name="weight-decay")
    shelf = ExperimentShelf([(own, Path("mine.py"))])
    named = [e for e in shelf.all() if isinstance(e, Experiment) and e.name == own.name]
    assert named == [own]
    assert shelf["weight-decay"] is own
    assert shelf.file("weight-decay") == "mine.py"
