"""Protects what a program does with a number, or a stream of random numbers, that each member of a
population has its own of: it comes to what each comes to alone, or is refused in a sentence. It is
never the number of another member, nor no number, without a word."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tui_lab.training.chance import Chances, derived, generators
from tui_lab.training.member_numbers import MemberNumbers, PartWays, agreed, numbers
from tui_lab.training.members import Members, member, of

CPU = torch.device("cpu")
VALUES = (0.5, 2.0, 7.0)
SEEDS = (3, 4, 5)
Way = Callable[[Any, torch.Generator], Any]
"""What a program does with its number and its generator."""


def put(tensor: Tensor, place: Any, value: Any) -> Tensor:
    tensor[place] = value
    return tensor


def started(start: Callable[..., Any], *args: Any, **kwargs: Any) -> Tensor:
    w = torch.zeros(4, 3)
    start(w, *args, **kwargs)
    return w


WAYS: dict[str, Way] = {
    "full": lambda hp, g: torch.full((3,), hp),
    "full by name": lambda hp, g: torch.full(size=(3,), fill_value=hp),
    "full_like": lambda hp, g: torch.full_like(torch.zeros(2), hp),
    "new_full": lambda hp, g: torch.zeros(2).new_full((3,), hp),
    "fill_": lambda hp, g: torch.zeros(3).fill_(hp),
    "tensor": lambda hp, g: torch.tensor([hp, 1.0]),
    "as_tensor": lambda hp, g: torch.as_tensor([1.0, hp]),
    "linspace": lambda hp, g: torch.linspace(0, hp, 4),
    "clamp": lambda hp, g: torch.randn(9, generator=g).clamp(max=hp),
    "clamp between": lambda hp, g: torch.randn(9, generator=g).clamp(-0.1, hp),
    "clamp of one for all": lambda hp, g: torch.arange(9.0).clamp(min=-hp, max=hp),
    "clamp_": lambda hp, g: torch.randn(9, generator=g).clamp_(max=hp),
    "clamp_min_": lambda hp, g: torch.randn(9, generator=g).clamp_min_(hp),
    "leaky_relu": lambda hp, g: F.leaky_relu(torch.randn(9, generator=g), hp),
    "elu by name": lambda hp, g: F.elu(torch.randn(9, generator=g), alpha=hp),
    "add alpha": lambda hp, g: torch.zeros(3).add_(torch.ones(3), alpha=hp),
    "abs": lambda hp, g: torch.ones(2) * abs(-hp),
    "floor, rest, rounded": lambda hp, g: torch.ones(2) * (hp // 2 + hp % 2 + round(hp / 3, 1)),
    "power": lambda hp, g: torch.ones(2) * hp**0.5 * 2**hp,
    "normal_": lambda hp, g: torch.zeros(5).normal_(std=hp, generator=g),
    "normal": lambda hp, g: torch.normal(0.0, hp, (5,), generator=g),
    "normal by name": lambda hp, g: torch.normal(mean=torch.zeros(5), std=hp, generator=g),
    "normal of torch's own": lambda hp, g: torch.zeros(5).normal_(std=hp),
    "bernoulli": lambda hp, g: torch.full((9,), hp / 8).bernoulli(generator=g),
    "a stream that all begin": lambda hp, g: torch.zeros(5).normal_(
        std=hp, generator=torch.Generator().manual_seed(9)
    ),
    "init.normal_": lambda hp, g: started(nn.init.normal_, generator=g),
    "init.normal_ in order": lambda hp, g: started(nn.init.normal_, 0.0, hp, g),
    "init.xavier_uniform_": lambda hp, g: started(nn.init.xavier_uniform_, hp, generator=g),
    "rand_like": lambda hp, g: hp * torch.rand_like(torch.zeros(3)),
    "a place": lambda hp, g: put(torch.zeros(3, 2), 1, hp),
    "all places, one number": lambda hp, g: put(torch.zeros(3), slice(None), torch.tensor(hp)),
    "a column": lambda hp, g: put(torch.zeros(3, 3), (slice(None), 1), torch.full((3,), hp)),
    "masked": lambda hp, g: put(torch.zeros(3), torch.tensor([True, False, True]), hp),
    "places of their own": lambda hp, g: torch.arange(9.0)[torch.randperm(9, generator=g)],
    "from a derived stream": lambda hp, g: torch.rand(
        3, generator=derived(g, lambda own: torch.Generator().manual_seed(own.initial_seed() + 1))
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_comes_to_what_it_comes_to_alone(way: Way) -> None:
    together = generators(SEEDS)
    with Chances(SEEDS):
        result = way(numbers(VALUES, CPU), together)
        more = torch.rand(2, generator=together)
    for k, (value, seed) in enumerate(zip(VALUES, SEEDS, strict=True)):
        torch.manual_seed(seed)
        own = torch.Generator().manual_seed(seed)
        alone = way(value, own)
        found = member(result, k)
        assert (found.dtype, found.shape) == (alone.dtype, alone.shape)
        assert torch.allclose(found, alone, rtol=1e-6), (k, found, alone)
        assert torch.equal(member(more, k), torch.rand(2, generator=own))


REFUSED: dict[str, Callable[[Any], Any]] = {
    "math": lambda hp: torch.ones(2) * math.sqrt(hp),
    "math in torch's names": lambda hp: torch.clamp(torch.ones(2), max=math.log(hp)),
    "math, then members": lambda hp: hp * math.exp(hp),
    "float": float,
    "another's zero": lambda hp: 1 / (hp - 2),
    "which is larger": lambda hp: max(hp, 1.0),
    "a step of counting": int,
    "a start that asks": lambda hp: started(nn.init.orthogonal_, hp),
    "a start that rejects": lambda hp: started(nn.init.trunc_normal_, std=hp),
    "a place of its own": lambda hp: put(torch.zeros(3), torch.randperm(3)[:1], hp),
    "in place in what has no row": lambda hp: torch.arange(3.0).sub_(hp),
    "as many as there are": lambda hp: torch.nonzero(torch.rand(3)),
    "what vmap can't": lambda hp: torch.rand(3).apply_(float),
    "more than it takes": lambda hp: F.threshold(torch.zeros(3), hp, 0.0),
}


@pytest.mark.parametrize("way", REFUSED.values(), ids=REFUSED)
def test_what_has_no_answer_for_all_is_refused(way: Callable[[Any], Any]) -> None:
    with Chances(SEEDS), pytest.raises(PartWays, match=r"\. Run them one after another\.$"):
        way(numbers(VALUES, CPU))


def test_numpy_does_not_take_them_for_one() -> None:
    hp = numbers(VALUES, CPU)
    with pytest.raises(TypeError):
        np.sqrt(hp)
    assert isinstance(np.float64(2.0) * hp, MemberNumbers)


def test_a_nan_of_the_program_is_its_own() -> None:
    with Chances(SEEDS):
        assert torch.full((2,), math.nan).isnan().all()
        assert (torch.zeros(2) + math.nan).isnan().all()


@pytest.mark.parametrize("fill", [lambda w: w.normal_(), nn.init.normal_])
def test_what_all_share_is_not_filled_by_each(fill: Callable[[Tensor], Any]) -> None:
    shared = torch.arange(3.0)
    with Chances(SEEDS), pytest.raises(PartWays, match="share is written to"):
        fill(shared)
    with Chances(SEEDS), pytest.raises(PartWays, match="share is written to"):
        shared.fill_(numbers(VALUES, CPU))


@pytest.mark.parametrize("place", [4, -5])
def test_a_place_past_the_end_is_nobodys(place: int) -> None:
    rows = of(torch.arange(12.0).reshape(3, 4))
    index = of(torch.tensor([[0, 3], [1, place], [2, -4]]))
    with pytest.raises(IndexError, match=f"index {place} is out of bounds .* with size 4"):
        rows[index]


def test_not_a_number_agrees_with_itself_alone() -> None:
    assert math.isnan(agreed(torch.tensor([math.nan, math.nan])))
    assert agreed(torch.tensor([True, True])) is True
    for rows in ([math.nan, 0.0], [0.0, math.nan], [math.inf, torch.finfo().max]):
        with pytest.raises(PartWays):
            agreed(torch.tensor(rows))


def test_a_derived_stream_is_seeded_by_itself_too() -> None:
    made = derived(generators(SEEDS), lambda own: own.clone_state())
    own = torch.Generator().manual_seed(SEEDS[0])
    assert torch.equal(torch.rand(3, generator=made), torch.rand(3, generator=own))


def test_streams_are_put_back_where_they_stood() -> None:
    streams = generators(SEEDS)
    with (chances := Chances(SEEDS)):
        torch.rand(2, generator=streams)
        before = streams.get_state()
        drawn = torch.rand(3, generator=streams)
        streams.set_state(before)
        assert torch.equal(member(drawn, 2), member(torch.rand(3, generator=streams), 2))
        with chances.kept():
            drawn = torch.rand(3)
        assert torch.equal(member(drawn, 2), member(torch.rand(3), 2))


def test_a_seed_is_asked_of_all_where_it_is_one() -> None:
    assert generators([4, 4]).initial_seed() == 4
    with pytest.raises(PartWays, match=r"its own; chance\.derived"):
        generators(SEEDS).initial_seed()


def test_torchs_own_stream_is_what_it_was() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    with Chances(SEEDS):
        assert isinstance(started(nn.init.normal_), Members)
        torch.rand_like(torch.zeros(3))
    assert torch.equal(torch.get_rng_state(), before)
