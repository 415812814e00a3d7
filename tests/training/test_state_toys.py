"""Protects the state of a program of one's own: whatever of torch, numpy and Python it holds comes
back from a file bit for bit, and goes on as if nothing had been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.toys import OPTIMIZERS, SCHEDULERS, drive, toy
from tui_lab.training.program import Program
from tui_lab.training.state import State, capture, restore
from tui_lab.training.state_file import digest, load, save

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torch.optim.lr_scheduler")
ON_A_CARD = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.xdist_group("cuda"),
]
DEVICES = ["cpu", pytest.param("cuda", marks=ON_A_CARD)]


def through_file(state: State, folder: Path) -> Any:
    with (folder / "state.pt").open("wb") as file:
        save(state, file)
    return load(folder / "state.pt")


def check(program: Program, fresh: Program, folder: Path) -> None:
    """`program` goes on, and so does `fresh` from what a file says of it: alike."""
    drive(program, 9)
    state = through_file(capture(program), folder)
    assert digest(state) == digest(capture(program))
    expected, end = drive(program, 50), digest(capture(program))
    drive(fresh, 2)  # whatever it did before must leave no trace
    restore(fresh, state)
    assert digest(capture(fresh)) == digest(state)
    assert drive(fresh, 50) == expected
    assert digest(capture(fresh)) == end


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on(tmp_path: Path, device: str, optimizer: str) -> None:
    check(toy(optimizer, device=device), toy(optimizer, device=device), tmp_path)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_schedule_goes_on(tmp_path: Path, device: str, scheduler: str) -> None:
    program, fresh = (toy(scheduler=scheduler, device=device) for _ in range(2))
    check(program, fresh, tmp_path)


def test_a_state_restored_twice_is_restored_twice() -> None:
    """Going on writes nothing into it."""
    program = toy("adam")
    drive(program, 9)
    kept = program.first.weight.grad
    assert kept is not None
    assert kept.any()
    state = capture(program)
    named = digest(state)
    first = drive(program, 20)
    restore(program, state)
    assert drive(program, 20) == first
    assert digest(state) == named


def test_collections_keep_their_kind(tmp_path: Path) -> None:
    program, fresh = toy(), toy()
    drive(program, 9)
    restore(fresh, through_file(capture(program), tmp_path))
    for name in ("recent", "seen", "kinds", "order", "largest", "one", "names", "missing"):
        kept = getattr(fresh, name)
        assert type(kept) is type(getattr(program, name))
        assert repr(kept) == repr(getattr(program, name))
    assert fresh.recent.maxlen == program.recent.maxlen
    assert fresh.missing["nothing yet"] == []
    assert fresh.names[2].high == 1.0
    assert fresh.own_dice.random() == program.own_dice.random()
    assert fresh.dice.random() == program.dice.random()


def test_what_the_program_shares_stays_shared(tmp_path: Path) -> None:
    """The optimizer updates the parameters, not copies of them."""
    program = toy()
    drive(program, 3)
    restore(program, through_file(capture(program), tmp_path))
    (group,) = program.optimizer.param_groups
    for parameter, held in zip(program.net.parameters(), group["params"], strict=True):
        assert parameter is held
    before = program.first.weight.clone()
    drive(program, 1)
    assert not torch.equal(before, program.first.weight)
