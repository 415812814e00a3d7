"""Keys start runs and command them; knobs turn a live run or wait for the next one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from textual.widgets import Static

from tests.tui.fakes import TOY, FakeSession, summary
from tests.tui.opened import (
    CHANGED,
    FINISHED,
    STARTED,
    Opened,
    attached,
    live_run,
)
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
    RunEvent,
    RunPaused,
)
from tui_lab.run import RunStatus


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


@pytest.mark.parametrize("events", [(), (STARTED, FINISHED)])
async def test_without_a_live_run_the_keys_do_nothing(events: Sequence[RunEvent]) -> None:
    lab = Opened(*events, run=summary(1) if events else None)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("space", "E", "t")
        await lab.settle(pilot)
        assert lab.commands == []
        assert ("stop", summary(1).id) not in lab.session.calls


@pytest.mark.parametrize("events", [(), (STARTED, FINISHED)])
@pytest.mark.parametrize(("key", "hold"), [("full_stop", "phase"), ("n", "step"), ("e", "epoch")])
async def test_without_a_live_run_an_order_to_advance_starts_one_that_is_held(
    events: Sequence[RunEvent], key: str, hold: str
) -> None:
    lab = Opened(*events, run=summary(1) if events else None)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press(key)
        await lab.settle(pilot)
        (started,) = [call for call in lab.session.calls if call[0] == "start"]
        assert started[-1] == hold
        assert lab.commands == []


async def test_space_lets_a_paused_run_go_on() -> None:
    lab = attached(RunPaused(t=1.0, step=8))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.run.status is RunStatus.PAUSED
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
        assert lab.screen.run.status is RunStatus.STOPPED


async def test_r_starts_a_run_with_the_knobs_and_shows_it() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("down", "down", "7", "enter", "r")
        await lab.settle(pilot)
        values = {"implementation": "scratch", "weight_decay": 7.0, "lr": 0.003, "epochs": 100}
        assert lab.started == [("start", "toy", values, 0, "auto")]
        assert lab.session.summary(lab.screen.run.id).live
        assert lab.screen.run.is_live


async def test_enter_takes_a_value_and_starts_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("enter", "down", "enter", "down", "7", "enter", "enter")
        await lab.settle(pilot)
        assert lab.started == []
        assert lab.screen.knobs["weight_decay"].value == 7.0


async def test_capital_r_takes_the_next_seed() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("R")
        await lab.settle(pilot)
        await pilot.press("t")
        await lab.settle(pilot)
        await pilot.press("R")
        await lab.settle(pilot)
        assert [call[3] for call in lab.started] == [1, 2]


async def test_the_run_before_goes_on_and_a_notice_says_so() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("r")
        await lab.settle(pilot)
        assert lab.screen.run.id != live_run().id
        assert lab.told == [f"{live_run().id} goes on; h lists it."]
        assert not [call for call in lab.session.calls if call[0] == "stop"]


async def test_what_was_typed_badly_starts_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.knobs["weight_decay"].focus()
        await pilot.press("9", "9", "9")
        lab.screen.succession.begin()
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
        assert lab.screen.run.id == ""


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


async def test_a_worker_that_vanished_is_a_crash() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        gone = dataclasses.replace(live_run(), status=RunStatus.CRASHED, live=False, error="Gone.")
        lab.session.put(gone)
        lab.screen.look_after()
        await lab.settle(pilot)
        assert lab.screen.run.status is RunStatus.CRASHED
        assert "crashed" in lab.text
        assert "Gone." in lab.text
        assert " left" not in lab.text
        assert lab.screen.check_action("steer", ("pause",)) is None


async def test_y_copies_the_run_as_one_command() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("y")
        await lab.settle(pilot)
        line = "tui-lab run toy implementation=concise lr=0.01 --seed 0"
        assert lab.app.clipboard == line
        assert lab.told == [line]


async def test_y_copies_the_knobs_before_there_is_a_run() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("down", "down", "right", "y")
        await lab.settle(pilot)
        assert lab.app.clipboard == "tui-lab run toy weight_decay=10 --seed 0"


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
        assert lab.screen.check_action("steer", ("step",)) is None


async def test_a_cold_start_says_that_torch_is_imported() -> None:
    lab = Opened()
    lab.session.warm_ready = False
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert ("warm",) in lab.session.calls
        await pilot.press("r")
        await lab.settle(pilot)
        assert "importing torch…" in lab.text
        lab.session.record(lab.screen.run.id, STARTED)
        await lab.settle(pilot)
        assert "importing torch…" not in lab.text


async def test_values_from_outside_turn_the_knobs_and_bad_ones_are_said_so() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.set_values({"weight_decay": "12", "lr": 0.1})
        assert lab.screen.knobs["weight_decay"].value == 12.0
        lab.screen.set_values({"lr": "fast"})
        await lab.settle(pilot)
        assert lab.told[0].startswith("lr must be a number")
