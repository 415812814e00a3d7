"""The records of TensorBoard's event files: each between its length and its checksums.

    8 bytes  length n       4 bytes  checksum of the length
    n bytes  the record     4 bytes  checksum of the record

Checksums are CRC-32C, rotated and shifted ("masked"). Of many records they are computed together,
byte by byte across all of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

Sums = npt.NDArray[np.uint32]

_HEAD = struct.Struct("<QI")
_FOOT = struct.Struct("<I")
_POLYNOMIAL = 0x82F63B78
_MASK = 0xA282EAD8
_MOST = 4096
"""Records that are looked at together."""
LONGEST = 1 << 16
"""Bytes of a record that is read: numbers take few, pictures and graphs many."""


class BadRecord(ValueError):
    """What stands in a file is no sound record; the message goes on after "record 7"."""


def framed(records: Sequence[bytes]) -> bytes:
    """Records as they stand in a file."""
    lengths = [struct.pack("<Q", len(record)) for record in records]
    heads, feet = masked(lengths), masked(records)
    parts = zip(lengths, heads, records, feet, strict=True)
    return b"".join(
        length + _FOOT.pack(head) + record + _FOOT.pack(foot)
        for length, head, record, foot in parts
    )


def read_records(file: BinaryIO, size: int) -> Iterator[bytes | None]:
    """The records of a file of so many bytes; None for one that is too long to be of numbers, which
    is not read. Where a writer was interrupted in the last one, that is left out. Raises
    `BadRecord`."""
    count = place = 0
    while True:
        batch: list[bytes | None] = []
        sums: list[int] = []
        heads: list[tuple[bytes, int]] = []
        while len(batch) < _MOST and (head := file.read(_HEAD.size)):
            place += len(head)
            length, head_sum = _HEAD.unpack(head) if len(head) == _HEAD.size else (size, 0)
            if place + length + _FOOT.size > size:
                heads += [(head[:8], head_sum)] * (len(head) == _HEAD.size)
                break
            heads.append((head[:8], head_sum))
            place += length + _FOOT.size
            batch.append(_body(file, length, sums))
        _check(batch, sums, heads, count)
        yield from batch
        count += len(batch)
        if len(batch) < _MOST:
            return


def masked(records: Sequence[bytes]) -> list[int]:
    """The masked CRC-32C of each."""
    sums = crc32c(records).astype(np.uint64)
    turned = ((sums >> 15) | (sums << 17)) + _MASK
    return (turned & 0xFFFFFFFF).tolist()  # type: ignore[no-any-return]


def crc32c(records: Sequence[bytes]) -> Sums:
    """CRC-32C (Castagnoli) of each."""
    lengths = np.fromiter(map(len, records), np.int64, len(records))
    order = np.argsort(-lengths, kind="stable")
    longest = int(lengths.max(initial=0))
    rows = np.zeros((longest, len(records)), np.uint8)
    for column, index in enumerate(order):
        rows[: lengths[index], column] = np.frombuffer(records[index], np.uint8)
    sums = np.full(len(records), 0xFFFFFFFF, np.uint32)
    # Longest first: those that still have a byte are the first so many.
    left = np.searchsorted(-lengths[order], -np.arange(longest), side="left")
    for place in range(longest):
        some = sums[: left[place]]
        some[:] = _TABLE[(some ^ rows[place, : left[place]]) & 0xFF] ^ (some >> 8)
    found = np.empty_like(sums)
    found[order] = ~sums
    return found


def _body(file: BinaryIO, length: int, sums: list[int]) -> bytes | None:
    if length > LONGEST:
        file.seek(length + _FOOT.size, 1)
        return None
    record = file.read(length)
    sums.append(_FOOT.unpack(file.read(_FOOT.size))[0])
    return record


def _check(
    batch: Sequence[bytes | None], sums: list[int], heads: list[tuple[bytes, int]], count: int
) -> None:
    """Raises `BadRecord` for the first of a batch that is not what its checksums say."""
    for number, (found, (_, said)) in enumerate(
        zip(masked([length for length, _ in heads]), heads, strict=True), count + 1
    ):
        if found != said:
            raise BadRecord(f"record {number:,} has no sound length")
    read = [(n, record) for n, record in enumerate(batch, count + 1) if record is not None]
    for (number, _), found, said in zip(read, masked([r for _, r in read]), sums, strict=True):
        if found != said:
            raise BadRecord(f"record {number:,} is damaged: its checksum is not right")


def _table() -> Sums:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ _POLYNOMIAL, values >> 1).astype(np.uint32)
    return values


_TABLE = _table()
