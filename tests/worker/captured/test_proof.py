"""Protects that a recording of what nobody could see is found out by its numbers before it takes a
step; and that trying it changes none, whatever becomes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.worker.captured.stub_card import StubCard, StubRecording
from tests.worker.captured.walks import STEPS, Driven, Walk, assert_same, both
from tests.worker.conducted import EXPERIMENT
from tests.worker.driven import CPU, building
from tui_lab.worker.captured import proof
from tui_lab.worker.captured.proof import Proof

ELSEWHERE: Any = ModuleType("elsewhere")
"""A module of which nobody knows that a program uses it."""


class Unlike(int):
    """A number that can't be compared with any."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("it is neither")

    __hash__ = int.__hash__


class Told(Walk):
    """Its batches count, where nobody looks, and its step heeds that."""

    def build(self) -> None:
        super().build()
        self.batches = Telling(torch.randn(STEPS, 3, generator=self.generator))

    def loss_of(self, batch: Any) -> Tensor:
        loss: Tensor = super().loss_of(batch) * (1 + ELSEWHERE.told % 3)
        return loss


class Telling:
    """Rows of noise; how many it gave it tells where nobody looks."""

    def __init__(self, noise: Tensor) -> None:
        self._noise = noise

    def __len__(self) -> int:
        return len(self._noise)

    def __iter__(self) -> Iterator[Any]:
        for ELSEWHERE.told, row in enumerate(self._noise):
            yield (row,)


class Quiet(Walk):
    """Counts in a tensor so that torch takes no notice."""

    def build(self) -> None:
        super().build()
        self.count = torch.zeros(1)

    def loss_of(self, batch: Any) -> Tensor:
        self.count.data.add_(1)
        return super().loss_of(batch) * (1 + self.count.detach().clone().fmod(3))


def test_what_is_written_without_being_counted_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "_SMALL", 0)
    plain, recorded, card = both(tmp_path, Quiet)
    assert_same(plain, recorded)
    assert not recorded.said
    assert card.replays > 10


def test_what_could_not_be_seen_is_found_out_by_its_numbers(tmp_path: Path) -> None:
    plain, recorded, card = both(tmp_path, Told)
    assert_same(plain, recorded)
    why = "a recording of it gives other numbers (w differs)"
    assert recorded.said == [f"Steps are taken one by one, not from a CUDA graph: {why}."]
    assert card.log.count("replay 1") == 2  # the first gives the same, by chance


class Saying(Told):
    """Heeds it only in what it says."""

    def loss_of(self, batch: Any) -> Tensor:
        loss = Walk.loss_of(self, batch)
        self.record("told", loss.detach().sum() + ELSEWHERE.told)
        return loss


class Uneven(Walk):
    """The last batch of an epoch, which is short, is taken otherwise in every epoch."""

    def build(self) -> None:
        super().build()
        ELSEWHERE.epochs = 1

    def epoch_ended(self) -> None:
        ELSEWHERE.epochs += 1

    def loss_of(self, batch: Any) -> Tensor:
        loss = super().loss_of(batch)
        return loss if len(batch[0]) > 1 else loss * self.factor()

    def factor(self) -> float:
        return float(ELSEWHERE.epochs)


class UnevenChance(Uneven):
    """With what is drawn on the host, of which nothing is seen before."""

    def build(self) -> None:
        super().build()
        self._chance = {"of it": np.random.default_rng(0)}
        random.seed(0)

    def factor(self) -> float:
        return random.random() + float(self._chance["of it"].random())


@pytest.mark.parametrize("toy", [Uneven, UnevenChance])
def test_what_is_recorded_of_another_shape_has_to_prove_itself_too(
    toy: type[Walk], tmp_path: Path
) -> None:
    plain, recorded, _ = both(tmp_path, toy, epochs=4)
    assert_same(plain, recorded)
    why = "a recording of it gives other numbers (w differs)"
    assert recorded.said == [f"Steps are taken one by one, not from a CUDA graph: {why}."]


def test_what_a_step_says_is_compared_too(tmp_path: Path) -> None:
    recorded = Driven(tmp_path, Saying, card=StubCard())
    assert recorded.said == [
        "Steps are taken one by one, not from a CUDA graph: "
        "a recording of it gives other numbers (told differs)."
    ]


