"""Protects how the output of a worker reads: as a terminal would show it in the end."""

from __future__ import annotations

from tui_lab.view_models.plain_text import printed_lines


def test_lines_are_lines() -> None:
    assert printed_lines("one\ntwo\n") == ["one", "two"]
    assert printed_lines("one\ntwo") == ["one", "two"]
    assert printed_lines("") == []


def test_a_progress_bar_stands_there_as_it_was_drawn_last() -> None:
    assert printed_lines("\r 10%|#  |\r 20%|## |\r100%|###|\ndone\n") == ["100%|###|", "done"]
    assert printed_lines("start\n\r 10%|#  |\r 20%|## |") == ["start", " 20%|## |"]
    assert printed_lines("windows\r\nlines\r\n") == ["windows", "lines"]


def test_an_empty_line_stays() -> None:
    assert printed_lines("one\n\ntwo\n") == ["one", "", "two"]
