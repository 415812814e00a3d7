"""Protects the screen from a person's own file: it is loaded in a child, what it declares comes
over as data, and is kept until something of it is another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.own_files import source
from tui_lab.declaration import to_json
from tui_lab.errors import ExperimentError, HyperparameterError
from tui_lab.experiment import Curve
from tui_lab.plugins import load_experiment
from tui_lab.worker import own_file
from tui_lab.worker.own_file import constrained, file_digest, read_own_file


class FakeChild:
    """Says that a file declares linear regression, and counts how often it is asked."""

    def __init__(self, *others: Path, constrained: bool = False) -> None:
        self.asked: list[tuple[Path, str]] = []
        self._others = others
        self._constrained = constrained

    def __call__(self, path: Path, values: str = "") -> Mapping[str, Any]:
        self.asked.append((path, values))
        if values:
            refused = "lr is too large." if '"lr":0.5' in values else ""
            return {"name": "lr" if refused else "", "refused": refused}
        return {
            "declaration": to_json(load_experiment("linear-regression")),
            "constrained": self._constrained,
            "files": {str(file): file_digest(file) for file in (path, *self._others)},
        }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def mine(home: Path, tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text("A = 1")
    (tmp_path / "part.py").write_text("B = 1")
    return tmp_path / "mine.py"


def test_a_real_child_says_what_a_file_declares(home: Path, tmp_path: Path) -> None:
    """Whatever the file prints, and whatever it leaves running."""
    (tmp_path / "part.py").write_text("print('part')")
    before = """
import part, sys, threading, time
print("{}"); print("loud", file=sys.stderr)
threading.Thread(target=time.sleep, args=(600,)).start()
"""
    path = tmp_path / "random.py"
    path.write_text(source("random", before))
    found = read_own_file(path)
    experiment = found.experiment
    assert (experiment.name, experiment.program) == ("mine", "random:Mine")
    assert [h.name for h in experiment.hyperparameters] == ["lr", "epochs"]
    assert experiment.pictures == (Curve("loss", ("train/loss",)),)
    assert found.sha256 == file_digest(path)
    assert not found.constrained
    assert len(list((home / "declarations").iterdir())) == 1


def test_a_file_is_loaded_once(mine: Path) -> None:
    child = FakeChild()
    first, second = read_own_file(mine, child), read_own_file(mine, child)
    assert first == second
    assert child.asked == [(mine, "")]


@pytest.mark.parametrize("name", ["mine.py", "part.py"])
def test_it_is_loaded_again_once_it_or_a_module_beside_it_is_edited(mine: Path, name: str) -> None:
    child = FakeChild(mine.parent / "part.py")
    read_own_file(mine, child)
    (mine.parent / name).write_text("A = 2")
    assert read_own_file(mine, child).sha256 == file_digest(mine)
    assert len(child.asked) == 2
    (mine.parent / "part.py").unlink()
    read_own_file(mine, FakeChild())


@pytest.mark.parametrize("version", ["lab", "python"])
def test_it_is_loaded_again_by_another_lab_or_python(
    mine: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = FakeChild()
    read_own_file(mine, child)
    if version == "lab":
        monkeypatch.setattr(own_file, "__version__", "99")
    else:
        monkeypatch.setattr("platform.python_version", lambda: "4.0")
    read_own_file(mine, child)
    assert len(child.asked) == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b'{"declaration": 3, "files": []}'])
def test_what_was_kept_and_is_damaged_is_found_again(home: Path, mine: Path, damage: bytes) -> None:
    child = FakeChild()
    read_own_file(mine, child)
    (entry,) = (home / "declarations").iterdir()
    entry.write_bytes(damage)
    assert read_own_file(mine, child).experiment.name == "linear-regression"
    assert len(child.asked) == 2


def test_few_are_kept_and_the_oldest_goes_first(
    home: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_file, "_MOST_KEPT", 2)
    child, names = FakeChild(), ("a.py", "b.py", "c.py")
    for age, name in enumerate(names):
        (mine.parent / name).write_text("")
        read_own_file(mine.parent / name, child)
        for entry in (home / "declarations").iterdir():
            if entry.stat().st_mtime > 1000:
                os.utime(entry, (age, age))
    assert len(list((home / "declarations").iterdir())) == 2
    read_own_file(mine.parent / "c.py", child)
    assert len(child.asked) == 3


def test_a_home_that_can_not_be_written_costs_time_alone(home: Path, mine: Path) -> None:
    home.write_text("a file")
    assert read_own_file(mine, FakeChild()).experiment.name == "linear-regression"


def test_no_file_is_one_sentence(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="is not a file; give the path of a Python file"):
        read_own_file(tmp_path / "nowhere.py", FakeChild())


def test_a_constraint_is_asked_for_once_for_each_set_of_values(mine: Path) -> None:
    child = FakeChild(constrained=True)
    experiment = constrained(read_own_file(mine, child), child)
    experiment.choose({"lr": 0.25})
    experiment.choose({"lr": 0.25})
    with pytest.raises(HyperparameterError, match="lr is too large"):
        experiment.choose({"lr": 0.5})
    assert len(child.asked) == 3


def test_without_a_constraint_nobody_is_asked(mine: Path) -> None:
    child = FakeChild()
    constrained(read_own_file(mine, child), child).choose({"lr": 0.5})
    assert len(child.asked) == 1


def ends(tmp_path: Path, text: str) -> str:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ExperimentError) as caught:
        read_own_file(tmp_path / "mine.py")
    return str(caught.value)


def test_a_file_that_ends_python_is_one_sentence(home: Path, tmp_path: Path) -> None:
    assert ends(tmp_path, "import os; os._exit(4)") == (
        f"{tmp_path}/mine.py ended Python as it was loaded (status 4)."
    )
