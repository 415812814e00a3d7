"""`python -m benchmarks.cuda`: the table of a card's checks and budgets, in less than four minutes.

`python -m benchmarks.cuda NAME…` measures some of them: checks, epoch, population, shown.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time

import torch

from benchmarks import cuda
from benchmarks.cuda.data import images


def main(chosen: list[str]) -> int:
    """Print each row as soon as it is measured; 1 when one is not as it should be, 2 without a
    card."""
    if not torch.cuda.is_available():
        print("There is no CUDA device here, and nothing to measure without one.", file=sys.stderr)
        return 2
    begun, failed = time.perf_counter(), 0
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, Python "
        f"{platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    )
    names = chosen or [part.__name__.rpartition(".")[2] for part in cuda.PARTS]
    with images() as words:
        print(f"Fashion-MNIST: {words}", flush=True)
        for name in names:
            for row in importlib.import_module(f"benchmarks.cuda.{name}").measure():
                failed += not row.is_met
                print(row, flush=True)
    print(f"{failed} not as it should be; {time.perf_counter() - begun:.0f} s in all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
