"""Protects the person who slips: what is wrong with a file is one sentence with the file, the line
and the cure, before a run exists. The child's functions are called in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.own_files import forgotten, source
from tui_lab.worker.declaring import answered

GOOD = source()


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    with forgotten():
        yield


def told(path: Path, text: str, **also: str) -> str:
    """The sentence about a file, with `FILE` for its path."""
    path = path / "mine.py"
    path.write_text(text)
    for name, beside in also.items():
        (path.parent / f"{name}.py").write_text(beside)
    said = str(answered(path, 60.0)["error"])
    return said.replace(str(path), "FILE").replace(str(path.parent), "DIR")


def test_a_good_file_is_declared(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD)
    said = answered(tmp_path / "mine.py", 60.0)
    assert said["declaration"]["name"] == "mine"
    assert list(said["files"]) == [str(tmp_path / "mine.py")]


@pytest.mark.parametrize(
    ("good", "slip", "sentence"),
    [
        (
            'metrics=(Metric("train/loss", "Mean loss."),)',
            'metrics=(Metric("train/loss", "Mean loss."))',
            "FILE, line 4: metrics is one Metric and not a tuple: a tuple of one needs a comma, "
            "metrics=(Metric(…),).",
        ),
        (
            'Curve("loss", ("train/loss",))',
            'Curve("loss", ("train/loss"))',
            "FILE, line 9: keys is one 'train/loss' and not a tuple: a tuple of one needs a comma, "
            "keys=('train/loss',).",
        ),
        (
            'metrics=(Metric("train/loss", "Mean loss."),)',
            'metrics=("train/loss",)',
            "FILE: metrics is 'train/loss', not an object.",
        ),
        (
            "mine:Mine",
            "mine:Nine",
            "mine.py has no class 'Nine' for its program; did you mean Mine?",
        ),
        (
            "mine:Mine",
            "mine:torch",
            "FILE: mine:torch is not a Program: class torch(Program) is one.",
        ),
        (
            "mine:Mine",
            "main:Nine",
            "main:Nine can't be loaded: No module named 'main'; program is mine:Class in mine.py.",
        ),
        (
            "low=1e-6, high=10.0",
            "low=10.0, high=1.0",
            "FILE: lr must be a number from 10",
        ),
        (
            "metrics=(",
            "metric=(",
            "FILE, line 4: TypeError: Experiment.__init__() got an unexpec",
        ),
        ("EXPERIMENT", "EXPERIMENTS", "FILE does not declare EXPERIMENT = Experiment(...)."),
    ],
)
def test_a_slip_in_the_declaration(tmp_path: Path, good: str, slip: str, sentence: str) -> None:
    assert good in GOOD
    assert told(tmp_path, GOOD.replace(good, slip, 1)).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = (1,", "FILE, line 1: SyntaxError: '(' was never closed."),
        ("\nimport no_such.part", "FILE, line 2: there is no module no_such; install it for "),
        ("from . import part", "FILE, line 1: DIR is no package: write `import part`, or put "),
        ("import sys; sys.exit(3)", "FILE, line 1: it ends Python as it is loaded; put that under"),
        ("\n\nraise ValueError('[red]\\nb')", "FILE, line 3: ValueError: [red] b."),
        ("import part", "DIR/part.py, line 2: ZeroDivisionError: division by zero."),
        ("def f():\n    1 / 0\nf()", "FILE, line 2: ZeroDivisionError: division by zero."),
    ],
)
def test_a_file_that_can_not_be_loaded(tmp_path: Path, text: str, sentence: str) -> None:
    assert told(tmp_path, text, part="\n1 / 0").startswith(sentence)


def test_a_file_that_never_ends_loading_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("try:\n    while True: pass\nexcept Exception:\n    pass")
    assert answered(path, 0.05)["error"] == (
        f"{path}, line 2: loading it takes more than 0.05 s; "
        "what takes long belongs into the program's build()."
    )


def test_a_constraint_is_asked_with_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    against = """
from tui_lab.errors import HyperparameterError
def against(hp):
    return HyperparameterError("lr", "lr is too large.") if hp.lr > 1 else None
"""
    path.write_text(against + GOOD.replace('program="mine', 'constraint=against, program="mine'))
    assert answered(path, 60.0)["constrained"] is True
    assert answered(path, 60.0, b'{"lr": 2.0}') == {"name": "lr", "refused": "lr is too large."}
    assert answered(path, 60.0, b'{"lr": 0.5}') == {"name": "", "refused": ""}
