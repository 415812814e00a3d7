"""Protects the page on searching: every query in it can be read, and every field is named in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tui_lab.search.parser import parsed
from tui_lab.search.query import EVERYTHING
from tui_lab.search.reference import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "searching.md").read_text(encoding="utf-8")
QUERIES = [
    words[words.index("--where") + 1] if "--where" in words else words[2]
    for words in (shlex.split(line) for line in PAGE.splitlines() if line.startswith("tui-lab "))
    if "--where" in words or words[1] == "runs"
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_page_can_be_read(query: str) -> None:
    assert parsed(query) != EVERYTHING


@pytest.mark.parametrize("date", re.findall(r"`('?-?\d{1,4}[-\d: a-z]*'?|today|yesterday)`", PAGE))
def test_a_date_of_the_page_is_one(date: str) -> None:
    assert parsed(f"created>{date}")


def test_every_field_stands_on_the_page() -> None:
    assert [name for name in FIELDS if f"`{name}`" not in PAGE] == []
