"""A program's state in a file, and the digest that names it."""

from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from tui_lab.errors import ExperimentError


def save(tree: Any, file: BinaryIO) -> None:
    """Write a plain tree; raises `OSError`."""
    torch.save(tree, file)


def load(path: Path) -> Any:
    """The tree in a file, its tensors on the CPU; no code that the file names is run. Raises
    `ExperimentError` for a file that is torn or holds something else."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ExperimentError(f"{path.name} holds no state ({reason}).") from error


def digest(tree: Any) -> str:
    """SHA-256 of a plain tree: the same for equal ones, wherever their tensors lie and in whatever
    order their names stand. NaN is told from NaN by its bits."""
    found = hashlib.sha256()
    for part in _parts(tree):
        found.update(part)
    return found.hexdigest()


def _parts(tree: Any) -> Iterator[bytes]:
    match tree:
        case Tensor():
            yield f"tensor {tree.dtype} {tuple(tree.shape)};".encode()
            yield _bytes(tree)
        case dict():
            yield b"{"
            for key in sorted(tree):
                if key != "device":
                    yield from _parts(key)
                    yield from _parts(tree[key])
            yield b"}"
        case list():
            yield b"["
            for item in tree:
                yield from _parts(item)
            yield b"]"
        case float():
            yield b"f" + struct.pack("<d", tree)
        case _:
            yield f"{type(tree).__name__} {tree!r};".encode()


def _bytes(tensor: Tensor) -> bytes:
    values = tensor.detach()
    if values.layout is not torch.strided:
        values = values.to_dense()
    return values.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
