"""Which executor a study's runs go on in, by the words it was asked for with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tui_lab.studies.cluster.opening import checked, open_cluster, usual_room
from tui_lab.studies.executor import Executor, Slot
from tui_lab.studies.local import LocalExecutor
from tui_lab.studies.splitting import Splitting
from tui_lab.study import StudyRequest

Make = Callable[[StudyRequest], Executor]

_CARDS = Path("/proc/driver/nvidia/gpus")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_MOST_SLOTS = 8
"""Runs at once where nobody said how many: each has some 200 MB of memory of its own."""


def log(sentence: str) -> None:
    """Into the coordinator's log, which is its standard output."""
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


def executor_for(request: StudyRequest, say: Callable[[str], object] = log) -> Executor:
    """The executor for `request.on`; `say` is called with a sentence when something changes there.
    Raises `TuiLabError` where it can't be had."""
    if request.on:
        return open_cluster(request.on, request.slots, request.device, say)
    return LocalExecutor(local_slots(request.slots, request.device), Splitting())


def check_place(on: str) -> None:
    """Whether a study can run there, as far as can be told from here; raises `UsageError`."""
    if on:
        checked(on)


def local_slots(count: int, device: str) -> list[Slot]:
    """Room for so many runs at once, spread over the cards of this machine unless the device is
    one of them, or none."""
    numbers = cards() if device in ("auto", "cuda") else []
    spread = len(numbers) > 1
    return [
        Slot(str(n), environment={_VISIBLE: numbers[n % len(numbers)]} if spread else {})
        for n in range(count)
    ]


def usual_slots(device: str, on: str = "") -> int:
    """How many runs go on at once where nobody says: one for each card, so one on a card that is
    named, else for each core; in other places what is usual there."""
    if on:
        return usual_room(on)
    if device.startswith("cuda:"):
        return 1
    if device in ("auto", "cuda") and (found := cards()):
        return len(found)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, _MOST_SLOTS)


def cards(environ: Mapping[str, str] = os.environ, driver: Path = _CARDS) -> list[str]:
    """The cards that CUDA may use, as CUDA_VISIBLE_DEVICES names them; torch is not asked."""
    if (named := environ.get(_VISIBLE)) is not None:
        return [name for name in map(str.strip, named.split(",")) if name not in ("", "-1")]
    try:
        return [str(number) for number in range(len(os.listdir(driver)))]
    except OSError:
        return []
