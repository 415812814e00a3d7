"""Protects that batches of ever other shapes fill no memory with recordings that nobody uses again:
few are kept, those used last, and where hardly any is used again steps are taken as ever."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.worker.captured.stub_card import StubCard
from tests.worker.captured.walks import STEPS, Walk, assert_same, both
from tests.worker.conducted import EXPERIMENT
from tests.worker.driven import CPU, building
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.captured.beginning import recorded
from tui_lab.worker.captured.feed import Copied
from tui_lab.worker.captured.recordings import Recordings, Steps
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


class Shaped(Walk):
    """Batches of its own, of as many shapes in turn as it says, each so many times."""

    shapes, times = 30, 1

    def build(self) -> None:
        super().build()
        noise = torch.randn(STEPS, self.shapes, generator=self.generator)
        self.batches = [(row[: 1 + i // self.times % self.shapes],) for i, row in enumerate(noise)]


class Turning(Shaped):
    """One more shape than are kept, and each comes again too late."""

    shapes = 5


class Lasting(Shaped):
    """As many, but each for a while."""

    shapes, times = 5, 20


class Numbered(Walk):
    """Batches that hold their own number."""

    def build(self) -> None:
        super().build()
        noise = torch.randn(STEPS, 3, generator=self.generator)
        self.batches = [{0: row, "number": i} for i, row in enumerate(noise)]


def refused(toy: type[Walk], folder: Path) -> StubCard:
    plain, recorded, card = both(folder, toy)
    assert_same(plain, recorded)
    assert recorded.said == [
        "Steps are taken one by one, not from a CUDA graph: "
        "its batches are hardly ever like another."
    ]
    return card


def test_batches_that_are_hardly_ever_alike_are_taken_as_ever(tmp_path: Path) -> None:
    for toy in (Shaped, Turning, Numbered):
        assert refused(toy, tmp_path / toy.__name__).recorded <= 16


def test_shapes_that_last_are_recorded_again(tmp_path: Path) -> None:
    plain, recorded, card = both(tmp_path, Lasting)
    assert_same(plain, recorded)
    assert not recorded.said
    assert card.replays > STEPS


def test_a_batch_is_kept_for_no_more_shapes_than_recordings_are(directory: RunDirectory) -> None:
    program = building(Lasting, EXPERIMENT)(CPU, EXPERIMENT.choose({}))
    publisher = Publisher(program, RunRecord(directory), total_steps=STEPS)
    steps, epochs = recorded(program, StubCard(), publisher), Epochs(program, publisher.position)
    for _ in range(400):
        steps.take(epochs, 1, lambda: True)
    assert steps.replayed > 300
    feed = steps._feed
    assert isinstance(feed, Copied)
    assert len(feed._own) == 4


class Fake:
    def replay(self) -> None:
        raise NotImplementedError


def test_what_was_used_last_is_kept() -> None:
    gone: list[int] = []
    recordings = Recordings(gone.append)
    steps = [Steps(1, Fake()) for _ in range(6)]
    for shape in (0, 1, 2, 3, 0, 4, 5):
        recordings.use(shape, steps[shape])
    assert gone == [1, 2]
    assert recordings.get(0, 1) is steps[0]
    assert recordings.get(1, 1) is None
    recordings.clear()
    assert sorted(gone) == [0, 1, 2, 3, 4, 5]
    assert recordings.any is None


def test_longer_stretches_of_a_shape_go_with_it() -> None:
    recordings = Recordings(lambda shape: None)
    one, many = Steps(1, Fake()), Steps(16, Fake())
    recordings.use(0, one)
    recordings.use(0, many)
    assert (recordings.get(0, 1), recordings.get(0, 16)) == (one, many)
    for shape in range(1, 5):
        recordings.use(shape, one)
    assert (recordings.get(0, 1), recordings.get(0, 16)) == (None, None)


def test_a_shape_that_was_of_use_ends_what_was_in_vain() -> None:
    recordings = Recordings(lambda shape: None)
    for shape in range(11):
        recordings.use(shape, Steps(1, Fake()))
    assert not recordings.are_in_vain  # seven were given up
    recordings.use(0, Steps(64, Fake()))
    for shape in range(11, 16):
        recordings.use(shape, Steps(1, Fake()))
    assert not recordings.are_in_vain
    for shape in range(16, 24):
        recordings.use(shape, Steps(1, Fake()))
    assert recordings.are_in_vain
