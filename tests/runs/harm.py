"""Ways in which the bytes of a log come to harm, drawn by chance."""

from __future__ import annotations

import random
from collections.abc import Callable


def flip(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


def zero(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) - 100)
    return data[:place] + bytes(100) + data[place + 100 :]


def repeat(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    return b"".join([*lines[: place + 1], lines[place], *lines[place + 1 :]])


def swap(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    place = chance.randrange(len(lines) - 1)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    return b"".join(lines)


def cut(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.sample(range(len(data)), 2))
    return data[:first] + data[second:]


def lose_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[chance.randrange(len(lines) - 1)]
    return b"".join(lines)


def lose_seal(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    body = lines[place].rpartition(b',"crc"')[0]
    body = chance.choice((body, body.rpartition(b',"n"')[0]))
    return b"".join([*lines[:place], body + b"}\n", *lines[place + 1 :]])


def shorten(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


HARM: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    zero,
    repeat,
    swap,
    cut,
    lose_line,
    lose_seal,
)
"""All that leave something behind the place they strike."""
