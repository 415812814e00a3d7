"""An experiment is found by its name: installed, from a file, or from the file of its last run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fakes import TOY
from tests.tui.lab import made
from tui_lab.errors import ExperimentError, ExperimentNotFound
from tui_lab.experiment import Experiment
from tui_lab.runs.catalogue import Catalogue
from tui_lab.tui.session.experiment_shelf import ExperimentShelf

OWN = """
from tui_lab.experiment import Experiment
EXPERIMENT = Experiment(name="mine", title="Mine", chapter="Mine", summary="",
    hyperparameters=(), metrics=(), pictures=(), program="mine:Mine")
"""


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def shelf(runs: Path) -> ExperimentShelf:
    """Nothing of one's own on it."""
    return ExperimentShelf(lambda: Catalogue(runs))


def test_installed_experiments_are_listed(shelf: ExperimentShelf) -> None:
    names = [e.name for e in shelf.all() if isinstance(e, Experiment)]
    assert {"linear-regression", "weight-decay"} <= set(names)
    assert shelf["weight-decay"].name == "weight-decay"
    assert shelf.file("weight-decay") == ""
    with pytest.raises(ExperimentNotFound):
        shelf["nonsense"]


def test_one_of_ones_own_stands_before_the_installed_one_of_its_name(runs: Path) -> None:
    own = replace(TOY, name="weight-decay")
    shelf = ExperimentShelf(lambda: Catalogue(runs), [(own, Path("mine.py"))])
    named = [e for e in shelf.all() if isinstance(e, Experiment) and e.name == own.name]
    assert named == [own]
    assert shelf["weight-decay"] is own
    assert shelf.file("weight-decay") == "mine.py"


def test_a_run_of_ones_own_file_finds_its_experiment_again(
    shelf: ExperimentShelf, runs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    made(runs, experiment="mine", program="mine:Mine", plugin=str(path))
    assert shelf["mine"].title == "Mine"
    assert shelf.file("mine") == str(path)
    path.unlink()
    assert shelf["mine"].title == "Mine"


def test_a_file_that_is_gone_is_a_sentence(shelf: ExperimentShelf, runs: Path) -> None:
    made(runs, experiment="mine", plugin="/nowhere/mine.py")
    with pytest.raises(ExperimentError, match="is not a file"):
        shelf["mine"]
