"""Runs a case for real: what it shows, what it raises and where, what it saves for backward."""

from __future__ import annotations

import inspect
import textwrap
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

import torch
from torch import Tensor

from tui_lab.experiments.autograd import arrays, contexts, derivatives, freezing, graphs, switches
from tui_lab.experiments.autograd.witness import Given, See

Case = Callable[[See, Given], None]

CASES: Mapping[str, Case] = {
    case.__name__: case
    for part in (switches, contexts, graphs, derivatives, arrays, freezing)
    for case in part.CASES
}
UNDER: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
    "nothing": nullcontext,
    "no_grad": torch.no_grad,
    "enable_grad": torch.enable_grad,
    "inference_mode": torch.inference_mode,
}
_EXPECTED = (RuntimeError, TypeError, ValueError, AttributeError)
"""What PyTorch raises at code that makes no sense to it; anything else is a defect here."""
_FOR_CHECKERS = "  # type: ignore"


@dataclass(frozen=True)
class Execution:
    """What happened when a case was run."""

    case: Case
    see: See
    error: Exception | None
    error_line: int
    """The line that raised, counted from the first of the case; -1 without an error."""


def execute(name: str, under: str, given: Given, seed: int) -> Execution:
    """Run a case inside a switch; what it raises becomes part of what is shown."""
    case, see = CASES[name], See()
    try:
        _run(case, see, under, given, seed)
    except _EXPECTED as error:
        frame, line = _place(case, error)
        see("as it raised", **{k: v for k, v in frame.items() if isinstance(v, Tensor)})
        return Execution(case, see, error.with_traceback(None), line)
    return Execution(case, see, None, -1)


def saved_bytes(name: str, under: str, given: Given, seed: int) -> int:
    """Bytes that a case keeps for backward, counted in a run of its own: hooks that see them
    would turn off some of autograd's own checks."""
    total = 0

    def pack(tensor: Tensor) -> Tensor:
        nonlocal total
        total += tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, _as_it_is), suppress(*_EXPECTED):
        _run(CASES[name], See(), under, given, seed)
    return total


def source(case: Case) -> list[str]:
    """The lines of a case as written, without remarks meant for a type checker."""
    lines = textwrap.dedent(inspect.getsource(case)).splitlines()
    return [line.partition(_FOR_CHECKERS)[0] for line in lines]


def point(case: Case) -> str:
    """What a case is there to show."""
    return inspect.getdoc(case) or ""


def _run(case: Case, see: See, under: str, given: Given, seed: int) -> None:
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(seed)
        with UNDER[under]():
            case(see, given)


def _place(case: Case, error: Exception) -> tuple[Mapping[str, object], int]:
    """What the case's names stood for when it raised, and at which of its lines that was."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code is case.__code__:
            return frame.f_locals, line - case.__code__.co_firstlineno
    raise AssertionError(f"{case.__name__} did not raise this.") from error


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor
