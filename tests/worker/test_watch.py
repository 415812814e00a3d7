"""Protects the speed of a step that is looked at: looking wakes none of torch's other threads, and
the step itself has all of them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from tui_lab.training.phase import FORWARD
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.watch import StepWatch

THREADS = 3


@pytest.fixture(autouse=True)
def several_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


class Probe:
    """Notes with how many threads it looks, and how long it is told to rest."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.rests: list[tuple[float, float]] = []

    def _look(self, *_: object) -> None:
        self.threads.append(torch.get_num_threads())

    begin = observe = _look

    def snapshot(self, step: int, *, held: bool) -> dict[str, Any]:
        self._look()
        return {"step": step, "grad_enabled": True, "graph": False, "parameters": []}

    def remarks(self) -> list[str]:
        return []

    def rest(self, now: float, spent: float) -> None:
        self.rests.append((now, spent))


def test_looking_takes_one_thread_and_the_step_has_all() -> None:
    probe = Probe()
    clock = iter([10.0, 10.1, 20.0, 20.05, 30.0, 30.1, 40.0]).__next__
    publisher = SimpleNamespace(probe=probe, t=0.0, note=lambda event: None)
    watch = StepWatch(cast("Publisher", publisher), clock)
    watch.begin(1, ())
    between = torch.get_num_threads()
    watch.observe(FORWARD)
    watch.end(1, held=False)
    assert probe.threads == [1, 1, 1]
    assert between == torch.get_num_threads() == THREADS
    ((now, spent),) = probe.rests
    assert (now, round(spent, 9)) == (40.0, 0.25)  # looking alone, not the step between
