"""The gradient table drops columns before it cuts words, and draws again only what changed."""

from __future__ import annotations

import dataclasses

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from tui_lab.tui.panes.gradient_rows import COLUMNS, sparkline, table_rows
from tui_lab.tui.panes.gradient_table import GradientTable
from tui_lab.view_models.gradients import GradientState

STATE = GradientState(
    name="w",
    shape="200×1",
    requires_grad=True,
    grad="accumulated ×3",
    norm=0.366,
    grad_norm=1.2137,
    update=None,
    finite=True,
    history=(1.0, 10.0, 100.0),
    health="ok",
)
MANY = tuple(dataclasses.replace(STATE, name=f"layer.{i}.weight") for i in range(30))


class Table(App[None]):
    def compose(self) -> ComposeResult:
        yield GradientTable()


def test_rows_are_aligned_under_their_headings() -> None:
    header, row = (content.plain for content in table_rows([STATE], 200))
    assert [header.index(column) for column in COLUMNS] == sorted(
        header.index(column) for column in COLUMNS
    )
    for column, text in ((".grad", "accumulated ×3"), ("shape", "200×1"), ("health", "ok")):
        assert header.index(column) == row.index(text)
    assert header.index("‖∇‖") + len("‖∇‖") == row.index("1.21") + len("1.21")
    assert "–" in row


@pytest.mark.parametrize("width", [10, 40, 60, 80, 100])
def test_columns_go_before_words_are_cut(width: int) -> None:
    header, row = (content.plain for content in table_rows([STATE], width))
    assert "health" in header
    assert row.rstrip().endswith("ok")
    assert len(header) <= max(width, 42)


def test_before_the_first_step_it_says_what_it_waits_for() -> None:
    [row] = table_rows([], 80)
    assert row.plain == "Gradients appear with the first step."


@pytest.mark.parametrize(
    ("history", "shown"),
    [
        ((), ""),
        ((1.0, 10.0, 100.0), "▁▅█"),
        ((1.0, 1.0), "▁▁"),
        ((1.0, float("nan"), float("inf")), "▁××"),
        ((0.0, 1.0, 1000.0), "▁▁█"),
        ((0.0, 0.0), "▁▁"),
    ],
)
def test_the_sparkline_is_logarithmic(history: tuple[float, ...], shown: str) -> None:
    assert sparkline(history) == shown


def test_the_sparkline_shows_the_newest() -> None:
    assert sparkline([1.0] * 50 + [10.0], 5) == "▁▁▁▁█"


async def test_only_rows_that_changed_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Table()
    async with app.run_test(size=(120, 20)) as pilot:
        table = app.query_one(GradientTable)
        table.show(MANY[:3])
        await pilot.pause()
        drawn: list[Region] = []
        monkeypatch.setattr(table, "refresh", lambda *regions, **_: drawn.extend(regions))
        table.show(MANY[:3])
        assert drawn == []
        table.show((MANY[0], dataclasses.replace(MANY[1], health="exploding"), MANY[2]))
        assert [region.y for region in drawn] == [2]


async def test_many_parameters_scroll_under_the_heading() -> None:
    app = Table()
    async with app.run_test(size=(120, 10)) as pilot:
        table = app.query_one(GradientTable)
        table.show(MANY)
        await pilot.pause()
        table.scroll_end(animate=False)
        await pilot.pause()
        lines = [table.render_line(y).text for y in range(10)]
        assert "requires_grad" in lines[0]
        assert "layer.29.weight" in lines[9]


def test_what_changed_is_marked_by_a_sign() -> None:
    changed = dataclasses.replace(STATE, changed=frozenset({"grad", "grad_norm"}))
    _, row = (content.plain for content in table_rows([changed], 200))
    assert "•accumulated ×3" in row
    assert " •1.21" in row
    assert row.count("•") == 2
    _, same = (content.plain for content in table_rows([STATE], 200))
    assert "•" not in same


OPENED = ("▾ layer.1.weight", "  value  1, 2", "  Δ      •0.5")


def lines(table: GradientTable) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


async def test_the_cursor_goes_through_the_parameters_and_past_what_is_open() -> None:
    app = Table()
    async with app.run_test(size=(120, 10)) as pilot:
        table = app.query_one(GradientTable)
        table.show(MANY[:3], ["loss 8"], "layer.1.weight", OPENED)
        app.set_focus(None)
        await pilot.pause()
        assert not any(line.startswith("▸") for line in lines(table))
        table.focus()
        await pilot.press("j", "down")
        assert [line.split()[0] for line in lines(table)[1:7]] == [
            "layer.0.weight",
            "layer.1.weight",
            "▾",
            "value",
            "Δ",
            "▸layer.2.weight",
        ]
        assert lines(table)[7] == " loss 8"
        await pilot.press("up")
        assert lines(table)[2].startswith("▸layer.1.weight")


async def test_the_cursor_stays_in_sight() -> None:
    app = Table()
    async with app.run_test(size=(120, 10)) as pilot:
        table = app.query_one(GradientTable)
        table.show(MANY)
        table.focus()
        await pilot.press(*["down"] * 29)
        assert lines(table)[-1].startswith("▸layer.29.weight")
        await pilot.press(*["up"] * 29)
        assert lines(table)[1].startswith("▸layer.0.weight")


async def test_what_is_opened_comes_in_sight() -> None:
    app = Table()
    async with app.run_test(size=(120, 10)) as pilot:
        table = app.query_one(GradientTable)
        table.show(MANY, [], "layer.20.weight", OPENED)
        await pilot.pause()
        await pilot.pause()
        seen = "\n".join(lines(table))
        assert "layer.20.weight" in seen
        assert "•0.5" in seen
