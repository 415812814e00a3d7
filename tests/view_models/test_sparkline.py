"""A line of blocks: as long as there is room, from the least to the greatest, and never broken."""

from __future__ import annotations

import pytest

from tui_lab.view_models.sparkline import sparkline

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("values", "columns", "line"),
    [
        ([], 5, ""),
        ([1.0], 5, "▁"),
        ([2.0, 2.0], 5, "▁▁"),
        ([0.0, 7.0], 5, "▁█"),
        ([8.0, 4.0, 0.0], 5, "█▅▁"),
        ([0.0, 0.0, 7.0, 7.0], 2, "▁█"),
        ([0.0, INF, 7.0, NAN], 5, "▁×█×"),
        ([NAN], 5, "×"),
        ([-1e308, 1e308], 5, "▁▁"),
    ],
)
def test_a_line(values: list[float], columns: int, line: str) -> None:
    assert sparkline(values, columns) == line


def test_a_line_is_never_longer_than_its_room() -> None:
    assert [len(sparkline([float(x) for x in range(n)], 7)) for n in (3, 7, 8, 1000)] == [
        3,
        7,
        7,
        7,
    ]
