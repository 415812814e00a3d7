"""Protects what the README promises: every experiment is in its table, every picture exists."""

from __future__ import annotations

import re
from pathlib import Path

from tui_lab.plugins import load_experiment

ROOT = Path(__file__).parent.parent
RAW = "https://raw.githubusercontent.com/tui-lab/tui-lab/main/"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def declared_names() -> list[str]:
    """The experiments this project itself ships."""
    folders = (ROOT / "tui_lab" / "experiments").glob("*/__init__.py")
    return sorted(folder.parent.name.replace("_", "-") for folder in folders)


def test_the_table_has_every_experiment_with_its_own_summary() -> None:
    for name in declared_names():
        (row,) = [line for line in README.splitlines() if f"[`{name}`]" in line]
        experiment = load_experiment(name)
        assert experiment.summary in row
        assert experiment.chapter in row


def test_every_picture_is_there() -> None:
    """By addresses that a package index can show as well."""
    pictures = re.findall(rf"\({re.escape(RAW)}(screenshots/[^)]+)\)", README)
    assert len(pictures) == README.count("screenshots/")
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []
