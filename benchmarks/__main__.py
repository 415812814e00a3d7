"""`make bench`: the table of budgets with what was measured, one row each.

`python -m benchmarks NAME…` measures some of them: training, screen, frame, …
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pkgutil import iter_modules

import benchmarks

_FIRST = ("training", "screen", "frame")


def names() -> list[str]:
    """Every module here that measures a budget, the lab's own first."""
    others = sorted(module.name for module in iter_modules(benchmarks.__path__))
    measuring = [name for name in others if _measures(name)]
    return [*_FIRST, *(name for name in measuring if name not in _FIRST)]


def _measures(name: str) -> bool:
    return hasattr(importlib.import_module(f"benchmarks.{name}"), "measure")


def main(chosen: list[str]) -> int:
    """Print each row as soon as it is measured; 1 when a budget was missed."""
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {load:.1f} at the start")
    missed = 0
    for name in chosen or names():
        for measurement in importlib.import_module(f"benchmarks.{name}").measure():
            missed += not measurement.is_met
            print(measurement, flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
