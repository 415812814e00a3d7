"""Names in a sentence."""

from __future__ import annotations

import pytest

from tui_lab.view_models.plain_text import listed


@pytest.mark.parametrize(
    ("names", "words"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_names_are_listed_as_a_sentence_lists_them(names: list[str], words: str) -> None:
    assert listed(names) == words
