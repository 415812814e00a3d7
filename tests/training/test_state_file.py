"""Protects the file of a state and the digest that names it: a file that is torn or holds something
else is refused with a sentence, a full disk is an `OSError`, and no bit is without a say."""

from __future__ import annotations

import copy
import errno
import io
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.toys import drive, toy
from tui_lab.errors import ExperimentError
from tui_lab.training.state import State, capture, restore
from tui_lab.training.state_file import digest, load, save, size


class FullDisk(io.RawIOBase):
    """Takes so many bytes and no more."""

    def __init__(self, left: int) -> None:
        self.left = left

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(data) > self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.left -= len(data)
        return len(data)


@pytest.mark.parametrize("buffer", [1, 64, 8192])
def test_a_full_disk_is_an_error_of_the_system(buffer: int) -> None:
    """Wherever it is full: torch gives a RuntimeError that is none."""
    tree = {"a": torch.zeros(100), "b": [torch.ones(3)] * 2, "c": "text"}
    whole = io.BytesIO()
    save(tree, whole)
    for left in range(0, len(whole.getvalue()) - buffer, 37):
        disk = FullDisk(left)
        file = io.BufferedWriter(disk, buffer)
        with pytest.raises(OSError, match="No space left") as caught:
            save(tree, file)
        assert caught.value.errno == errno.ENOSPC
        disk.left = 1 << 20  # so that what is in the buffer can go


class Code:
    """What runs a program where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch /tmp/it-was-run",)


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("a text")


def _code(path: Path) -> None:
    torch.save({"state": Code()}, path)


def _pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Code()))


def _removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [_torn, _empty, _text, _code, _pickled, _removed])
def test_what_holds_no_state_is_refused(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "step-4.pt"
    with path.open("wb") as file:
        save({"a": torch.zeros(100)}, file)
    damage(path)
    with pytest.raises(ExperimentError, match=r"step-4\.pt holds no state \(.+\)\.$") as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert not Path("/tmp/it-was-run").exists()


@pytest.fixture(scope="module")
def state() -> State:
    program = toy("adam", "multi-step")
    drive(program, 9)
    return capture(program)


def _places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every leaf but the name of the device a tensor was on."""
    if isinstance(tree, dict | list):
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            if key != "device":
                yield from _places(tree[key], (*path, key))
    elif tree is not None and not (isinstance(tree, Tensor) and not tree.numel()):
        yield path


def _flipped(leaf: Any) -> Iterator[Any]:
    """The leaf with one bit flipped, at its beginning and at its end."""
    match leaf:
        case Tensor():
            for place in (0, -1):
                other = leaf.clone().contiguous()
                other.view(-1).view(torch.uint8)[place] ^= 1
                yield other
        case bool():
            yield not leaf
        case int():
            yield leaf ^ 1
        case float():
            bits = torch.tensor([leaf], dtype=torch.float64)
            bits.view(torch.int64).bitwise_xor_(1)
            yield bits.item()
        case str():
            yield leaf[:-1] + chr(ord(leaf[-1]) ^ 1) if leaf else "\0"
        case _:
            raise AssertionError(type(leaf))


def test_one_bit_in_any_leaf_changes_the_digest(state: State) -> None:
    tree, named, leaves = copy.deepcopy(state), digest(state), 0
    for *way, last in _places(tree):
        holder = tree
        for key in way:
            holder = holder[key]
        leaf = holder[last]
        for other in _flipped(leaf):
            holder[last] = other
            assert digest(tree) != named, (*way, last)
            leaves += 1
        holder[last] = leaf
    assert digest(tree) == named
    assert leaves > 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("1", 1),
        (None, "None"),
        ([1, [2]], [[1], 2]),
        ([], {}),
        ({"a": None}, {}),
        (["ab"], ["a", "b"]),
        (torch.zeros(2), torch.zeros(2, 1)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.int32)),
        (torch.tensor(0.0), 0.0),
    ],
)
def test_what_differs_has_another_digest(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


def test_equal_ones_have_one_digest() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    assert digest({"a": 1, "b": x}) == digest({"b": x.T.contiguous().T, "a": 1})
    assert digest(x[:, 1:]) == digest(x[:, 1:].clone())
    z = torch.complex(x, x)
    assert digest(z.conj()) == digest(z.conj().resolve_conj())
    for dtype in (torch.bfloat16, torch.bool, torch.int64):
        assert digest(x.to(dtype)) == digest(x.to(dtype).clone())
    assert digest(torch.tensor(torch.nan)) == digest(torch.tensor(torch.nan))


def test_size_counts_the_tensors() -> None:
    assert (
        size({"a": [torch.zeros(3)], "b": {"c": torch.zeros(2, dtype=torch.float64)}, "d": 5}) == 28
    )


def test_the_state_of_another_program_is_refused_with_a_sentence(state: State) -> None:
    other = toy()
    other.net = torch.nn.Sequential(torch.nn.Linear(4, 9))
    with pytest.raises(ExperimentError, match="What was kept of net does not fit this program"):
        restore(other, state)
    with pytest.raises(ExperimentError, match="What was kept of optimizer does not fit"):
        restore(toy("lbfgs"), capture(toy("sgd")))
