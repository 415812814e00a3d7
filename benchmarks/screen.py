"""What the screen costs: time to the first paint and point, keys, bytes, processor."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.lab import COMMAND, has_curve, is_painted, lab
from benchmarks.measurement import Measurement, quantile, scatter
from benchmarks.terminal import Terminal, cpu_seconds

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


def measure() -> Iterator[Measurement]:
    """The budgets on the screen."""
    yield from first_paint()
    yield from a_live_run()
    yield from an_idle_lab()


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


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
