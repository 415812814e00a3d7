"""What a run is trained on: as many threads, and the device, as are fastest for its program here.

Building gains nothing from threads, and on a busy box it loses: it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from tui_lab.run import RunRequest
from tui_lab.training.device import resolve_device
from tui_lab.training.program import Demonstration, Program
from tui_lab.worker.pace import Pace, counts_up_to, fastest, most_threads, rehearse

_LAUNCHES = 1e-3
"""Seconds: a step on a card takes about as long, however small, because a dozen kernels have to be
launched one by one; 0.75 to 2 ms were measured. What the CPU does faster needs no card."""

Build = Callable[[torch.device], Program]
Rehearse = Callable[..., Pace]


@dataclass(frozen=True)
class Fitted:
    """A built program, and what was found out about it."""

    program: Program
    remarks: tuple[str, ...] = ()


def fit(build: Build, request: RunRequest, *, rehearse: Rehearse = rehearse) -> Fitted:
    """The program on the device asked for, or on the faster one, and torch's threads set for it.

    Raises `DeviceError` for a device that is not there.
    """
    most = most_threads()
    torch.set_num_threads(1)
    card = resolve_device(request.device)
    device = torch.device("cpu") if request.device == "auto" else card
    program = build(device)
    torch.set_num_threads(request.threads or 1)
    may_choose_device = request.device == "auto" and card.type != "cpu"
    is_settled = device.type != "cpu" or bool(request.threads and not may_choose_device)
    if isinstance(program, Demonstration) or not program.epochs or is_settled:
        return Fitted(program)
    counts = [request.threads] if request.threads else counts_up_to(most)
    pace, remarks = _paced(program, counts, needed=may_choose_device, rehearse=rehearse)
    if pace:
        torch.set_num_threads(fastest(pace))
    if may_choose_device and pace:
        program, why = _on_the_faster(build, program, card, min(pace.values()), rehearse)
        remarks.append(why)
    return Fitted(program, tuple(remarks))


def _paced(
    program: Program, counts: list[int], *, needed: bool, rehearse: Rehearse
) -> tuple[Pace, list[str]]:
    """The pace of the program, and what to say of it; none where it can't be rehearsed, or where
    there is no choice and it is not `needed` otherwise."""
    if len(counts) == 1 and not needed:
        return {}, []
    try:
        pace = rehearse(program, counts)
    except (Exception, SystemExit) as error:  # a program's own: the run meets it again, says it
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return {}, [f"threads were not compared, 1 is taken: {reason}"]
    if len(counts) == 1:
        return pace, []
    rates = ", ".join(f"{_threads(n)} {1 / s:,.0f} steps/s" for n, s in sorted(pace.items()))
    return pace, [f"{rates}: {_threads(fastest(pace))} taken"]


def _on_the_faster(
    build: Build, program: Program, card: torch.device, on_cpu: float, rehearse: Rehearse
) -> tuple[Program, str]:
    """The program where its steps take less time, and why there."""
    if on_cpu <= _LAUNCHES:
        return (
            program,
            f"cpu taken: a step takes {1e3 * on_cpu:.2g} ms there, less than any on {card}",
        )
    other = build(card)
    (on_card,) = rehearse(other, [torch.get_num_threads()]).values()
    found = f"cpu {1 / on_cpu:,.0f} steps/s, {card} {1 / on_card:,.0f}"
    if on_card < on_cpu:
        return other, f"{found}: {card} taken"
    return program, f"{found}: cpu taken"


def _threads(count: int) -> str:
    return f"{count} thread{'' if count == 1 else 's'}"
