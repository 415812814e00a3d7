"""Protects going back from the screen: branches, kept states, runs taken up, the guard, the ways
out of a step that an alarm holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from textual.screen import ModalScreen

from tests.tui.experiment.parts import Parts
from tests.tui.fakes import TOY
from tests.tui.opened import MEASURED, STARTED, Opened, attached, live_run
from tui_lab.commands import (
    Checkpoint,
    Clip,
    Command,
    Resume,
    Rewind,
    SetGuard,
    Skip,
    TakeAgain,
)
from tui_lab.errors import TuiLabError
from tui_lab.events import AlarmRaised, CheckpointWritten, PhaseEntered, RunEvent, RunFinished
from tui_lab.guarding import GuardChanged
from tui_lab.tui.dialogs.branch import BranchDialog, BranchPlan
from tui_lab.tui.dialogs.number import NumberDialog
from tui_lab.tui.dialogs.rescue import RescueDialog, Way
from tui_lab.tui.experiment.branching import Branching
from tui_lab.tui.experiment.rescue import Rescue

KEPT = CheckpointWritten(t=1.0, step=7, epoch=1, digest="d", bytes=1, reason="asked")
ALARM = AlarmRaised(t=1.0, step=9, kind="guard/loss", message="the loss is inf", held=True)
HELD = PhaseEntered(t=1.0, step=9, phase="forward", line=3)
FINISHED = RunFinished(t=2.0, step=20, epoch=5)


class Going(Parts):
    """The parts that go back, and what they ask; `answer` is what a person says."""

    def __init__(self, *events: RunEvent, answer: Any = None) -> None:
        super().__init__(*events)
        self.asked: list[ModalScreen[Any]] = []
        self.answer = answer
        self.branching = Branching(self.session, self.run, self.steering, self.host)
        self.rescue = Rescue(self.run, self.steering, self.branching, self.ask)
        self.open()

    def ask(self, dialog: ModalScreen[Any], take: Callable[[Any], None]) -> None:
        self.asked.append(dialog)
        take(self.answer)

    @property
    def sent(self) -> list[Command]:
        return [command for _, command in self.session.sent]


def test_a_branch_is_begun_with_its_parent_beneath() -> None:
    going = Going(answer=BranchPlan(7, {"lr": 0.1}, weights_only=True))
    going.branching.give("branch")
    assert going.session.calls[-1] == ("branch", going.id, 7, {"lr": 0.1}, True)
    (begun,) = [each for each in going.posted if isinstance(each, Branching.Begun)]
    assert begun.parent == going.id


def test_what_can_not_be_branched_is_said() -> None:
    going = Going(answer=BranchPlan(7, {}))
    going.session.start_error = TuiLabError("There is no checkpoint.")
    going.branching.give("branch")
    assert going.told == ["There is no checkpoint."]


def test_one_key_keeps_and_one_goes_back() -> None:
    going = Going(KEPT)
    going.branching.give("keep")
    going.branching.give("return")
    assert going.sent == [Checkpoint(), Rewind(7)]


def test_without_a_kept_state_there_is_a_sentence() -> None:
    going = Going()
    going.branching.give("return")
    assert (going.sent, going.told) == ([], ["No state was kept by hand yet; S keeps one."])


def test_a_finished_run_is_taken_up_for_more_epochs() -> None:
    going = Going(FINISHED, answer=50)
    going.branching.give("take_up")
    assert isinstance(going.asked[0], NumberDialog)
    epochs = going.run.feed.view.total_epochs if going.run.feed else 0
    assert going.session.calls[-1] == ("take_up", going.id, {"epochs": epochs + 50})
    assert Branching.TakenUp in going.kinds


@pytest.mark.parametrize(("mode", "following"), [("hold", "say"), ("say", "off"), ("off", "hold")])
def test_the_guard_turns_round(mode: Any, following: Any) -> None:
    going = Going(GuardChanged(t=1.0, step=1, mode=mode))
    going.branching.give("guard")
    assert going.sent == [SetGuard(following)]


async def test_the_guard_is_seen_and_turned_by_its_key() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        before = "guard say" in lab.text
        await pilot.press("a")
        lab.session.record(live_run().id, GuardChanged(t=1.0, step=8, mode="off"))
        await lab.settle(pilot)
        assert lab.commands == [SetGuard("off")]
        assert (before, "guard off" in lab.text) == (True, True)


@pytest.mark.parametrize(
    ("events", "possible"),
    [((), {"branch", "keep", "return", "guard"}), ((FINISHED,), {"branch", "take_up"})],
)
def test_what_makes_sense_when(events: tuple[RunEvent, ...], possible: set[str]) -> None:
    going = Going(*events)
    orders = ("branch", "keep", "return", "take_up", "guard")
    assert {order for order in orders if going.branching.can(order)} == possible


@pytest.mark.parametrize(
    ("way", "command"),
    [
        ("again", TakeAgain({"lr": pytest.approx(0.001)})),
        ("clip", Clip()),
        ("skip", Skip()),
        ("go on", Resume()),
    ],
)
def test_every_way_out_is_an_order(way: Way, command: Command) -> None:
    going = Going(ALARM, HELD, answer=way)
    going.rescue.offer_new()
    assert going.sent == [command]
    going.rescue.offer_new()
    assert len(going.asked) == 1  # once an alarm; again when asked to
    going.rescue.offer()
    assert len(going.asked) == 2


def test_branching_is_from_before_the_step() -> None:
    going = Going(ALARM, HELD, answer="branch")
    with pytest.raises(AttributeError):  # the second dialog is answered with the first's word
        going.rescue.offer()
    dialog = going.asked[1]
    assert isinstance(dialog, BranchDialog)
    assert (dialog.step, dialog.values) == (8, "lr=0.001")


def test_looking_around_orders_nothing() -> None:
    going = Going(ALARM, HELD)
    going.rescue.offer_new()
    assert isinstance(going.asked[0], RescueDialog)
    assert going.sent == []


def test_an_alarm_that_holds_nothing_any_more_offers_nothing() -> None:
    going = Going(ALARM)
    going.rescue.offer_new()
    assert (going.asked, going.rescue.alarm) == ([], None)


async def test_the_dialog_says_what_is_wrong_and_gives_the_plan() -> None:
    lab = attached()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        await pilot.press("b")
        await lab.settle(pilot)
        assert isinstance(lab.app.screen, BranchDialog)
        await pilot.press(*"lrr=1", "enter")
        assert "lr" in lab.app.screen.complaint
        await pilot.press(*["backspace"] * 3, *"=0.1", "enter")
        await lab.settle(pilot)
        assert ("branch", live_run().id, 8, {"lr": 0.1}, False) in lab.session.calls
        assert TOY.name == lab.screen.experiment.name


@pytest.mark.parametrize("parent", ["toy-20261120-110000-7f3a", ""])
async def test_a_branch_has_a_chart_of_how_far_it_is_from_its_parent(parent: str) -> None:
    started = dataclasses.replace(STARTED, request={"parent": parent})
    lab = Opened(started, MEASURED, run=live_run())
    async with lab.app.run_test(size=(200, 60)) as pilot:
        await lab.settle(pilot)
        titles = [curve.title for curve in lab.screen.charts.shown]
        assert ("‖w − w of the parent‖" in titles) == bool(parent)
        lab.screen.open_run(live_run().id)
        await lab.settle(pilot)
        assert [curve.title for curve in lab.screen.charts.shown] == titles
