"""A history of 2,000 runs: how long it is read, and how long a key waits while it is listed."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from benchmarks.measurement import Measurement, scatter
from tui_lab.config import Settings
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.status import StatusRecord
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.runs.screen import RunsScreen
from tui_lab.tui.session.lab_session import LabSession

_RUNS = 2000
_ROUNDS = 5
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SIZE = (120, 40)


def measure() -> Iterator[Measurement]:
    """Reading by the catalogue, then the screen that lists what it reads."""
    with tempfile.TemporaryDirectory() as home:
        runs = Path(home, "runs")
        _make(runs)
        yield from _reading(runs)
        waits, letters = zip(*(asyncio.run(_listing(runs)) for _ in range(_ROUNDS)), strict=True)
        yield _row("longest wait of a key while they come to the list", waits, 50.0)
        yield _row("a letter of the filter to the changed list", letters, 50.0)


def _reading(runs: Path) -> Iterator[Measurement]:
    catalogue = Catalogue(runs)
    last = catalogue.summaries()[-1].id
    yield _row(
        "all of them, for the first time", _times(lambda: Catalogue(runs).summaries()), 1000.0
    )
    yield _row("all of them, again", _times(catalogue.summaries), 50.0)
    yield _row("which of them are live, again", _times(catalogue.live), 50.0)
    yield _row("one of them", _times(lambda: Catalogue(runs).summary(last)), 5.0)


def _row(what: str, seconds: tuple[float, ...] | list[float], budget: float) -> Measurement:
    times = [1000 * time_ for time_ in seconds]
    figure = statistics.median(times)
    return Measurement(f"{_RUNS:,} runs: {what}", figure, budget, "ms", note=scatter(times))


def _times(work: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return times


async def _listing(runs: Path) -> tuple[float, float]:
    """The longest time that the event loop was held up, and that one letter took.

    The runs come to a screen that is there: opening one is the toolkit's time.
    """
    place = runs.with_name("listed")
    session = LabSession(place, Settings())
    async with TuiLabApp(session).run_test(size=_SIZE) as pilot:
        await pilot.press("h")
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        runs.rename(place)
        gc.collect()  # what the rounds before left behind is no part of it
        gc.freeze()
        waits = list[float]()
        beat = asyncio.create_task(_beat(waits))
        screen.refresh_runs()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat
        letter = await _letter(pilot, screen)
    session.close()
    place.rename(runs)
    return max(waits), letter


async def _letter(pilot: Pilot[int], screen: RunsScreen) -> float:
    await pilot.press("slash")
    begun = time.perf_counter()
    screen.filter_input.value = "7"
    while screen.filter_text != "7":
        await asyncio.sleep(0)
    return time.perf_counter() - begun


async def _beat(waits: list[float]) -> None:
    """Write down by how much each turn of the event loop comes late."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        waits.append(time.perf_counter() - begun)


def _make(runs: Path) -> None:
    """Finished runs of three experiments, as their workers leave them."""
    runs.mkdir()
    experiments = [load_experiment(name) for name in ("weight-decay", "linear-regression", "mlp")]
    metrics = {"train/loss": 0.5, "test/loss": 1.5, "norm/w": 2.0}
    record = StatusRecord(status=RunStatus.FINISHED, host=host_name(), step=400, metrics=metrics)
    for number in range(_RUNS):
        experiment = experiments[number % len(experiments)]
        request = RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=experiment.to_json(experiment.choose({"lr": 0.001 + number / 1e6})),
            seed=number % 5,
        )
        made = _BEGIN + timedelta(seconds=number)
        RunDirectory.create(runs, request, made).write_status(record)


if __name__ == "__main__":
    print(*measure(), sep="\n")
