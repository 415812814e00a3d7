"""The experiment screen shows what the log says, at every size, as plain text."""

from __future__ import annotations

import dataclasses

import pytest
from textual.widgets import RichLog, Static

from tests.tui.fakes import TOY, FakeSession, summary
from tests.tui.opened import (
    CHANGED,
    FINISHED,
    GRADIENTS,
    MEASURED,
    STARTED,
    Opened,
    attached,
    live_run,
)
from tui_lab.events import (
    AlarmRaised,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
)
from tui_lab.experiment import Scatter
from tui_lab.run import RunStatus
from tui_lab.tui.widgets.chart import Chart

SIZES = [
    (20, 6),
    (40, 12),
    (59, 12),
    (60, 25),
    (80, 24),
    (100, 26),
    (120, 40),
    (200, 60),
    (400, 120),
]


async def test_a_finished_run_keeps_its_last_picture() -> None:
    lab = Opened(STARTED, MEASURED, GRADIENTS, FINISHED, run=summary(1))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.status is RunStatus.FINISHED
        assert "step 400/400" in lab.text
        assert "done in 0:02" in lab.text
        assert lab.screen.charts["loss"].drawing is not None
        assert "test 3" in lab.text


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("1", "accumulated ×3"),
        ("2", "def step(self, batch):"),
        ("3", "This experiment has curves only."),
        ("4", "A line through points."),
        ("5", "started on cpu"),
    ],
)
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_digits_choose_the_pane(key: str, shown: str, size: tuple[int, int]) -> None:
    lab = attached()
    async with lab.app.run_test(size=size) as pilot:
        await lab.settle(pilot)
        await pilot.press(key)
        await lab.settle(pilot)
        assert shown in lab.text


async def test_charts_and_panes_take_turns_on_a_small_screen() -> None:
    lab = attached()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.charts.display
        assert lab.screen.charts.region.height > 0
        assert lab.screen.panes.region.height == 0
        await pilot.press("2")
        await lab.settle(pilot)
        assert lab.screen.charts.region.height == 0
        assert lab.screen.panes.region.height > 0
        await pilot.press("0")
        await lab.settle(pilot)
        assert lab.screen.charts.region.height > 0


