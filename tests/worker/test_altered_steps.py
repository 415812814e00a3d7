"""Protects mistakes that are ordered: in the step that is held or in the next, written in the log,
done again by whoever takes the run's way once more; and orders to look, which change nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.worker.conducted import losses, of
from tests.worker.test_going_back import drive
from tui_lab import events
from tui_lab.commands import (
    MISTAKES,
    Acknowledgement,
    Advance,
    Clip,
    Command,
    Mistake,
    MistakeKind,
    Pause,
    Resume,
    Rewind,
    Show,
    ShowGraph,
    TakeAgain,
)
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.schedule import Intervention

Result = tuple[list[float], float]
PHASE = Advance("phase")


@pytest.fixture
def second(tmp_path: Path) -> RunDirectory:
    """Another run's directory."""
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    return RunDirectory.create(tmp_path / "second", request, datetime(2026, 1, 1))


def run(directory: RunDirectory, orders: dict[int, list[Command]], *acts: Intervention) -> Result:
    log, _, toy = drive(directory, orders, planned=acts)
    return losses(log), toy.w.item()


def altered(log: list[events.RunEvent]) -> list[tuple[int, str]]:
    return [(event.step, event.how) for event in of(events.StepAltered, log)]


@pytest.mark.parametrize("kind", MISTAKES)
def test_one_that_is_ordered_between_two_steps_is_made_in_the_next(
    directory: RunDirectory, second: RunDirectory, kind: MistakeKind
) -> None:
    log, answers, toy = drive(directory, {5: [Mistake(kind)]})
    assert answers == [Acknowledgement(True, 6)]
    assert altered(log) == [(6, kind)]
    planned = run(second, {}, Intervention(step=6, act=kind))
    assert (losses(log), toy.w.item()) == planned


HELD: dict[str, tuple[MistakeKind, int, int]] = {
    "twice, at forward": ("backward-twice", 1, 6),
    "twice, at backward": ("backward-twice", 2, 7),
    "before, at forward": ("step-before-backward", 1, 6),
    "before, at update": ("step-before-backward", 3, 7),
    "forgotten, at update": ("forget-zero_grad", 3, 6),
    "forgotten, at zero_grad": ("forget-zero_grad", 4, 7),
}


@pytest.mark.parametrize(("kind", "phases", "made_in"), HELD.values(), ids=HELD)
def test_one_that_is_ordered_in_a_step_is_made_there_if_it_comes_to_it(
    directory: RunDirectory, second: RunDirectory, kind: MistakeKind, phases: int, made_in: int
) -> None:
    orders: list[Command] = [Pause(), *[PHASE] * phases, Mistake(kind), Resume()]
    log, answers, toy = drive(directory, {5: orders})
    assert answers[-2] == Acknowledgement(True, made_in)
    assert altered(log) == [(made_in, kind)]
    planned = run(second, {}, Intervention(step=made_in, act=kind))
    assert (losses(log), toy.w.item()) == planned


@pytest.mark.parametrize("kind", MISTAKES)
def test_the_way_back_over_it_makes_it_again(
    directory: RunDirectory, second: RunDirectory, kind: MistakeKind
) -> None:
    plan = Intervention(step=6, act=kind)
    expected = run(second, {}, plan)
    log, _, toy = drive(directory, {10: [Rewind(8), Resume()]}, planned=[plan])
    assert toy.w.item() == expected[1]
    assert losses(log)[-8:] == expected[0][8:]


def test_the_step_taken_again_is_as_it_was_written(
    directory: RunDirectory, second: RunDirectory
) -> None:
    within: list[Command] = [
        Pause(),
        PHASE,
        Mistake("backward-twice"),
        PHASE,
        TakeAgain(),
        Resume(),
    ]
    result = run(directory, {5: within})
    assert result == run(second, {})


@pytest.mark.parametrize("clip_at", [1, 2])
def test_what_is_done_at_one_phase_has_one_order(
    directory: RunDirectory, second: RunDirectory, clip_at: int
) -> None:
    """Clipped is what the mistake left, whichever was planned first."""
    orders: dict[int, list[Command]] = {
        1: [Pause(), PHASE, Mistake("backward-twice"), Clip(), Resume()],
        2: [Pause(), PHASE, Mistake("backward-twice"), PHASE, Clip(), Resume()],
    }
    result = run(directory, {5: orders[clip_at]})
    acts = [Intervention(step=6, act="clip"), Intervention(step=6, act="backward-twice")]
    assert result == run(second, {}, *acts)


def test_orders_to_look_are_answered_and_change_nothing(
    directory: RunDirectory, second: RunDirectory
) -> None:
    orders: list[Command] = [
        Pause(), Show("v"), Show("w"), PHASE, ShowGraph(), PHASE, Show(""), Resume(),
    ]  # fmt: skip
    log, answers, toy = drive(directory, {5: orders})
    assert answers[1] == Acknowledgement(False, 5, "There is no parameter 'v' to look at.")
    assert answers[2] == Acknowledgement(True, 5)
    assert answers[4] == Acknowledgement(True, 6)
    shown = [(event.step, event.phase) for event in of(ParameterShown, log) if event.parameter]
    assert shown == [(5, "zero_grad"), (6, "forward"), (6, "backward")]
    assert [(event.step, event.phase) for event in of(GraphShown, log)] == [(6, "forward")]
    assert (losses(log), toy.w.item()) == run(second, {})
