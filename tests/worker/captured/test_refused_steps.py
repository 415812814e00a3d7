"""Protects that what a card can't record is taken as ever, that the log says why, once, and that
trying leaves no trace."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.worker.captured.stub_card import StubCard
from tests.worker.captured.walks import Driven, Named, Walk, assert_same, both


class Reading(Walk):
    """Reads a number from the card."""

    def loss_of(self, batch: Any) -> Tensor:
        scale = 1.0 if self.w.detach().item() > 0 else 2.0
        return scale * super().loss_of(batch)


class Chancy(Walk):
    """Draws on the host."""

    def loss_of(self, batch: Any) -> Tensor:
        return random.choice((1.0, 2.0)) * super().loss_of(batch)


class Counting(Walk):
    """Counts its steps."""

    def build(self) -> None:
        super().build()
        self.count = 0

    def loss_of(self, batch: Any) -> Tensor:
        self.count += 1
        return super().loss_of(batch) * (self.count % 3)


class Placed(Walk):
    """Looks at how far the epoch has come."""

    def loss_of(self, batch: Any) -> Tensor:
        return super().loss_of(batch).mul(self.batches.position % 7)


class Counter(nn.Module):
    """Counts what goes through it, in a plain number."""

    seen = 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return x.mul(self.seen % 3)


class Modular(Walk):
    """A module of its own that counts."""

    def build(self) -> None:
        super().build()
        self.net = Counter()

    def loss_of(self, batch: Any) -> Tensor:
        loss: Tensor = self.net(super().loss_of(batch))
        return loss


class Fused(Walk):
    """Uses the dropout that a card has in one piece."""

    def loss_of(self, batch: Any) -> Tensor:
        loss: Tensor = torch.native_dropout(super().loss_of(batch), 0.5, True)[0]
        return loss


class Keeping(Walk):
    """Keeps its losses where nobody looks, and their graphs with them."""

    unread = frozenset({"_kept"})

    def loss_of(self, batch: Any) -> Tensor:
        loss = super().loss_of(batch)
        self._kept = [loss]
        return loss


@pytest.mark.parametrize(
    ("toy", "why"),
    [
        (Reading, "it waits for the card (toy.py, line 1)"),
        (Chancy, "it draws random numbers on the host"),
        (Counting, "each of them changes count on the host"),
        (Placed, "it reads the place in the epoch (batches.position)"),
        (Modular, "each of them changes net on the host"),
        (Fused, "it uses torch's fused dropout, whose masks may be others there"),
        (Keeping, "something keeps the graph of an earlier step, which leads to w"),
    ],
)
def test_what_a_graph_can_not_do_is_done_as_ever_and_said_once(
    toy: type[Walk], why: str, tmp_path: Path
) -> None:
    plain, recorded, card = both(tmp_path, toy)
    assert_same(plain, recorded)
    assert recorded.said == [f"Steps are taken one by one, not from a CUDA graph: {why}."]
    # Whole sets may be measured by a recording all the same.
    assert card.replays <= 2


def test_a_recording_that_breaks_off_leaves_no_trace(tmp_path: Path) -> None:
    card = StubCard()
    card.breaks = lambda: True
    plain, recorded = Driven(tmp_path / "one"), Driven(tmp_path / "other", card=card)
    assert_same(plain, recorded)
    assert recorded.said == [
        "Steps are taken one by one, not from a CUDA graph: the stub broke off."
    ]


def test_what_fails_now_and_then_is_tried_again(tmp_path: Path) -> None:
    card, left = StubCard(), iter([True, False, True])
    card.breaks = lambda: next(left, False)
    plain, recorded = Driven(tmp_path / "one"), Driven(tmp_path / "other", card=card)
    assert_same(plain, recorded)
    assert not recorded.said
    assert card.replays > 10


def test_a_batch_of_a_recording_that_breaks_off_is_not_lost(tmp_path: Path) -> None:
    card = StubCard()
    card.breaks = lambda: True
    plain = Driven(tmp_path / "one", Named)
    recorded = Driven(tmp_path / "other", Named, card=card)
    assert recorded.numbers[:2] == plain.numbers[:2]
    assert recorded.said
