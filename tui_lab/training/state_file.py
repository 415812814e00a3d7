"""A program's state in a file, and the digest that names it."""

from __future__ import annotations

import errno
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from tui_lab.errors import ExperimentError


def save(tree: Any, file: BinaryIO) -> None:
    """Write a plain tree; raises `OSError`."""
    try:
        torch.save(tree, file)
    except RuntimeError as error:  # torch's, where the file gave a reason of its own
        reason = error.__context__
        if isinstance(reason, OSError):
            raise OSError(reason.errno, reason.strerror) from error
        raise OSError(errno.EIO, _first_line(error)) from error


def load(file: Path | BinaryIO) -> Any:
    """The tree in a file, its tensors on the CPU; no code that the file names is run. Raises
    `ExperimentError` for a file that is torn or holds something else."""
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # which one depends on where it is torn
        name = f"{file.name} holds" if isinstance(file, Path) else "It holds"
        raise ExperimentError(f"{name} no state ({_first_line(error)}).") from error


def size(tree: Any) -> int:
    """Bytes of the tensors in a plain tree."""
    match tree:
        case Tensor():
            return tree.numel() * tree.element_size()
        case dict():
            return sum(map(size, tree.values()))
        case list():
            return sum(map(size, tree))
    return 0


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


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
            where = {"device"} if tree.get("kind") == "tensor" else set()
            for key in sorted(tree):
                if key not in where:
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
    values = values.resolve_conj().resolve_neg().cpu().contiguous()
    return values.flatten().view(torch.uint8).numpy().tobytes()
