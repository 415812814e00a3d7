"""The experiment screen: keys send their commands, what the log says is shown, nothing crashes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, RichLog, Static

from tests.tui.fakes import OTHER, TOY, FakeSession, summary
from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Command,
    Evaluate,
    Pause,
    Resume,
    SetHyperparameter,
)
from tui_lab.errors import RunError
from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    RunEvent,
    RunFinished,
    RunPaused,
    RunStarted,
)
from tui_lab.experiment import Scatter
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.screens.experiment import ExperimentScreen
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
STARTED = RunStarted(
    pid=1,
    host="box",
    device="cpu",
    device_name="",
    threads=1,
    started="2026-11-20T12:00:00+00:00",
    total_steps=400,
    steps_per_epoch=4,
    parameters=[{"name": "w", "shape": [200, 1], "requires_grad": True}],
    source=["    def step(self, batch):\n", "        yield self.forward(loss)  # [red]\n"],
    source_line=41,
)
MEASURED = MetricsLogged(
    t=1.0,
    kind="epoch",
    epochs=[1, 2],
    steps=[4, 8],
    columns={"train/loss": [4.0, 2.0], "test/loss": [5.0, 3.0], "norm/w": [9.0, 8.0]},
)
GRADIENTS = GradientsLogged(
    t=1.0,
    step=8,
    phase="backward",
    grad_enabled=True,
    graph=True,
    parameters=[
        {
            "name": "w",
            "grad": "accumulated",
            "times": 3,
            "norm": 8.0,
            "grad_norm": 1.5,
            "update": 0.01,
            "finite": True,
            "requires_grad": True,
        }
    ],
)
CHANGED = HyperparameterChanged(t=1.1, step=9, name="weight_decay", old=3.0, new=10.0)
FINISHED = RunFinished(t=2.0, step=400, epoch=100, metrics={"train/loss": 0.5})


def live_run(**fields: Any) -> RunSummary:
    """A run of the toy that is going on."""
    values = {"implementation": "concise", "weight_decay": 3.0, "lr": 0.01, "epochs": 100}
    return summary(1, status=RunStatus.RUNNING, hyperparameters=values, device="auto", **fields)


class Opened:
    """A screen on a run with these events, and what a test asks of it."""

    def __init__(
        self, *events: RunEvent, run: RunSummary | None = None, session: FakeSession | None = None
    ) -> None:
        self.session = session or FakeSession()
        self.run = run
        if run is not None:
            self.session.put(run)
            self.session.record(run.id, *events)
        self.app = TuiLabApp(self.session, Opening("toy", {}, run.id if run else ""))

    @property
    def screen(self) -> ExperimentScreen:
        screen = self.app.place
        assert isinstance(screen, ExperimentScreen)
        return screen

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def told(self) -> list[str]:
        return [note.message for note in self.app._notifications]

    @property
    def commands(self) -> list[Command]:
        return [command for _, command in self.session.sent]

    @property
    def started(self) -> list[tuple[Any, ...]]:
        return [call for call in self.session.calls if call[0] == "start"]

    async def settle(self, pilot: Pilot[Any]) -> None:
        """Let the screen be furnished, the log be read and commands be answered."""
        await pilot.pause()
        await self.app.workers.wait_for_complete()
        await pilot.pause()
        self.screen._follow()
        self.screen.draw()
        await pilot.pause()


def attached(*events: RunEvent, **fields: Any) -> Opened:
    """The screen on a live run."""
    return Opened(STARTED, MEASURED, GRADIENTS, *events, run=live_run(**fields))


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("space", Pause()),
        ("full_stop", Advance("phase")),
        ("n", Advance("step")),
        ("e", Advance("epoch")),
        ("E", Evaluate()),
    ],
)
async def test_a_key_sends_its_command(key: str, command: Command) -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press(key)
        await lab.settle(pilot)
        assert lab.session.sent == [(live_run().id, command)]


@pytest.mark.parametrize("key", ["space", "full_stop", "n", "e", "E", "t"])
@pytest.mark.parametrize("events", [None, (STARTED, FINISHED)])
async def test_without_a_live_run_the_keys_do_nothing(
    key: str, events: Sequence[RunEvent] | None
) -> None:
    lab = Opened(*(events or ()), run=summary(1) if events else None)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press(key)
        await lab.settle(pilot)
        assert lab.commands == []
        assert ("stop", summary(1).id) not in lab.session.calls


async def test_space_lets_a_paused_run_go_on() -> None:
    lab = attached(RunPaused(t=1.0, step=8))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.status is RunStatus.PAUSED
        await pilot.press("space")
        await lab.settle(pilot)
        assert lab.commands == [Resume()]


async def test_space_pauses_while_a_knob_has_the_focus() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("down", "space")
        await lab.settle(pilot)
        assert lab.commands == [Pause()]


async def test_t_stops_the_run() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("t")
        await lab.settle(pilot)
        assert ("stop", live_run().id) in lab.session.calls
        assert lab.screen.status is RunStatus.STOPPED


async def test_r_starts_a_run_with_the_knobs_and_shows_it() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("down", "down", "7", "enter", "r")
        await lab.settle(pilot)
        values = {"implementation": "scratch", "weight_decay": 7.0, "lr": 0.003, "epochs": 100}
        assert lab.started == [("start", "toy", values, 0, "auto")]
        assert lab.screen.run_id in {run.id for run in lab.session.runs()}
        assert lab.screen.is_live


async def test_enter_starts_a_run_too() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("enter")
        await lab.settle(pilot)
        assert len(lab.started) == 1


async def test_capital_r_takes_the_next_seed() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("R", "R")
        await lab.settle(pilot)
        assert [call[3] for call in lab.started] == [1, 2]


async def test_the_run_before_goes_on_and_a_notice_says_so() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("r")
        await lab.settle(pilot)
        assert lab.screen.run_id != live_run().id
        assert lab.told == [f"{live_run().id} goes on; h lists it."]
        assert not [call for call in lab.session.calls if call[0] == "stop"]


async def test_what_was_typed_badly_starts_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.knobs["weight_decay"].focus()
        await pilot.press("9", "9", "9")
        lab.screen.action_run()
        await lab.settle(pilot)
        assert lab.started == []
        error = lab.screen.query_one("#knob-error", Static)
        assert str(error.content).startswith("weight_decay must be a number")


async def test_a_run_that_can_not_start_says_why_as_plain_text() -> None:
    lab = Opened()
    lab.session.start_error = RunError("No worker [red]here[/red].")
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("r")
        await lab.settle(pilot)
        assert lab.told == ["No worker [red]here[/red]."]
        assert lab.screen.run_id == ""


async def test_a_live_knob_commands_the_live_run_and_waits_for_the_answer() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.knobs["weight_decay"].focus()
        await pilot.press("right")
        await lab.settle(pilot)
        assert lab.commands == [SetHyperparameter("weight_decay", 10.0)]
        assert not lab.screen.knobs["weight_decay"].pending
        lab.session.record(live_run().id, CHANGED)
        await lab.settle(pilot)
        assert "a 8: λ 3 → 10 (applied at step 9)" in lab.text
        assert lab.screen.knobs["weight_decay"].value == 10.0


async def test_a_refused_value_goes_back() -> None:
    lab = attached()
    lab.session.answer = Acknowledgement(False, 8, "not [now]")
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.knobs["weight_decay"].focus()
        await pilot.press("right")
        await lab.settle(pilot)
        assert lab.told == ["not [now]"]
        assert lab.screen.knobs["weight_decay"].value == 3.0


async def test_any_other_knob_waits_for_the_next_run() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.knobs["epochs"].focus()
        await pilot.press("7", "enter")
        await lab.settle(pilot)
        assert lab.commands == []
        assert lab.screen.knobs["epochs"].next_run
        assert lab.screen.knobs["epochs"].value == 7


async def test_a_value_set_from_elsewhere_turns_the_knob() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.record(live_run().id, CHANGED)
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 10.0
        assert lab.commands == []


async def test_attaching_brings_curve_knobs_and_marks_back() -> None:
    lab = attached(CHANGED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        knobs = lab.screen.knobs
        assert knobs["implementation"].value == "concise"
        assert knobs["weight_decay"].value == 10.0
        assert knobs["lr"].value == 0.01
        assert "test 3" in lab.text
        assert "● running" in lab.text
        assert live_run().id in lab.text


async def test_a_finished_run_keeps_its_last_picture() -> None:
    lab = Opened(STARTED, MEASURED, GRADIENTS, FINISHED, run=summary(1))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.status is RunStatus.FINISHED
        assert "step 400/400" in lab.text
        assert "done in 0:02" in lab.text
        assert lab.screen.charts["loss"].drawing is not None
        assert "test 3" in lab.text


async def test_a_worker_that_vanished_is_a_crash() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.put(dataclasses.replace(live_run(), status=RunStatus.CRASHED, live=False))
        lab.screen._look_after()
        await lab.settle(pilot)
        assert lab.screen.status is RunStatus.CRASHED
        assert "crashed" in lab.text
        assert lab.screen.check_action("toggle_pause", ()) is None


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
        AlarmRaised(
            t=1.0, step=21, kind="step/first_inf", message="loss [b]became inf at step 21."
        ),
        AlarmRaised(t=1.0, step=40, kind="step/first_nan", message="nan at step 40."),
    )
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "loss [b]became inf at step 21, nan at step 40" in lab.text


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


async def test_p_lists_presets_and_enter_turns_the_knobs() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("p")
        await pilot.pause()
        assert "No weight decay" in str(lab.app.screen.query_one(OptionList).options[0].prompt)
        await pilot.press("enter")
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 0.0
        await pilot.press("p", "escape")
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 0.0


async def test_p_is_no_key_where_there_are_no_presets() -> None:
    session = FakeSession()
    app = TuiLabApp(session, Opening("other"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        await pilot.pause()
        assert isinstance(app.screen, ExperimentScreen)
    assert OTHER.presets == ()


async def test_y_copies_the_run_as_one_command() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("y")
        await lab.settle(pilot)
        line = "tui-lab run toy implementation=concise lr=0.01 --seed 0 --device auto"
        assert lab.app.clipboard == line
        assert lab.told == [line]


async def test_y_copies_the_knobs_before_there_is_a_run() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("down", "down", "right", "y")
        await lab.settle(pilot)
        assert lab.app.clipboard == "tui-lab run toy weight_decay=10 --seed 0 --device auto"


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


async def test_a_demonstration_starts_by_itself_and_follows_its_knobs() -> None:
    session = FakeSession([dataclasses.replace(TOY, demonstration=True)])
    lab = Opened(session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert len(lab.started) == 1
        lab.screen.knobs["epochs"].focus()
        await pilot.press("right")
        await lab.settle(pilot)
        [command] = lab.commands
        assert isinstance(command, SetHyperparameter)
        assert command.name == "epochs"
        assert lab.screen.check_action("advance", ("step",)) is None


async def test_a_cold_start_says_that_torch_is_imported() -> None:
    lab = Opened()
    lab.session.warm_ready = False
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert ("warm",) in lab.session.calls
        await pilot.press("r")
        await lab.settle(pilot)
        assert "importing torch…" in lab.text
        lab.session.record(lab.screen.run_id, STARTED)
        await lab.settle(pilot)
        assert "importing torch…" not in lab.text


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


async def test_values_from_outside_turn_the_knobs_and_bad_ones_are_said_so() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.set_values({"weight_decay": "12", "lr": 0.1})
        assert lab.screen.knobs["weight_decay"].value == 12.0
        lab.screen.set_values({"lr": "fast"})
        await lab.settle(pilot)
        assert lab.told[0].startswith("lr must be a number")


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
        lab.screen._look_after()
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
