"""Runs side by side: what differs and nothing else, their results and order, a reference that can
be changed, live runs that go on, and a sentence for what can't be shown."""

from __future__ import annotations

import shlex

import pytest
from textual.widgets import Input, OptionList

from tests.tui.compare.beside import FALLING, HIGHER, Beside, finished, measured, two_runs
from tests.tui.fakes import OTHER, summary
from tests.tui.listed import ALL, LIVE, MIDDLE, OLD, Opened, at_runs
from tests.tui.opened import STARTED
from tui_lab.commandline.compare import COMPARE
from tui_lab.commandline.comparison_report import drawing, sorting
from tui_lab.commandline.parser import Parser
from tui_lab.events import HyperparameterChanged, RunFinished
from tui_lab.exchange.graphics.shapes import Words
from tui_lab.run import RunStatus
from tui_lab.tui.compare.screen import CompareScreen
from tui_lab.tui.dialogs.picture import PictureDialog
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.runs.screen import RunsScreen
from tui_lab.view_models.comparison.comparison import Comparison
from tui_lab.view_models.comparison.overlay import BAND
from tui_lab.view_models.comparison.tables import all_columns, in_order

NORMAL = (120, 40)
SMALL = (80, 24)


async def test_what_differs_what_came_of_it_and_the_curves() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert beside.headline == "2 runs of toy share 2 metrics: train/loss, norm/w"
        assert beside.differing[0].split() == ["λ"]
        assert [row.split() for row in beside.differing[1:]] == [
            ["✓", "0001", "*", "3"],
            ["✓", "0002", "10"],
        ]
        assert beside.results[2].split()[:5] == ["✓", "0002", "10.1", "+9", "1"]
        drawn = {line.name for line in beside.figure.lines}
        assert drawn == {"0001", "0002", BAND}
        assert beside.said[-1].startswith("Band: the lowest to the highest value of the reference")


async def test_another_run_becomes_the_reference() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("down", "r")
        assert "0002 *" in beside.results[2]
        assert beside.results[1].split()[:4] == ["✓", "0001", "1.1", "-9"]
        subtitle = str(beside.screen.panes.results.border_subtitle)
        assert subtitle.startswith("train/loss (less is better), held against 0002")


async def test_the_tables_are_sorted_by_any_column_and_the_cursor_stays_on_its_run() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("down", "S", "down", "enter")  # λ
        assert beside.differing[0].split() == ["↑λ"]
        await pilot.press("S")
        assert beside.app.screen.query_one("#answers", OptionList).highlighted == 1
        await pilot.press("enter")
        assert [row.split()[1] for row in beside.differing[1:]] == ["0002", "0001"]
        assert [row.split()[1] for row in beside.results[1:]] == ["0002", "0001"]
        assert beside.screen.shown.cursor == beside.ids[1]
        assert beside.screen.panes.results.cursor == 0


async def test_m_looks_at_the_next_metric_and_M_at_the_one_before() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("m")
        assert beside.screen.chart.heading == "norm/w"
        assert list(beside.figure.lines[-1].y[:2]) == [130.0, 129.0]
        await pilot.press("M")
        assert beside.screen.chart.heading == "train/loss (log)"


async def test_x_l_s_and_b_draw_the_curves_in_another_way() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        before = beside.figure
        await pilot.press("l", "x", "b")
        after = beside.figure
        assert (before.log_y, after.log_y) == (True, False)
        assert (before.x_label, after.x_label) == ("step", "epoch")
        assert [line.name for line in after.lines] == ["0001", "0002"]
        await pilot.press("s")
        names = [line.name for line in beside.figure.lines]
        assert sorted(names) == ["0001", "0001", "0002", "0002"]  # the raw ones are shadows
        assert "smoothed by 0.6" in str(beside.screen.chart.border_subtitle)


async def test_a_knob_that_was_turned_is_said_with_its_step() -> None:
    beside = two_runs()
    turned = HyperparameterChanged(t=1.5, step=13, name="lr", old=0.003, new=0.1)
    beside.run([STARTED, *measured(FALLING), turned])
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert "0.003 → 0.1 at step 13 (a)" in beside.differing[3]
        assert [mark.label for mark in beside.figure.marks] == ["a"]


async def test_a_live_run_goes_on() -> None:
    beside = two_runs()
    live = beside.run([STARTED, *measured(FALLING[:10])], status=RunStatus.RUNNING)
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert "● 0003" in beside.results[3]
        assert "not yet" in beside.results[3]
        beside.session.record(live.id, *measured(FALLING[10:], first=11))
        beside.session.record(live.id, RunFinished(t=2.0, step=30, epoch=1, metrics={}))
        beside.session.put(summary(3, hyperparameters=live.hyperparameters))
        await beside.settle(pilot)
        assert "✓ 0003" in beside.results[3]
        assert "same, bit for bit" in beside.results[3]
        assert "0003 is the same as 0001, bit for bit." in beside.said


async def test_a_run_that_can_not_be_read_costs_a_sentence() -> None:
    beside = two_runs()
    beside.run([], readable=False, error="run.json of x is torn.")
    beside.ids.append("gone")
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert len(beside.results) == 3
        assert beside.said[:2] == ("run.json of x is torn.", "There is no run 'gone'.")


async def test_where_no_run_can_be_read_every_key_is_harmless() -> None:
    beside = Beside()
    beside.run([], readable=False, error="run.json of x is torn.")
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert beside.said == ("run.json of x is torn.",)
        await pilot.press(*"mMrlxsbczy123", "enter", "up", "down", "left", "right", "S", "escape")
        assert isinstance(beside.app.screen, CompareScreen)


async def test_a_branch_says_what_it_shares() -> None:
    beside = two_runs()
    beside.run(finished(FALLING), parent=beside.ids[0], parent_step=10)
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert "0003 is 0001 up to step 10, and goes on from there." in beside.said


