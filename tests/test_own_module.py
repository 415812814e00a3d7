"""Protects Python from a person's own files, and these from each other: a file is imported under a
name that is free, finds what lies beside it, and hides nothing of anyone's."""

from __future__ import annotations

import importlib
import inspect
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.own_files import forgotten
from tui_lab.own_module import beside, import_file


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    with forgotten():
        yield


def test_a_file_is_importable_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "walking_alone.py").write_text("A = 3")
    assert import_file(tmp_path / "walking_alone.py").A == 3
    assert importlib.import_module("walking_alone").A == 3
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize("stem", ["random", "torch", "pytest", "my.net"])
def test_a_name_that_is_taken_stays_whose_it_is(tmp_path: Path, stem: str) -> None:
    (tmp_path / f"{stem}.py").write_text("A = 3")
    before = sys.modules.get(stem)
    module = import_file(tmp_path / f"{stem}.py")
    assert (module.A, module.__name__) == (3, f"own_{stem}")
    assert sys.modules.get(stem) is before


@pytest.mark.parametrize("name", ["random", "colorsys"])
def test_a_module_beside_it_never_hides_one_of_pythons(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("HIDING = True")
    (tmp_path / "mine.py").write_text(f"import {name}\nFOUND = {name}")
    sys.modules.pop("colorsys", None)
    found = import_file(tmp_path / "mine.py").FOUND
    assert not hasattr(found, "HIDING")
    assert sys.modules["random"] is random


def test_what_lies_beside_it_comes_before_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "parts_of_mine.py").write_text("A = 'installed'")
    monkeypatch.syspath_prepend(tmp_path / "site")
    (tmp_path / "parts_of_mine.py").write_text("A = 'beside'")
    (tmp_path / "mine.py").write_text("import parts_of_mine\nA = parts_of_mine.A")
    assert import_file(tmp_path / "mine.py").A == "beside"
    files = [file.name for file in beside(tmp_path)]
    assert files == ["mine.py", "parts_of_mine.py"]


def test_a_directory_of_data_hides_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for directory in ("site/images_of_mine", "own/images_of_mine"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "site" / "images_of_mine" / "__init__.py").write_text("A = 3")
    monkeypatch.syspath_prepend(tmp_path / "site")
    (tmp_path / "own" / "mine.py").write_text("from images_of_mine import A")
    assert import_file(tmp_path / "own" / "mine.py").A == 3


def test_relative_imports_work_in_a_package(tmp_path: Path) -> None:
    package = tmp_path / "code" / "nets"  # `code` is a module of Python's
    package.mkdir(parents=True)
    (tmp_path / "code" / "__init__.py").write_text("ROOT = 1")
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("A = 3")
    (package / "mine.py").write_text("from .part import A\nfrom .. import ROOT\nimport part")
    module = import_file(package / "mine.py")
    assert (module.A, module.ROOT, module.__name__) == (3, 1, "own_code.nets.mine")


def test_a_text_stands_in_for_the_file(tmp_path: Path) -> None:
    """Its lines too: the file may have been edited since."""
    (tmp_path / "mine.py").write_text("A = 4\n\n\ndef step():\n    return 'edited'\n")
    then = b"def step():\n    return 'as it was'\n"
    module = import_file(tmp_path / "mine.py", then)
    assert module.step() == "as it was"
    assert module.__file__ == str(tmp_path / "mine.py")
    assert inspect.getsource(module.step) == then.decode()


def test_what_is_installed_below_the_file_is_not_the_persons_own(tmp_path: Path) -> None:
    site = tmp_path / ".venv" / "lib" / "site-packages"
    site.mkdir(parents=True)
    (site / "of_someone.py").write_text("")
    sys.path.append(str(site))
    (tmp_path / "mine.py").write_text("import of_someone")
    import_file(tmp_path / "mine.py")
    assert [file.name for file in beside(tmp_path)] == ["mine.py"]
