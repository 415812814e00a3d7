"""Protects that batches may be anything iterable: from any place in any pass the rest comes as it
would have come, whatever else draws random numbers meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from tui_lab.errors import ExperimentError
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.passes import as_batches, caveats, length, taken_of
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore
from tui_lab.training.state_file import load, save


class Noisy(Dataset[Tensor]):
    """Seven examples, each with noise of its own whenever it is loaded."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> Tensor:
        return index + torch.rand(1)


class Stream(IterableDataset[Tensor]):
    """Seven examples through a buffer that shuffles them."""

    def __iter__(self) -> Iterator[Tensor]:
        buffer: list[int] = []
        for number in range(7):
            buffer.append(number)
            if len(buffer) > 3:
                yield torch.tensor(float(buffer.pop(int(torch.randint(4, ())))))
        for number in buffer:
            yield torch.tensor(number + random.random() + np.random.random())


def cycle() -> Iterator[Tensor]:
    """The usual way to an endless loader: each pass in another order."""
    while True:
        yield from DataLoader(Noisy(), 2, shuffle=True)


def slow_start(generator: torch.Generator) -> Callable[[], Iterator[Tensor]]:
    def draw() -> Iterator[Tensor]:
        while True:
            order = torch.randperm(3, generator=generator)
            yield from order

    return draw


SOURCES: Mapping[str, Callable[[torch.Generator], Any]] = {
    "loader": lambda g: DataLoader(Noisy(), 2, shuffle=True),
    "its generator": lambda g: DataLoader(Noisy(), 2, shuffle=True, generator=g),
    "workers": lambda g: DataLoader(Noisy(), 2, shuffle=True, num_workers=2),
    "stream": lambda g: DataLoader(Stream(), 2),
    "endless": lambda g: cycle,
    "method": slow_start,
    "list": lambda g: [torch.tensor(float(n)) for n in range(5)],
}
EVERY = pytest.mark.parametrize("source", SOURCES)


class Taker(Program):
    """Takes batches, and draws random numbers on the way."""

    def __init__(self, source: str) -> None:
        super().__init__(Hyperparameters({"epochs": 9}), seed=3, device=torch.device("cpu"))
        self._source = source

    def build(self) -> None:
        torch.manual_seed(3)
        np.random.seed(3)
        random.seed(3)
        self.batches = as_batches(SOURCES[self._source](self.generator), self.generator)

    def step(self, batch: Any) -> Iterator[Phase]:
        raise NotImplementedError

    def evaluate(self) -> Mapping[str, float]:
        raise NotImplementedError

    def parameters(self) -> Mapping[str, Tensor]:
        return {}


def taker(source: str) -> Taker:
    program = Taker(source)
    program.build()
    return program


def take(program: Taker, count: int) -> list[str]:
    """So many batches, across the ends of passes, with the noise of the steps between them."""
    taken: list[str] = []
    while len(taken) < count:
        for batch in program.batches:
            noise = torch.rand(3), torch.rand(1, generator=program.generator)
            taken.append(repr((batch, noise)))
            if len(taken) == count:
                break
    return taken


@EVERY
def test_from_every_place_the_rest_is_the_same(source: str, tmp_path: Path) -> None:
    states, begun, places, expected = [], 0, (0, 1, 3, 5, 9), take(taker(source), 14)
    whole = taker(source)
    for place in places:
        take(whole, place - begun)
        begun = place
        with (tmp_path / f"{place}.pt").open("wb") as file:
            save(capture(whole), file)
        states.append(load(tmp_path / f"{place}.pt"))
    used = taker(source)
    for place, state in reversed(list(zip(places, states, strict=True))):
        for program in (used, taker(source)):
            take(program, 2)  # whatever it did before must leave no trace
            restore(program, state)
            assert take(program, 14 - place) == expected[place:]


@EVERY
def test_each_pass_is_in_an_order_of_its_own(source: str) -> None:
    taken = take(taker(source), 12)
    assert len(set(taken)) == 12


def test_a_generator_has_no_way_back_and_that_is_said() -> None:
    program = taker("endless")
    program.batches = as_batches(cycle(), program.generator)
    with pytest.raises(TypeError, match=r"^batches is a generator, .* the function that makes it"):
        capture(program)


def test_the_attributes_of_a_loader_are_there() -> None:
    program = taker("loader")
    assert program.batches.batch_size == 2
    assert len(program.batches.dataset) == 7
    with pytest.raises(AttributeError):
        _ = program.batches.position


def test_what_can_not_be_promised_is_said() -> None:
    generator = torch.Generator()
    kept = DataLoader(Noisy(), 2, num_workers=1, persistent_workers=True)
    (caveat,) = caveats(as_batches(kept, generator))
    assert "persistent_workers" in caveat
    assert caveats(as_batches(DataLoader(Noisy(), 2, num_workers=1), generator)) == []
    assert caveats(cycle()) == []


def test_how_long_a_pass_is_may_not_be_known() -> None:
    assert {source: length(taker(source).batches) for source in SOURCES} == {
        "loader": 4,
        "its generator": 4,
        "workers": 4,
        "stream": None,
        "endless": None,
        "method": None,
        "list": 5,
    }


def test_passes_of_another_length_begin_anew() -> None:
    parent, child, twin = taker("loader"), taker("list"), taker("loader")
    take(parent, 3)
    child.batches.load_state_dict({**parent.batches.state_dict(), "start": None})
    twin.batches.load_state_dict(parent.batches.state_dict())
    assert taken_of(child.batches, parent.batches) == 0
    assert taken_of(twin.batches, parent.batches) == 3
    assert taken_of([1], [2]) is None
    assert taken_of([1], [1, 2]) == 0


def test_what_gives_no_batches_is_one_sentence() -> None:
    with pytest.raises(ExperimentError, match=r"batches a int, which gives no batches; make it B"):
        as_batches(7, torch.Generator())
