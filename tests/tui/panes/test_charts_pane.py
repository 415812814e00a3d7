"""Charts share their place by what there is room for."""

from __future__ import annotations

import pytest
from textual.geometry import Size

from tui_lab.tui.panes.charts_pane import CurveOptions, grid


@pytest.mark.parametrize(
    ("count", "size", "arranged"),
    [
        (2, (92, 22), (2, 1)),
        (4, (92, 22), (2, 1)),
        (2, (52, 19), (1, 2)),
        (2, (52, 12), (1, 1)),
        (2, (160, 35), (2, 1)),
        (4, (160, 35), (2, 2)),
        (3, (160, 35), (3, 1)),
        (9, (360, 80), (3, 3)),
        (1, (5, 2), (1, 1)),
        (0, (92, 22), (1, 1)),
    ],
)
def test_columns_and_rows(count: int, size: tuple[int, int], arranged: tuple[int, int]) -> None:
    assert grid(count, Size(*size)) == arranged


def test_options_go_round() -> None:
    options = CurveOptions()
    for _ in range(3):
        options = options.next_across()
    for _ in range(4):
        options = options.next_smoothing()
    assert options == CurveOptions()
    assert options.toggle_log("loss").log == {"loss"}
    assert options.toggle_log("loss").toggle_log("loss") == options
