"""What to say when memory runs out: what was asked for, what is free, and which knob to turn."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pynvml
import torch

from tui_lab.errors import DeviceError
from tui_lab.experiment import Experiment
from tui_lab.training.memory import TooLarge, room, spelled

_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC")
_ASKED = re.compile(r"allocate ([\d.]+ ?(?:[KMGT]i?B|bytes))", re.IGNORECASE)
_SIZES = ("batch_size", "hidden", "width", "size", "points", "seeds", "repeats", "train_examples")
"""Hyperparameters that memory grows with, the first to turn down first."""
_GIB = 2**30


@contextmanager
def explained(device: torch.device, experiment: Experiment) -> Iterator[None]:
    """Memory that runs out in here is a `DeviceError` in one sentence; the traceback is printed."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        traceback.print_exc()
        raise DeviceError(out_of_memory(error, str(device), experiment)) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on the host or on a device; torch has several ways to say so."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def out_of_memory(
    error: BaseException, device: str, experiment: Experiment | None, free: str | None = None
) -> str:
    """One sentence for a person; `free` is what memory there is, asked of `device` when not given.

    A knob is named only where the experiment has one that memory grows with.
    """
    asked = _ASKED.search(str(error))
    wanted = f" ({_spelled(asked[1])} more were asked for)" if asked else ""
    if isinstance(error, TooLarge):
        device, free = str(error.device), error.free
    free = _free(torch.device(device)) if free is None else free
    there = f" has {free}" if free else " ran out of memory"
    knobs = [error.knob] if isinstance(error, TooLarge) else _knobs(experiment)
    return f"{device}{there}{wanted}, too little for this run; {_cure(device, knobs)}."


def _knobs(experiment: Experiment | None) -> list[str]:
    names = {h.name for h in experiment.hyperparameters} if experiment else set()
    return [name for name in _SIZES if name in names]


def _cure(device: str, knobs: list[str]) -> str:
    cures = [f"turn {knobs[0]} down"] if knobs else []
    cures += ["use --device cpu"] if device.startswith("cuda") else []
    return " or ".join(cures) or "end something else that holds memory"


def _spelled(size: str) -> str:
    number, _, unit = size.partition(" ")
    return f"{int(number) / _GIB:.1f} GiB" if unit == "bytes" else size


def _free(device: torch.device) -> str:
    """`0.3 of 140 GiB free`; empty where nobody says."""
    try:
        return spelled(*room(device))
    except (RuntimeError, ValueError, OSError, pynvml.NVMLError):  # nobody knows
        return ""