async def test_runs_of_two_experiments_share_what_they_share() -> None:
    beside = two_runs()
    beside.run(finished(HIGHER), experiment=OTHER.name)
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        assert beside.headline.startswith("3 runs of toy and other share 2 metrics")
        assert "other 0003" in beside.results[3]


async def test_others_take_their_place() -> None:
    beside = two_runs()
    beside.run(finished(FALLING))
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("down", "r", "m")
        beside.app.open_comparison(beside.ids[1:])
        await beside.settle(pilot)
        assert len(beside.results) == 3
        assert "0002 *" in beside.results[1]
        assert beside.screen.chart.heading == "train/loss (log)"


async def test_y_copies_the_command_that_prints_the_same() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("down", "r", "x", "S", "end", "enter", "y")
        one, other = beside.ids
        words = f"tui-lab compare {one} {other} --metric train/loss --x epoch --reference {other}"
        assert beside.app.clipboard == f"{words} --sort norm/w"
        assert beside.told == [beside.app.clipboard]


@pytest.mark.parametrize(
    "keys",
    [
        "l s s x b",
        "m l s l",
        "x x r",
        "down r S down enter S enter",
        "S end enter S enter m",
        "S down down down down down enter b m",  # by best, which the next metric has not
    ],
)
async def test_what_is_copied_prints_the_same_curves_in_the_same_order(keys: str) -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press(*keys.split(), "y")
        shown = beside.screen.shown
        parser = Parser("tui-lab compare", "")
        COMPARE.configure(parser)
        asked = parser.read(shlex.split(beside.app.clipboard)[2:])
        runs, reference = shown.comparison.runs, asked.runs.index(asked.reference or asked.runs[0])
        printed = Comparison(runs, reference, asked.metric)
        by = sorting(printed, asked.sort, reverse=asked.reverse)
        assert asked.runs == [run.id for run in runs]
        assert (printed.metric, reference) == (shown.comparison.metric, shown.comparison.reference)
        assert drawing(printed, asked) == shown.choices.drawing(shown.comparison)
        assert in_order(printed, all_columns(printed), by) == shown._order


async def test_P_writes_the_curves_as_they_are_drawn() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("l", "P")
        dialog = beside.app.screen
        assert isinstance(dialog, PictureDialog)
        assert dialog.query_one(Input).value == "comparison-train-loss.svg"
        await pilot.press("enter")
        await pilot.pause()
        ((_, scene, to),) = [call for call in beside.session.calls if call[0] == "export"]
        assert (scene.title, to.name) == ("train/loss", "comparison-train-loss.svg")
        words = {shape.text for shape in scene.shapes if isinstance(shape, Words)}
        assert {"0001 1.1", "0002 10.1"} <= words
        assert beside.told == [f"Wrote {to}."]


async def test_enter_opens_the_run_under_the_cursor_and_escape_comes_back() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert isinstance(beside.app.place, ExperimentScreen)
        assert beside.app.place.run.id == beside.ids[1]
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(beside.app.screen, CompareScreen)


@pytest.mark.parametrize("size", [(20, 6), SMALL, NORMAL, (200, 60), (400, 120)])
async def test_the_panes_are_named_and_zoomed(size: tuple[int, int]) -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        await pilot.resize_terminal(*size)
        await pilot.press("1", "z", "2", "z", "3")
        await pilot.resize_terminal(*NORMAL)
        await pilot.press("3")
        assert beside.app.focused is beside.screen.panes.remarks


async def test_a_small_screen_has_one_pane_at_a_time() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=SMALL) as pilot:
        await beside.open(pilot)
        panes = beside.screen.panes
        assert panes.results._border_title is not None
        assert panes.results._border_title.plain == "1 what differs  2 results  3 remarks"
        assert (panes.differing.display, panes.results.display) == (False, True)
        await pilot.press("1")
        assert (panes.differing.display, panes.results.display) == (True, False)
        await pilot.press("3")
        assert panes.remarks.region.height > 5
        assert panes.differing.region.height == 0


async def test_zoom_gives_the_focused_pane_the_screen() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await beside.open(pilot)
        beside.screen.chart.focus()
        await pilot.press("z")
        assert beside.screen.chart.region.height == NORMAL[1] - 1
        await pilot.press("escape")
        assert beside.screen.chart.region.height < NORMAL[1] - 9
        await pilot.press("2", "z")
        assert beside.screen.panes.results.region.height == NORMAL[1] - 1


class Choosing(Opened):
    """Writes down which runs were to be compared."""

    compared: tuple[str, ...] = ()

    def open_comparison(self, run_ids: object) -> None:
        assert isinstance(run_ids, list)
        self.compared = tuple(run_ids)


async def test_v_compares_the_selected_runs() -> None:
    beside = Beside()
    for run in ALL:
        beside.session.put(run)
    app = Choosing(beside.session)
    async with app.run_test(size=NORMAL) as pilot:
        await at_runs(pilot, "down", "space", "down", "space", "space", "v")
        assert app.compared == (LIVE.id, MIDDLE.id, OLD.id)


async def test_v_on_one_run_says_how_to_select_more() -> None:
    beside = Beside()
    beside.session.put(OLD)
    app = Choosing(beside.session)
    async with app.run_test(size=NORMAL) as pilot:
        await at_runs(pilot, "v")
        assert app.compared == ()
        assert app.told == ["space selects the runs to compare."]


async def test_escape_leads_back_to_the_runs() -> None:
    beside = two_runs()
    async with beside.app.run_test(size=NORMAL) as pilot:
        await pilot.press("h")
        await beside.open(pilot)
        await pilot.press("escape")
        assert isinstance(beside.app.screen, RunsScreen)
