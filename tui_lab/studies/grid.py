"""Every combination of the values of ranges, one after the other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tui_lab.ranges import Range


def grid_size(ranges: Sequence[Range]) -> int | None:
    """How many combinations there are; None where there is no end of them."""
    sizes = [each.size for each in ranges]
    finite = [size for size in sizes if size is not None]
    return math.prod(finite) if len(finite) == len(sizes) else None


def combinations(ranges: Sequence[Range]) -> Iterator[Mapping[str, Any]]:
    """All of them, the last range varying fastest; for ranges that have an end."""
    names = [each.name for each in ranges]
    for values in itertools.product(*(each.points for each in ranges)):
        yield dict(zip(names, values, strict=True))
