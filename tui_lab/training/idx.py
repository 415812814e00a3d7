"""The IDX file format of MNIST and its relatives: a big-endian header, then bytes; gzipped or not.

    0 0 <type> <dimensions>   then the size of each dimension in 4 bytes, then the elements

Only unsigned bytes (type 8) are read: images have three dimensions, labels one.
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

from tui_lab.errors import DataError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 8
_KINDS = {1: "labels", 3: "images"}
_MOST_BYTES = 1 << 31
"""Uncompressed bytes of one file that are still read: forty times Fashion-MNIST's largest."""


def read_bytes(path: Path) -> bytes:
    """The uncompressed bytes of a file; what it is called does not matter.

    Raises `DataError` for a file that can't be read or that gzip finds damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}).") from error
    return gunzip(data, str(path)) if data.startswith(_GZIP) else data


def gunzip(data: bytes, name: str, most: int = _MOST_BYTES) -> bytes:
    """Undo gzip; raises `DataError` for `data` cut short or damaged, or of over `most` bytes."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        unpacked = inflate.decompress(data, most)
    except zlib.error as error:
        raise DataError(f"{name} is damaged ({error}).") from error
    if inflate.unconsumed_tail:
        raise DataError(f"{name} is not what its name says: it unpacks to over {most:,} bytes.")
    if not inflate.eof:
        raise DataError(f"{name} is truncated: its gzip stream breaks off.")
    return unpacked


def decode(data: bytes, kind: str, name: str) -> Tensor:
    """The elements of an IDX file as uint8: `kind` is `images` (n, rows, columns) or `labels` (n,).

    Raises `DataError`, in one sentence that begins with `name`, for anything else.
    """
    shape = _shape(data, kind, name)
    header = 4 + 4 * len(shape)
    expected = header + math.prod(shape)
    if len(data) != expected:
        what = "truncated" if len(data) < expected else "damaged"
        raise DataError(f"{name} is {what}: it holds {len(data):,} bytes instead of {expected:,}.")
    if not math.prod(shape):
        raise DataError(f"{name} holds no {kind}.")
    # frombuffer wants memory that may be written, and `data` may not.
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=header).view(shape)


def _shape(data: bytes, kind: str, name: str) -> tuple[int, ...]:
    if len(data) < 4:
        raise DataError(f"{name} is truncated: it holds {len(data)} bytes.")
    zero, element, dimensions = struct.unpack_from(">HBB", data)
    if zero or element != _UNSIGNED_BYTE:
        raise DataError(f"{name} is no IDX file of bytes (it begins with 0x{data[:4].hex()}).")
    found = _KINDS.get(dimensions, f"an array of {dimensions} dimensions")
    if found != kind:
        raise DataError(f"{name} holds {found}, not {kind}; are two files swapped?")
    if len(data) < 4 + 4 * dimensions:
        raise DataError(f"{name} is truncated: it ends inside its header.")
    return struct.unpack_from(f">{dimensions}I", data, 4)
