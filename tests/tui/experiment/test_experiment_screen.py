"""The experiment screen shows what the log says, of its own run and of those laid over it, as plain
text."""

from __future__ import annotations

import dataclasses

from textual.widgets import RichLog

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
from tui_lab.events import AlarmRaised, MetricsLogged, PhaseEntered, PictureLogged
from tui_lab.experiment import Scatter
from tui_lab.run import RunStatus


async def test_a_finished_run_keeps_its_last_picture() -> None:
    lab = Opened(STARTED, MEASURED, GRADIENTS, FINISHED, run=summary(1))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.run.status is RunStatus.FINISHED
        assert "step 400/400" in lab.text
        assert "done in 0:02" in lab.text
        assert lab.screen.charts["loss"].drawing is not None
        assert "test 3" in lab.text


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
        assert "a [b]comet came from step 21, diverged at step 1,040: loss nan" in lab.text


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


async def test_a_new_run_is_never_frozen() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("f")
        assert not lab.screen.shown.frozen  # there is nothing to hold still yet
        await pilot.press("r")
        await lab.settle(pilot)
        await pilot.press("f")
        held = lab.screen.shown.frozen
        await pilot.press("R", "b")
        await lab.settle(pilot)
        assert (held, lab.screen.shown.frozen) == (True, False)


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
        assert "1 run laid over, O takes it off" in lab.text
        assert lab.told == ["There is no run 'nothing'."]
        await pilot.press("O")
        await lab.settle(pilot)
        assert "λ 0" not in lab.text
        assert "laid over" not in lab.text
        assert lab.screen.check_action("chart", ("clear",)) is None


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


async def test_nothing_is_drawn_while_another_screen_is_in_front() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        revision = lab.screen.run.feed.view.revision if lab.screen.run.feed else 0
        place = lab.screen
        await pilot.press("g")
        await pilot.pause()
        assert lab.app.screen is not place
        lab.session.record(live_run().id, CHANGED)
        place.follow()
        assert place.run.feed is not None
        assert place.run.feed.view.revision == revision
        lab.app.open_experiment("toy")
        await lab.settle(pilot)
        assert place.run.feed.view.revision == revision + 1


async def test_the_header_names_the_gpu_while_the_run_is_live() -> None:
    lab = Opened(dataclasses.replace(STARTED, device="cuda:0"), run=live_run())
    lab.session.device_line = "cuda:0 41 % 3.1 G"
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.look_after()
        await lab.settle(pilot)
        assert "cuda:0 41 % 3.1 G" in lab.text
