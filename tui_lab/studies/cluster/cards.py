"""Which graphics cards this machine has for trials, as CUDA_VISIBLE_DEVICES names them."""

from __future__ import annotations

from collections.abc import Mapping

import pynvml


def cards(environ: Mapping[str, str]) -> list[str]:
    """Those that the environment leaves, else all of them; empty where there are none."""
    if (named := environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in map(str.strip, named.split(",")) if name not in ("", "-1")]
    try:
        pynvml.nvmlInit()
        try:
            return [str(number) for number in range(pynvml.nvmlDeviceGetCount())]
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return []
