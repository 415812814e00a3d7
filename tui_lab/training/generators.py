"""The default generators of random numbers, of torch, numpy and Python, as a plain tree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def generators_kept(device: torch.device, *others: torch.Generator) -> Iterator[None]:
    """What is drawn in here from the default generators, and the others, is as if it had not
    been."""
    state, states = random_state(device), [other.get_state() for other in others]
    try:
        yield
    finally:
        restore_random(state, device)
        for other, before in zip(others, states, strict=True):
            other.set_state(before)


class HostDraws:
    """Whether numpy's or Python's default generator was drawn from since this was made."""

    def __init__(self) -> None:
        self._before = _on_host()

    def __bool__(self) -> bool:
        return _on_host() != self._before


def _on_host() -> tuple[Any, ...]:
    _, keys, *numbers = np.random.get_state(legacy=True)
    assert isinstance(keys, np.ndarray)
    return random.getstate(), keys.tobytes(), numbers


def random_state(device: torch.device) -> dict[str, Any]:
    """The default generators of torch, numpy and Python: a program of one's own may use any."""
    name, keys, *numbers = np.random.get_state(legacy=True)
    state: dict[str, Any] = {
        "cpu": torch.get_rng_state(),
        "numpy": {
            "name": str(name),
            "keys": torch.from_numpy(np.array(keys, np.int64)),
            "numbers": [n if isinstance(n, float) else int(n) for n in numbers],
        },
        "python": python_state(random.getstate()),
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random(state: dict[str, Any], device: torch.device) -> None:
    """Put the default generators back."""
    torch.set_rng_state(state["cpu"].cpu())
    numpy = state["numpy"]
    np.random.set_state((numpy["name"], numpy["keys"].cpu().numpy(), *numpy["numbers"]))
    random.setstate(python_tuple(state["python"]))
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)


def python_state(state: tuple[Any, ...]) -> dict[str, Any]:
    """The state of a generator of Python's as part of a tree."""
    version, internal, gauss = state
    return {
        "version": version,
        "internal": torch.from_numpy(np.array(internal, np.int64)),
        "gauss": gauss,
    }


def python_tuple(state: dict[str, Any]) -> tuple[Any, ...]:
    """What `python_state` was given."""
    return state["version"], tuple(state["internal"].tolist()), state["gauss"]
