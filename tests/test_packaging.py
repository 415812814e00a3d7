"""Protects what a user installs: the wheel alone, without anything that only developers have,
trains from any directory, and carries the licences it promises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources as they are."""
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    folder = tmp_path_factory.mktemp("dist")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that holds the wheel and what it asks for, and no more.

    What it asks for is linked from this environment: torch alone would take a minute to install.
    """
    venv = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    for name in needed("tui-lab"):
        link(name, packages)
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python")]
    command = [*pip, "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, check=True)
    return venv / "bin" / "tui-lab"


def needed(name: str) -> set[str]:
    """The distributions that one needs to run, without its extras, with theirs in turn."""
    found: set[str] = set()
    waiting = list(requirements(name))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += requirements(each)
    return found


def requirements(name: str) -> Iterator[str]:
    try:
        required = distribution(name).requires or []
    except PackageNotFoundError:  # for another system than this
        return
    for requirement in required:
        if "extra ==" not in requirement:
            yield re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def link(name: str, packages: Path) -> None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
        target = packages / top
        if not target.exists():
            target.symlink_to(Path(str(found.locate_file(top))))


def run(command: Path, *words: str, at: Path) -> str:
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environ |= {"TUI_LAB_HOME": str(at / "home")}
    done = subprocess.run(
        [str(command), *words], cwd=at, env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_wheel_trains_from_another_directory(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "--version", at=tmp_path).startswith("tui-lab ")
    assert "weight-decay" in run(installed, "list", at=tmp_path)
    result = json.loads(run(installed, "run", "weight-decay", "epochs=3", "--json", at=tmp_path))
    assert (result["status"], result["epochs"]) == ("finished", 3)


def test_nothing_that_only_developers_have_is_there(installed: Path) -> None:
    python = installed.parent / "python"
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    for module in ("pytest", "hypothesis", "mypy"):
        done = subprocess.run(
            [str(python), "-c", f"import {module}"], env=environ, capture_output=True, check=False
        )
        assert done.returncode, module


def test_licences_lessons_and_data_are_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    licences = [name for name in names if "dist-info/licenses/" in name]
    assert len(licences) == 2
    endings = ("weight_decay/notes.md", "train-images-idx3-ubyte.gz", "py.typed", ".tcss")
    for ending in (*endings, "commandline/experiment.template"):
        assert any(name.endswith(ending) for name in names), ending


def test_the_source_distribution_has_what_a_packager_needs(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling, which builds it, is not installed")
    build = "import sys; from hatchling.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "constraints.txt"}
    assert wanted <= names
    assert "tests/test_packaging.py" in names