async def test_on_a_narrow_screen_the_knobs_come_when_asked_for() -> None:
    lab = attached()
    async with lab.app.run_test(size=(50, 20)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.knobs.region.width == 0
        await pilot.press("down")
        await lab.settle(pilot)
        assert lab.screen.knobs.region.width == 50
        await pilot.press("escape")
        await lab.settle(pilot)
        assert lab.screen.knobs.region.width == 0


async def test_gradient_pane_says_what_was_recorded() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "graph recorded · grad enabled · after backward of step 8" in lab.text
        assert "200×1" in lab.text


async def test_the_line_being_executed_is_marked_and_the_mark_leaves() -> None:
    lab = attached(PhaseEntered(t=1.2, step=9, phase="forward", line=42))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("2")
        await lab.settle(pilot)
        assert "▶   42      yield self.forward(loss)  # [red]" in lab.text
        assert "at forward of step 9" in lab.text
        await pilot.press("r")
        await lab.settle(pilot)
        assert "▶" not in lab.text


async def test_alarms_stand_in_the_status_line_as_plain_text() -> None:
    lab = attached(
        AlarmRaised(t=1.0, step=21, kind="step/first_comet", message="a [b]comet came."),
        AlarmRaised(t=1.0, step=1040, kind="step/first_nan", message="the loss became NaN."),
    )
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "a [b]comet came from step 21, loss nan from step 1,040" in lab.text


async def test_the_log_holds_the_worker_s_own_words() -> None:
    lab = attached(CHANGED)
    lab.session.output[live_run().id] = "warning: [red]x[/red] \x1b[31m"
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("5")
        await lab.settle(pilot)
        lines = [line.text for line in lab.screen.query_one(RichLog).lines]
        assert any("λ 3 → 10" in line for line in lines)
        assert "warning: [red]x[/red]" in lab.text
        assert "\x1b" not in lab.text


async def test_l_s_and_x_change_how_curves_are_drawn() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        charts = lab.screen.charts
        seen = [charts.options]
        for keys in ("lsx", "sssxx"):
            await pilot.press(*keys)
            seen.append(charts.options)
        charts["‖w‖"].focus()
        await pilot.press("l")
        seen.append(charts.options)
    assert [set(options.log) for options in seen] == [{"loss"}, set(), set(), {"‖w‖"}]
    assert [options.smoothing for options in seen] == [0.0, 0.6, 0.0, 0.0]
    assert [options.across for options in seen] == ["step", "epoch", "step", "step"]


async def test_f_holds_the_pictures_still() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("f")
        lab.session.record(
            live_run().id,
            MetricsLogged(
                t=2.0, kind="epoch", epochs=[3], steps=[12], columns={"test/loss": [77.0]}
            ),
        )
        await lab.settle(pilot)
        assert "frozen" in lab.text
        assert "test 77" not in lab.text
        await pilot.press("f")
        await lab.settle(pilot)
        assert "test 77" in lab.text


async def test_z_gives_the_focused_chart_the_screen_and_back() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.charts["‖w‖"].focus()
        await pilot.press("z")
        await lab.settle(pilot)
        assert lab.screen.charts["‖w‖"].outer_size.width == 120
        assert lab.screen.charts["loss"].region.width == 0
        assert lab.screen.panes.region.height == 0
        await pilot.press("z")
        await lab.settle(pilot)
        assert lab.screen.charts["loss"].region.width > 0
        assert lab.screen.panes.region.height > 0
        assert lab.screen.knobs.region.width > 0


async def test_z_zooms_the_pane_that_was_opened_last() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("2", "z")
        await lab.settle(pilot)
        assert lab.screen.panes.region.width == 120
        assert lab.screen.charts.region.height == 0


async def test_tab_goes_round_knobs_charts_and_pane() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("tab")
        await lab.settle(pilot)
        seen = []
        for _ in range(4):
            seen.append(lab.app.focused)
            await pilot.press("tab")
            await lab.settle(pilot)
        screen = lab.screen
        assert seen[:1] == [screen.knobs.current]
        assert seen[1:3] == [screen.charts["loss"], screen.charts["‖w‖"]]
        assert seen[3] is screen.panes.gradients
        assert lab.app.focused is screen.knobs.current


async def test_other_runs_are_laid_over_and_taken_away() -> None:
    lab = attached()
    other = summary(2, hyperparameters={"weight_decay": 0.0})
    lab.session.put(other)
    lab.session.record(other.id, STARTED, MEASURED)
    async with lab.app.run_test(size=(200, 60)) as pilot:
        await lab.settle(pilot)
        lab.app.open_experiment("toy", overlays=[other.id, "nothing"])
        await lab.settle(pilot)
        assert "λ 0" in lab.text
        assert lab.told == ["There is no run 'nothing'."]
        await pilot.press("O")
        await lab.settle(pilot)
        assert "λ 0" not in lab.text
        assert lab.screen.check_action("clear_overlays", ()) is None


async def test_a_run_of_another_experiment_is_not_laid_over() -> None:
    lab = attached()
    other = summary(2, experiment="other")
    lab.session.put(other)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.overlay([other.id])
        await lab.settle(pilot)
        assert lab.told == [f"{other.id} is a run of other: other curves."]


async def test_v_steps_through_pictures_and_their_views() -> None:
    pictures = (*TOY.pictures, Scatter("fit", x="x", y="y"), Scatter("[b]errors"))
    session = FakeSession([dataclasses.replace(TOY, pictures=pictures)])
    data = {"x": [0.0, 1.0], "y": [1.0, 2.0]}
    logged = [
        PictureLogged(t=1.0, step=8, picture=title, layer=layer, data=data)
        for title, layer in (("fit", "points/x₁"), ("fit", "points/x₂"), ("[b]errors", "points"))
    ]
    lab = Opened(STARTED, MEASURED, *logged, run=live_run(), session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("3")
        await lab.settle(pilot)
        assert "fit · 1 of 2 · x₁ · step 8 · v next" in lab.text
        await pilot.press("v")
        await lab.settle(pilot)
        assert "fit · 1 of 2 · x₂" in lab.text
        await pilot.press("v")
        await lab.settle(pilot)
        assert "[b]errors · 2 of 2" in lab.text


async def test_curves_without_room_wait_behind_a_key() -> None:
    curves = tuple(dataclasses.replace(TOY.pictures[1], title=f"curve {i}") for i in range(5))
    session = FakeSession([dataclasses.replace(TOY, pictures=curves)])
    lab = Opened(STARTED, MEASURED, run=live_run(), session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        seen = set()
        for _ in range(3):
            seen |= {c.title for c in lab.screen.charts.shown}
            assert all(f"{c.title} " in lab.text for c in lab.screen.charts.shown)
            await pilot.press("0")
            await lab.settle(pilot)
        assert seen == {c.title for c in curves}


@pytest.mark.parametrize("size", SIZES)
async def test_no_size_is_too_small_or_too_large(size: tuple[int, int]) -> None:
    lab = attached(CHANGED)
    async with lab.app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in ("2", "3", "4", "5", "1", "z", "z", "0", "down", "right", "tab"):
            await pilot.press(key)
        await pilot.pause()
        for width, height in (SIZES[0], SIZES[-1], SIZES[3]):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        assert lab.app.crash is None
        assert len(lab.text.splitlines()) == SIZES[3][1]


async def test_nothing_is_drawn_while_another_screen_is_in_front() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        revision = lab.screen.feed.view.revision if lab.screen.feed else 0
        place = lab.screen
        await pilot.press("g")
        await pilot.pause()
        assert lab.app.screen is not place
        lab.session.record(live_run().id, CHANGED)
        place._follow()
        assert place.feed is not None
        assert place.feed.view.revision == revision
        lab.app.open_experiment("toy")
        await lab.settle(pilot)
        assert place.feed.view.revision == revision + 1


async def test_the_header_names_the_gpu_while_the_run_is_live() -> None:
    lab = Opened(dataclasses.replace(STARTED, device="cuda:0"), run=live_run())
    lab.session.device_line = "cuda:0 41 % 3.1 G"
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.look_after()
        await lab.settle(pilot)
        assert "cuda:0 41 % 3.1 G" in lab.text


async def test_the_strip_of_a_small_screen_can_be_clicked() -> None:
    lab = attached()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        strip = lab.screen.query_one("#strip", Static)
        x = str(strip.content).index("code")
        await pilot.click("#strip", offset=(x, 0))
        await lab.settle(pilot)
        assert lab.screen.panes.current == "code"
        assert isinstance(lab.screen.query(Chart).first(), Chart)
