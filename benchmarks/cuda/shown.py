"""Training speed on a card with the lab on a screen of 200 × 60, against a plain loop over the same
steps on the same card. The loop runs before the lab and after it, and nothing else beside either;
it reads no loss on the host, and gathers batches as ours does, both of which the notes' own loop
pays for. For linear regression, whose loop the notes write out, that one is timed too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.bare import notes
from benchmarks.cuda.run import CARD, made
from benchmarks.lab import lab, newest_run, steps_per_second
from benchmarks.measurement import Measurement
from benchmarks.terminal import Terminal
from tui_lab.events import Remarked
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.tail import read_events
from tui_lab.training.program import Program

BUDGETS = {"mlp": 8.0, "dropout": 8.0, "weight-decay": 12.0, "linear-regression": 20.0}
_EPOCHS = {"mlp": 2000, "dropout": 2000, "weight-decay": 1_000_000, "linear-regression": 100_000}
"""More than are taken."""
_SECONDS, _WARM = 2.5, 1.5
_LOOP = 0.8
_PATIENCE = 40.0


def measure() -> Iterator[Measurement]:
    """A row for each experiment that has a budget."""
    for name, budget in BUDGETS.items():
        program = made(name, {})
        before = _rate(_steps(program))
        shown, said = _shown(name)
        plain = max(before, _rate(_steps(program)))
        note = f"{shown:,.0f} and {plain:,.0f} steps/s"
        if name == "linear-regression":
            note += f"; the notes' own loop {_rate(notes(CARD)):,.0f}"
        note += "".join(f"; {message}" for message in said)
        what = f"steps/s, lab on screen ÷ plain loop, {name}"
        yield Measurement(what, shown / plain, budget, at_least=True, note=note)


def _shown(name: str) -> tuple[float, list[str]]:
    """Steps per second of a run whose screen is on, and what its log remarks."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        words = (name, f"epochs={_EPOCHS[name]}", "--device", "cuda")
        with lab(home, *words, columns=200, rows=60) as terminal:
            _painted(terminal)
            terminal.press("r")
            _wait(terminal, lambda: bool(Catalogue(home / "runs").summaries()))
            run = newest_run(home)
            _wait(terminal, lambda: run.status_record().step > 0)
            terminal.watch(_WARM + _SECONDS + 1.0)
            log = read_events(run.events_path)
            said = [event.message for event in log if isinstance(event, Remarked)]
            return steps_per_second(run, _WARM, _WARM + _SECONDS), said


def _painted(terminal: Terminal) -> None:
    """Receive until nothing more comes."""
    while terminal.pump(1.0) or not terminal.bytes:
        pass


def _wait(terminal: Terminal, done: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + _PATIENCE
    while not done():
        if time.perf_counter() > deadline:
            raise TimeoutError("No run began.")
        terminal.pump(0.2)


def _steps(program: Program) -> Iterator[None]:
    """A program's steps, driven by nothing, its whole sets measured after each epoch."""
    while True:
        for batch in program.batches:
            for _ in program.step(batch):
                pass
            yield
        with torch.no_grad():
            sum(float(value) for value in program.evaluate().values())


def _rate(steps: Iterator[None]) -> float:
    """Steps per second, after some to warm up."""
    for _ in range(20):
        next(steps)
    torch.cuda.synchronize()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < _LOOP:
        next(steps)
        count += 1
    torch.cuda.synchronize()
    return count / (time.perf_counter() - start)
