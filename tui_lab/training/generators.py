"""The default generators of random numbers, of torch, numpy and Python, as a plain tree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

Generator = torch.Generator | np.random.Generator | np.random.RandomState | random.Random


@contextmanager
def generators_kept(device: torch.device, *others: Generator) -> Iterator[None]:
    """What is drawn in here from the default generators, and the others, is as if it had not
    been."""
    state, states = random_state(device), [state_of(other) for other in others]
    try:
        yield
    finally:
        restore_random(state, device)
        for other, before in zip(others, states, strict=True):
            set_state(other, before)


def state_of(generator: Generator) -> Any:
    """How far a generator has come, for `set_state`."""
    match generator:
        case np.random.Generator():
            return generator.bit_generator.state
        case random.Random():
            return generator.getstate()
    return generator.get_state()


def set_state(generator: Generator, state: Any) -> None:
    """Put a generator back to where it was."""
    match generator:
        case np.random.Generator():
            generator.bit_generator.state = state
        case random.Random():
            generator.setstate(state)
        case _:
            generator.set_state(state)


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
