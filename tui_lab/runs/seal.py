"""What ends each line of a log of format 2: its number, counted from 1, and a checksum.

`{…,"n":17,"crc":"1f2e3d4c"}`: CRC-32 of every byte before `,"crc"`. The number shows a line that
is missing, repeated or out of place, the checksum one that was altered. Format 1 has neither.
"""

from __future__ import annotations

from zlib import crc32

_SEAL = b',"crc":"%08x"}'
_BEGINNING = b',"crc":"'
_LENGTH = len(_SEAL % 0)
_MOST_DIGITS = 18


def sealed(line: bytes, number: int) -> bytes:
    """A JSON object with at least one member, as the `number`-th line of a log, newline and all."""
    body = b'%b,"n":%d' % (line[:-1], number)
    return body + _SEAL % crc32(body) + b"\n"


def number_of(line: bytes) -> int | None:
    """The number of a sealed line without its newline; None when its checksum is not right."""
    body = memoryview(line)[:-_LENGTH]
    if line[-_LENGTH:] != _SEAL % crc32(body):
        return None
    digits = bytes(body[-_MOST_DIGITS - 5 :]).rpartition(b',"n":')[2]
    return int(digits) if digits.isdigit() else None


def looks_sealed(line: bytes) -> bool:
    """Whether a line ends like a sealed one, right or not."""
    return line[-_LENGTH:].startswith(_BEGINNING)
