"""What watching a script costs it: a plain loop of PyTorch that takes 10, 100 and 1,000 steps a
second by itself, with the lab's hooks attached to torch and without.

Both take turns in one process with the same steps, each of which waits its time out by computing;
ratios are formed pair by pair. A second figure is what the lab says itself that it takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.measurement import Measurement, scatter
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.watching import PROGRAM, Script
from tui_lab.worker.control import Control
from tui_lab.worker.record import RunRecord
from tui_lab.worker.script.driving import ScriptDriver
from tui_lab.worker.script.hooks import attached

_PAIRS, _SECONDS, _WARM_UP = 5, 4.0, 30
_SCRIPT = Script(path="/nowhere/train.py", directory="/nowhere")
_REQUEST = RunRequest(
    experiment=_SCRIPT.experiment, program=PROGRAM, hyperparameters={}, script=_SCRIPT
)


class Loop:
    """A loop of a tutorial: a small network, momentum, one example of everything."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._data = torch.randn(256, 20)
        self._model = torch.nn.Sequential(
            torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)
        )
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=1e-4, momentum=0.9)

    def take(self, steps: int) -> float:
        """Take so many; gives the seconds that it took."""
        begun = time.perf_counter()
        for _ in range(steps):
            self._optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(self._model(self._data), self._data[:, :1])
            loss.backward()
            self._optimizer.step()
            end = time.perf_counter() + self._pause
            while time.perf_counter() < end:
                pass
        return time.perf_counter() - begun


def measure() -> Iterator[Measurement]:
    """Two rows for each rate."""
    torch.set_num_threads(1)
    for rate, budget in ((10, 0.98), (100, 0.98), (1000, 0.8)):
        steps = max(20, int(rate * _SECONDS))
        ratios, shares = zip(*(_pair(1 / rate, steps) for _ in range(_PAIRS)), strict=True)
        yield Measurement(
            f"seconds alone ÷ watched, a script at {rate:,} steps/s",
            statistics.median(ratios),
            budget,
            at_least=True,
            note=scatter(ratios),
        )
        yield Measurement(
            f"of its time, as the lab says, at {rate:,} steps/s",
            100 * statistics.median(shares),
            100 * (1 - budget),
            "%",
            note=scatter([100 * share for share in shares]),
        )


def _pair(pause: float, steps: int) -> tuple[float, float]:
    before = Loop(pause)
    before.take(_WARM_UP)
    alone = before.take(steps)
    watched, share = _watched(pause, steps)
    return (alone + before.take(steps)) / 2 / watched, share


def _watched(pause: float, steps: int) -> tuple[float, float]:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        directory = RunDirectory.create(Path(folder), _REQUEST, datetime.now(UTC))
        control = Control(Path(folder) / "control")
        stack.callback(control.close)
        driver = ScriptDriver(directory, RunRecord(directory), control, _REQUEST)
        spent = [0.0]

        def took(seconds: float) -> None:
            spent[0] += seconds

        with attached(driver.loop, took):
            loop = Loop(pause)
            loop.take(_WARM_UP)  # it is found out what there is, once
            before = spent[0]
            seconds = loop.take(steps)
        return seconds, (spent[0] - before) / seconds


if __name__ == "__main__":
    print(*measure(), sep="\n")
