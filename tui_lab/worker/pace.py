"""How long a program's steps take with each number of threads, on what is free of this box now.

A few steps are rehearsed and taken back: state is captured before and restored after, so that the
run itself takes all its steps with one number of threads, and gives the numbers it would have
given without. It matters: sums over threads round in another order.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import torch

from tui_lab.training.program import Program, forget_step
from tui_lab.training.state import capture, restore

_ROUNDS = 5
_STEPS = 4
"""In a row with one number of threads; the first wakes them and is not counted."""
_SLOW = 0.03
"""Seconds of a step that is counted though it is the first, and is the only one of its round."""
_LONGEST = 0.15
"""Seconds after which no other round begins; the first point of a curve waits for this."""
_PREFERENCE = 1.1
"""Times as long that steps with fewer threads may take: the others are free for others then."""
_HOPELESS = 2.0
"""Times as long as the best: such a number of threads is not tried again."""

_AFFINITY: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)

Pace = dict[int, float]
"""Seconds per step by number of threads."""


def rehearse(
    program: Program, counts: Sequence[int], clock: Callable[[], float] = time.perf_counter
) -> Pace:
    """The mean step of a built program for each of `counts`, which take turns; afterwards the
    program is as it was. Raises `TypeError` for one whose state can't be captured, and whatever
    its steps raise.

    The mean, because threads that wait for a busy core are slow now and then, and that is what
    they cost; but for the slowest step, which may have met something else.
    """
    state, before = capture(program), torch.get_num_threads()
    steps = _steps(program)
    times: dict[int, list[float]] = {count: [] for count in counts}
    deadline = clock() + _LONGEST
    try:
        for _ in range(_ROUNDS):
            for count in times:
                times[count] += _timed(steps, count, clock)
            times = _hopeful(times)
            if clock() >= deadline or len(times) == 1:
                break
    finally:
        torch.set_num_threads(before)
        restore(program, state)
        forget_step(program)
    return {count: _mean(taken) for count, taken in times.items()}


def fastest(pace: Pace) -> int:
    """The number of threads to take: the fewest of those that are about as fast as the best."""
    best = min(pace.values())
    return min(count for count, seconds in pace.items() if seconds <= _PREFERENCE * best)


def counts_up_to(most: int) -> list[int]:
    """1, 2, 4 … and the most."""
    return sorted({1 << power for power in range(most.bit_length())} | {most})


def most_threads(
    affinity: Callable[[int], set[int]] | None = _AFFINITY,
    quota: Path = Path("/sys/fs/cgroup/cpu.max"),
) -> int:
    """How many threads this process may keep busy: no more than torch starts with (which is what
    $OMP_NUM_THREADS says), than it has cores, or than its control group pays for."""
    bounds = [torch.get_num_threads()]
    if affinity is not None:
        bounds.append(len(affinity(0)))
    with suppress(OSError, ValueError):  # no such group, or "max": no bound
        allowed, period = quota.read_text().split()
        bounds.append(-(-int(allowed) // int(period)))
    return max(1, min(bounds))


def _steps(program: Program) -> Iterator[None]:
    """Steps of the program without an end, one each time; nobody looks."""
    batches = chain.from_iterable(iter(lambda: program.batches, None))
    for batch in batches:
        for _ in program.step(batch):
            pass
        if program.device.type == "cuda":
            torch.cuda.synchronize(program.device)  # or the launches alone are timed
        yield


def _timed(steps: Iterator[Any], count: int, clock: Callable[[], float]) -> list[float]:
    torch.set_num_threads(count)
    times = [clock()]
    for _ in range(_STEPS):
        next(steps)
        times.append(clock())
        if times[1] - times[0] > _SLOW:
            return [times[1] - times[0]]
    return [after - before for before, after in pairwise(times[1:])]


def _mean(taken: list[float]) -> float:
    return statistics.mean(sorted(taken)[:-1] or taken)


def _hopeful(times: dict[int, list[float]]) -> dict[int, list[float]]:
    least = {count: min(taken) for count, taken in times.items()}
    best = min(least.values())
    return {count: times[count] for count in times if least[count] <= _HOPELESS * best}
