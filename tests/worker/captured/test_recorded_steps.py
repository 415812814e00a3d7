"""Protects the promise that steps a card has recorded are the steps themselves: the same numbers,
losses and states, whatever a person does meanwhile; and that what can't be recorded is taken as
ever, with a word about why. The card is a stub that does on the processor what it recorded."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from tests.worker.captured.stub_card import StubCard
from tests.worker.captured.walks import (
    STEPS,
    Adding,
    Driven,
    Dropped,
    Listed,
    Named,
    Scheduled,
    Walk,
    Zeroing,
    assert_same,
    both,
)
from tests.worker.conducted import EXPERIMENT, of
from tests.worker.driven import CPU, building, column
from tui_lab import events
from tui_lab.commands import Advance, Command, Pause, Resume, Rewind, SetHyperparameter
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.captured.beginning import recorded
from tui_lab.worker.captured.measures import Measured, RecordedMeasures
from tui_lab.worker.captured.steps import RecordedSteps
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


def test_one_step_is_rehearsed_then_recorded_and_longer_stretches_later(tmp_path: Path) -> None:
    plain, recorded, card = both(tmp_path)
    assert_same(plain, recorded)
    assert recorded.program.batches.state_dict() == plain.program.batches.state_dict()
    assert card.log[:3] == ["rehearse", "upload", "record 1"]
    assert card.log.count("upload") == 2  # the order of each epoch
    made = [line for line in card.log if line.startswith("record")]
    # One step, four, sixteen; the short last batch; the whole sets.
    assert made == [f"record {number}" for number in range(1, 6)]
    assert card.replays < STEPS


def begun(directory: RunDirectory, toy: type[Walk]) -> tuple[Walk, RecordedSteps, Epochs]:
    """A program whose steps are recorded, with its last step taken so."""
    program = building(toy, EXPERIMENT)(CPU, EXPERIMENT.choose({}))
    assert isinstance(program, Walk)
    publisher, card = Publisher(program, RunRecord(directory), total_steps=STEPS), StubCard()
    steps, epochs = recorded(program, card, publisher), Epochs(program, publisher.position)
    while not card.replays:
        steps.take(epochs, 1, lambda: True)
    return program, steps, epochs


def test_a_parameter_that_a_card_has_written_to_counts_as_written_to(
    directory: RunDirectory,
) -> None:
    program, steps, epochs = begun(directory, Walk)
    before = program.w._version
    assert steps.take(epochs, 1, lambda: True) == 1
    assert program.w._version > before


def test_a_gradient_made_anew_is_that_of_the_last_step(directory: RunDirectory) -> None:
    program, steps, epochs = begun(directory, Zeroing)
    before = program.w.detach().clone()
    assert steps.take(epochs, 1, lambda: True) == 1
    place = program.batches.position
    noise = program.batches.tensors[0][program.batches.order[place - 2 : place]]
    gradient = (before + noise.view(-1)).sum() / 100
    assert program.w.grad is not None
    assert program.w.grad.item() == pytest.approx(gradient.item())


def test_a_measurement_that_reads_a_knob_is_recorded_anew(tmp_path: Path) -> None:
    turned: dict[int, list[Command]] = {2 * STEPS + 300: [SetHyperparameter("lr", 0.1)]}
    plain, recorded, _ = both(tmp_path, before=turned, epochs=3)
    assert_same(plain, recorded)
    assert column(recorded.log, "lr", "epoch") == [0.5, 0.5, 0.1]


def test_whole_sets_are_recorded_of_one_standing() -> None:
    program = building(Walk, EXPERIMENT)(CPU, EXPERIMENT.choose({}))
    certain = iter([0, 0, 0, 0, 7, 7, 7])
    measure = RecordedMeasures(program, StubCard(), lambda: next(certain))
    with torch.no_grad():
        for _ in ("rehearsed", "proven"):
            assert not isinstance(measure(), Measured)
        assert isinstance(measure(), Measured)
        program.hp.lr = 0.1
        for _ in ("rehearsed", "proven"):
            assert not isinstance(measure(), Measured)
        assert isinstance(measure(), Measured)
        assert isinstance(measure(), Measured)


def test_a_knob_that_is_turned_is_recorded_anew(tmp_path: Path) -> None:
    turned: dict[int, list[Command]] = {400: [SetHyperparameter("lr", 0.1)]}
    plain, recorded, card = both(tmp_path, before=turned)
    assert_same(plain, recorded)
    _, untouched, without = both(tmp_path / "without")
    assert card.recorded > without.recorded
    assert recorded.numbers != untouched.numbers


def test_orders_are_obeyed_at_the_step_they_are_meant_for(tmp_path: Path) -> None:
    orders: dict[int, list[Command]] = {
        301: [Pause(), Advance("step"), Advance("phase"), Resume()],
        407: [Pause(), Advance("epoch"), Resume()],
    }
    assert_same(*both(tmp_path, before=orders)[:2])


def test_a_run_that_goes_back_takes_the_same_steps_again(tmp_path: Path) -> None:
    back: dict[int, list[Command]] = {700: [Pause(), Rewind(250), Resume()]}
    plain, recorded, _ = both(tmp_path, before=back)
    assert_same(plain, recorded)
    assert recorded.answers[1].step == 250


@pytest.mark.parametrize("toy", [Zeroing, Adding, Listed, Named, Scheduled, Dropped])
def test_steps_of_every_make_are_recorded(toy: type[Walk], tmp_path: Path) -> None:
    plain, recorded, card = both(tmp_path, toy)
    assert_same(plain, recorded)
    assert card.replays > 10
    assert not recorded.said


class Spoilt(Walk):
    """One of its examples is not finite."""

    def build(self) -> None:
        super().build()
        self.batches.tensors[0][600] = torch.inf


def test_the_guard_holds_before_the_same_step(tmp_path: Path) -> None:
    order = Driven(tmp_path / "plain", Spoilt, {STEPS: [Resume()]})
    card = StubCard()
    recorded = Driven(tmp_path / "recorded", Spoilt, {STEPS: [Resume()]}, card)
    for one, other in pairwise((order, recorded)):
        alarms = [[(a.step, a.kind) for a in of(events.AlarmRaised, d.log)] for d in (one, other)]
        assert alarms[0] == alarms[1] != []


def test_the_card_is_never_far_behind(tmp_path: Path) -> None:
    card = StubCard()
    Driven(tmp_path, card=card)
    assert "wait" in card.log
