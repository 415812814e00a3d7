"""What a card is good for: steps taken from CUDA graphs are checked against the same steps taken
one by one, and timed against plain loops. Needs the package and a card, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.cuda import checks, epoch, population, shown
from benchmarks.cuda.data import images
from benchmarks.measurement import Measurement

PARTS = (checks, epoch, population, shown)


def measure() -> Iterator[Measurement]:
    """Every row, where there is a card; none elsewhere."""
    if not torch.cuda.is_available():
        return
    with images():
        for part in PARTS:
            yield from part.measure()
