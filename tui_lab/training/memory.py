"""What memory is free, and who would take more of it."""

from __future__ import annotations

import os
from pathlib import Path

import pynvml
import torch

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")
_GIB = 2**30


class TooLarge(MemoryError):
    """So many bytes don't fit on `device`; the hyperparameter `knob` is what to turn down."""

    def __init__(self, wanted: int, free: str, device: torch.device, knob: str) -> None:
        super().__init__(f"tried to allocate {wanted / _GIB:.1f} GiB")
        self.free = free
        """As `spelled` says it."""
        self.device = device
        self.knob = knob


def require(wanted: int, device: torch.device, knob: str) -> None:
    """Raises `TooLarge` where that many bytes are more than are free. A host does not refuse them
    by itself: it hands them out, and ends whoever comes to use too many."""
    try:
        free, total = room(device)
    except (RuntimeError, ValueError, OSError, pynvml.NVMLError):  # nobody knows
        return
    if wanted > free:
        raise TooLarge(wanted, spelled(free, total), device, knob)


def spelled(free: int, total: int) -> str:
    """`0.3 of 140 GiB free`."""
    return f"{free / _GIB:.1f} of {total / _GIB:.0f} GiB free"


def room(device: torch.device) -> tuple[int, int]:
    """Bytes that are free on a device, and all it has. Raises `RuntimeError`, `ValueError`,
    `OSError` or `NVMLError` where nobody knows."""
    return _on_card(device) if device.type == "cuda" else _on_host()


def _on_card(device: torch.device) -> tuple[int, int]:
    try:
        return torch.cuda.mem_get_info(device)
    except RuntimeError:  # the answer needs a context, which may not fit; the driver needs none
        total = torch.cuda.get_device_properties(device).total_memory
        return total - torch.cuda.device_memory_used(device), total


def _on_host() -> tuple[int, int]:
    """What programs can still have, and all; less where a container has less."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = page * os.sysconf("SC_PHYS_PAGES")
    rooms = [(_available() or page * os.sysconf("SC_AVPHYS_PAGES"), total), *_of_group()]
    return min(rooms)


def _available() -> int:
    """What Linux reckons it can hand out, what it keeps of files included; 0 where it is not."""
    try:
        lines = _MEMORY.read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return 1024 * int(found[0]) if found else 0


def _of_group() -> list[tuple[int, int]]:
    """Of the control group that this process is in, where that has a limit."""
    try:
        most = int((_GROUP / "memory.max").read_text())
        taken = int((_GROUP / "memory.current").read_text())
        kept = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        return [(max(0, most - taken + int(kept.get("inactive_file", 0))), most)]
    except (OSError, ValueError):  # no limit is "max"
        return []
