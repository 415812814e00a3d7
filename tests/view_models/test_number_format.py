"""Protects how numbers read on a screen."""

from __future__ import annotations

import pytest

from tui_lab.view_models.number_format import duration, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0013149, "0.001315"),
        (1.2e-5, "1.2e-05"),
        (0.366, "0.366"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (0.0, "0"),
        (1e308, "1e+308"),
        (123456, "123456"),
        ("word", "word"),
        (True, "True"),
    ],
)
def test_short_keeps_four_digits(value: object, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (42.9, "0:42"),
        (725, "12:05"),
        (3723, "1:02:03"),
        (183_600, "2 d 03:00"),
        (-1, "0:00"),
        (None, "–"),
        (float("inf"), "–"),
    ],
)
def test_duration_reads_like_a_clock(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
