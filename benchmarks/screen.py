"""What the screen costs: time to the first paint and point, keys, bytes, processor, memory."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.lab import COMMAND, has_curve, is_painted, lab
from benchmarks.measurement import Measurement, quantile, scatter
from benchmarks.terminal import Terminal, cpu_seconds, resident_megabytes
from tui_lab.events import MetricsLogged, RunFinished, RunStarted, to_json
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory, StatusRecord
from tui_lab.runs.encoding import dumps

_EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("r starts a run Hyperparameters")
Empty().run()
"""
_FOCUSED = "◂".encode()
"""The mark at the value of the knob that has the focus."""
_STEPS = 1_000_000
_BLOCK = 1000


def measure() -> Iterator[Measurement]:
    """The budgets on the screen."""
    yield from first_paint()
    yield from a_live_run()
    yield from an_idle_lab()
    yield from a_long_run()


def first_paint(pairs: int = 9) -> Iterator[Measurement]:
    """From exec to the first visible text, against an empty Textual app's."""
    ratios, ours = [], []
    for _ in range(pairs):
        with TemporaryDirectory() as folder:
            shown = _paint([*COMMAND, "weight-decay"], Path(folder))
            empty = _paint([sys.executable, "-c", _EMPTY_APP], Path(folder))
        ours.append(shown)
        ratios.append(shown / empty)
    note = f"{scatter(ratios)}; {1000 * statistics.median(ours):.0f} ms"
    yield Measurement(
        "first paint ÷ an empty Textual app's", statistics.median(ratios), 1.5, note=note
    )


def _paint(command: list[str], home: Path) -> float:
    with Terminal(command, environ={"TUI_LAB_HOME": str(home)}) as terminal:
        return terminal.wait_for(lambda text: "Hyperparameters" in text)


def a_live_run() -> Iterator[Measurement]:
    """While linear regression trains at full speed at 200×60, all panes live."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        arguments = ("linear-regression", "epochs=100000")
        with lab(home, *arguments, columns=200, rows=60) as terminal:
            terminal.wait_for(is_painted)
            terminal.watch(8.0)  # until the spare worker has imported torch
            first_points = [_first_point(terminal) for _ in range(5)]
            yield Measurement(
                "Enter to the first point, warm",
                1000 * statistics.median(first_points),
                150,
                "ms",
                note=scatter([1000 * seconds for seconds in first_points]),
            )
            terminal.press("r")  # keys while training, from the first knob down and up again
            terminal.watch(2.0)
            terminal.press("j")
            terminal.wait_for_bytes(_FOCUSED)
            delays = [_key_delay(terminal, "k" if i % 2 else "j") for i in range(200)]
            yield Measurement(
                "key press to changed screen while training, p99",
                1000 * quantile(delays, 0.99),
                50,
                "ms",
                note=f"p50 {1000 * quantile(delays, 0.5):.1f} ms of {len(delays)}",
            )
            yield from _steady(terminal, "training at full speed", 20.0, 0.06)


def _first_point(terminal: Terminal) -> float:
    """Start a run and wait for its curve; then stop it and let the next spare warm up."""
    terminal.press("r")
    terminal.wait_for(lambda text: not has_curve(text), 5.0)
    seconds = terminal.wait_for(has_curve)
    terminal.press("t")
    terminal.wait_for(lambda text: "stopped" in text)
    terminal.watch(6.0)
    return seconds


def _key_delay(terminal: Terminal, key: str) -> float:
    """Move to another knob and wait until its mark is sent, which nothing else sends."""
    terminal.press(key)
    try:
        delay = terminal.wait_for_bytes(_FOCUSED, 5.0)
    except TimeoutError:
        return float("inf")  # never seen: the worst there is, and shown as such
    terminal.watch(random.uniform(0.05, 0.25))  # keys come at any point of a frame
    return delay


def _steady(terminal: Terminal, when: str, kilobytes: float, share: float) -> Iterator[Measurement]:
    seconds = 15.0
    pid = terminal.process.pid
    cpu, start = cpu_seconds(pid), time.perf_counter()
    received = terminal.watch(seconds)
    elapsed = time.perf_counter() - start
    used = (cpu_seconds(pid) - cpu) / elapsed
    yield Measurement(
        f"bytes to the terminal, {when}", received / elapsed / 1000, kilobytes, "kB/s"
    )
    yield Measurement(f"processor of the UI, {when}", 100 * used, 100 * share, "%")


def an_idle_lab() -> Iterator[Measurement]:
    """With a finished run on the screen and nothing changing."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        with lab(home, "weight-decay", columns=200, rows=60) as terminal:
            terminal.wait_for(is_painted)
            terminal.press("r")
            terminal.wait_for(lambda text: "✓ finished" in text)
            terminal.watch(8.0)
            yield from _steady(terminal, "nothing changing", 0.1, 0.01)


def a_long_run() -> Iterator[Measurement]:
    """A run of a million steps, opened from its log."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        directory = _write_long_run(home)
        with lab(home, "attach", directory.id, columns=200, rows=60) as terminal:
            painted = terminal.wait_for(lambda text: "Hyperparameters" in text)
            shown = terminal.wait_for(has_curve)
            terminal.watch(5.0)
            yield Measurement(
                "first curve of a 1,000,000-step run, after the first paint",
                1000 * shown,
                300,
                "ms",
                note=f"painted after {1000 * painted:.0f} ms",
            )
            memory = resident_megabytes(terminal.process.pid)
            yield Measurement("memory of the UI after 1,000,000 steps", memory, 150, "MB")


def _started() -> RunStarted:
    return RunStarted(
        pid=0,
        host="",
        device="cpu",
        device_name="",
        threads=1,
        started="",
        total_steps=_STEPS,
        steps_per_epoch=100,
    )


def _write_long_run(home: Path) -> RunDirectory:
    """A finished run of linear regression with a million logged steps."""
    experiment = load_experiment("linear-regression")
    request = RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(experiment.choose({"epochs": 10000})),
    )
    (home / "runs").mkdir(parents=True)
    directory = RunDirectory.create(home / "runs", request, datetime.now(UTC))
    generator = np.random.default_rng(0)
    started = _started()
    keys = ("train/loss", "weight/1", "weight/2", "bias")
    with directory.events_path.open("wb") as file:
        file.write(dumps(to_json(started)) + b"\n")
        for first in range(1, _STEPS, _BLOCK):
            columns = {key: generator.random(_BLOCK, np.float32) for key in keys}
            block = MetricsLogged(t=first / 3000, kind="step", first=first, columns=columns)
            file.write(dumps(to_json(block)) + b"\n")
        file.write(dumps(to_json(RunFinished(t=333.0, step=_STEPS, epoch=10000))) + b"\n")
    directory.write_status(StatusRecord(status=RunStatus.FINISHED, step=_STEPS, epoch=10000))
    return directory


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
