"""Shares of classes as whole numbers of examples; the declaration checks with it, without torch."""

from __future__ import annotations

import math
from collections.abc import Sequence


def full_shares(given: Sequence[float], classes: int) -> list[float]:
    """Shares of sum 1; classes beyond the given numbers count as much as the last of them."""
    numbers = [*given, *[given[-1]] * (classes - len(given))]
    return [number / sum(numbers) for number in numbers]


def counts(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers of sum `total` as near to the shares as can be, by largest remainders."""
    exact = [share * total for share in shares]
    whole = [math.floor(number) for number in exact]
    by_remainder = sorted(range(len(exact)), key=lambda j: whole[j] - exact[j])
    for j in by_remainder[: total - sum(whole)]:
        whole[j] += 1
    return whole
