"""Charts share their place by what there is room for."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Size

from tui_lab.experiment import Curve
from tui_lab.tui.panes.charts_pane import ChartsPane, CurveOptions, grid


@pytest.mark.parametrize(
    ("count", "size", "arranged"),
    [
        (2, (92, 22), (2, 1)),
        (4, (92, 22), (2, 1)),
        (4, (92, 30), (2, 2)),
        (7, (160, 50), (3, 3)),
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


class Charts(App[None]):
    """Three charts and nothing else."""

    def compose(self) -> ComposeResult:
        self.pane = ChartsPane([Curve(name, (name,)) for name in "abc"], "braille", id="charts")
        yield self.pane


async def test_the_last_chart_takes_what_is_left_of_its_row() -> None:
    app = Charts()
    async with app.run_test(size=(92, 30)) as pilot:
        await pilot.pause()
        widths = [app.pane[name].outer_size.width for name in "abc"]
        assert widths == [46, 46, 92]
        app.pane.zoom(app.pane["a"])
        await pilot.pause()
        assert app.pane["a"].outer_size.width == 92
        app.pane.zoom(None)
        await pilot.pause()
        assert [app.pane[name].outer_size.width for name in "abc"] == widths
