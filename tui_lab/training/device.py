"""From the name of a device, as typed, to the device."""

from __future__ import annotations

import re

import torch

from tui_lab.errors import DeviceError

_NAME = re.compile(r"auto|cpu|cuda(:\d{1,3})?")


def resolve_device(name: str) -> torch.device:
    """The device called `auto`, `cpu`, `cuda` or `cuda:N`; raises `DeviceError`.

    `auto` is the current CUDA device where there is one, else the CPU. A CUDA device always comes
    with its number.
    """
    if _NAME.fullmatch(name) is None:
        raise DeviceError(f"A device is auto, cpu, cuda or cuda:N, not {name[:40]!r}.")
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    return _cuda_device(name)


def _cuda_device(name: str) -> torch.device:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise DeviceError(
            "CUDA was asked for, but this PyTorch finds no CUDA device; use --device cpu."
        )
    index = int(name.partition(":")[2]) if ":" in name else torch.cuda.current_device()
    if index >= count:
        known = "only cuda:0 is" if count == 1 else f"cuda:0 to cuda:{count - 1} are"
        raise DeviceError(f"{name} was asked for, but {known} present.")
    return torch.device("cuda", index)