def test_a_proof_that_goes_wrong_leads_to_steps_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = StubRecording.replay

    def broken(recording: StubRecording) -> None:
        replay(recording)
        raise RuntimeError("the card is full\nof other things")

    monkeypatch.setattr(StubRecording, "replay", broken)
    plain, recorded = Driven(tmp_path / "one"), Driven(tmp_path / "other", card=StubCard())
    assert_same(plain, recorded)
    assert recorded.said == [
        "Steps are taken one by one, not from a CUDA graph: "
        "replaying its numbers gives RuntimeError: the card is full."
    ]


def test_what_can_not_be_put_back_is_never_replayed(tmp_path: Path) -> None:
    class Lying(Walk):
        """Writes to memory that lies in itself."""

        def build(self) -> None:
            super().build()
            self.row = torch.zeros(1)
            self.rows = self.row.expand(3)

        def loss_of(self, batch: Any) -> Tensor:
            self.row.add_(1)
            return super().loss_of(batch) * self.rows.sum().fmod(7)

    plain, recorded, card = both(tmp_path, Lying)
    assert_same(plain, recorded)
    assert "keeping its numbers gives RuntimeError" in recorded.said[0]
    assert not [line for line in card.log if line == "replay 1"]


def test_what_can_not_be_looked_over_is_no_reason_to_stop(tmp_path: Path) -> None:
    class Odd(Walk):
        def build(self) -> None:
            super().build()
            self._odd = Unlike()

        def loss_of(self, batch: Any) -> Tensor:
            self._odd = Unlike()
            return super().loss_of(batch)

    plain, recorded, _ = both(tmp_path, Odd)
    assert_same(plain, recorded)
    assert recorded.said


class Fake:
    """A recording that does what it is told."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work

    def replay(self) -> None:
        self._work()


def proven(
    work: Callable[[Walk], object], differing: Callable[[Walk], object], *, unseen: bool = False
) -> str:
    """What differs where a recording does the one, and the step does the other; `unseen` by who
    looks for what is written to."""
    program = building(Walk, EXPERIMENT)(CPU, EXPERIMENT.choose({}))
    assert isinstance(program, Walk)
    program.w.grad = torch.tensor([-0.0])
    before, drawn = program.w.tolist(), torch.default_generator.get_state()
    version = program.w._version
    tried = Proof(program, [] if unseen else [program.w])
    assert program.w._version == version  # a graph that was kept may need it
    with torch.no_grad():
        tried.replay(Fake(lambda: work(program)), [], dict)
        assert program.w.tolist() == before
        assert program.w.grad.signbit().all()
        assert torch.equal(torch.default_generator.get_state(), drawn)
        differing(program)
    return tried.differing({})


def test_what_a_kernel_writes_that_torch_knows_nothing_of_is_undone_too() -> None:
    def spoil(program: Walk) -> None:
        program.w.detach().numpy()[0] += 1

    assert proven(spoil, spoil, unseen=True) == ""
    assert proven(spoil, lambda program: None, unseen=True) == "w"


def test_a_proof_undoes_what_was_replayed_and_compares_to_the_last_bit() -> None:
    assert proven(lambda p: p.w.add_(1), lambda p: p.w.add_(1)) == ""
    assert proven(lambda p: p.w.add_(1), lambda p: p.w.sub_(1)) == "w"
    assert proven(lambda p: p.w.fill_(torch.nan), lambda p: p.w.fill_(torch.nan)) == ""
    assert proven(lambda p: p.w.fill_(0.0), lambda p: p.w.fill_(-0.0)) == "w"
    assert proven(lambda p: p.w.grad.fill_(3), lambda p: None) == "the gradient of w"  # type: ignore[union-attr]
    assert proven(lambda p: None, lambda p: setattr(p.w, "grad", None)) == "the gradient of w"
    assert proven(lambda p: torch.rand(1), lambda p: torch.rand(1)) == ""
    assert proven(lambda p: torch.rand(1), lambda p: torch.rand(2)) == "a generator"
