"""A history of 10,000 runs: how long it is read, and how long a key waits while it is listed."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.measurement import Measurement, quantile, scatter
from tui_lab.config import Settings
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.annotations import annotate
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.status import StatusRecord
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.runs.screen import RunsScreen
from tui_lab.tui.session.lab_session import LabSession

_RUNS = 10_000
_ROUNDS = 5
_OPENINGS = 3
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SIZE = (120, 40)
_WAIT = 50.0
"""Milliseconds that a key may wait."""


class Wait(NamedTuple):
    """For how long the event loop was held up, in seconds."""

    passed: float
    """What a person waited: others that compute on the machine at the time make it longer."""
    computed: float
    """How much of it this thread computed."""


def measure() -> Iterator[Measurement]:
    """Reading by the catalogue, then the screen that lists what it reads."""
    with tempfile.TemporaryDirectory() as home:
        runs = Path(home, "runs")
        make(runs)
        yield from _reading(runs)
        waits: dict[str, list[Wait]] = {}
        for _ in range(_OPENINGS):
            asyncio.run(_listing(runs, waits))
        for what, found in waits.items():
            yield _held_up(what, found)


def _reading(runs: Path) -> Iterator[Measurement]:
    catalogue = Catalogue(runs)
    last = catalogue.summaries()[-1].id
    yield _row(
        "all of them, for the first time", _times(lambda: Catalogue(runs).summaries()), 5000.0
    )
    yield _row("all of them, again", _times(catalogue.summaries), 250.0)
    yield _row("which of them are live, again", _times(catalogue.live), 250.0)
    yield _row("one of them", _times(lambda: Catalogue(runs).summary(last)), 25.0)


def _row(what: str, seconds: Sequence[float], budget: float) -> Measurement:
    times = [1000 * time_ for time_ in seconds]
    figure = statistics.median(times)
    return Measurement(f"{_RUNS:,} runs: {what}", figure, budget, "ms", note=scatter(times))


def _held_up(what: str, waits: Sequence[Wait]) -> Measurement:
    """The longest stretches for which no key came through, at each time that this was done."""
    times = [1000 * wait.passed for wait in waits]
    computed = quantile([1000 * wait.computed for wait in waits], 0.99)
    note = f"{scatter(times)}; p99 of its CPU time {computed:.3g}"
    return Measurement(
        f"{_RUNS:,} runs, p99: {what}", quantile(times, 0.99), _WAIT, "ms", note=note
    )


def _times(work: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return times


async def _listing(runs: Path, waits: dict[str, list[Wait]]) -> None:
    """Do what a person does with a list, and write down by how much the event loop was held up.

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
        async with _watched(waits, "they come to the list"):
            screen.refresh_runs()
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
        assert screen.table.row_count == _RUNS
        for what, keys in _DEEDS:
            for key in keys:
                async with _watched(waits, what):
                    await pilot.press(key)
                    await pilot.pause()
        async with _watched(waits, "looking at all of them again"):
            screen.refresh_runs()
            await pilot.app.workers.wait_for_complete()
    session.close()
    place.rename(runs)


_DEEDS: tuple[tuple[str, Sequence[str]], ...] = (
    ("to the filter", ("slash",)),
    ("a letter of the filter", tuple("lr<0.003 test/loss<1 or 7")),
    ("leaving the filter", ("escape",)),
    ("up and down", ("down", "up", "pagedown", "end", "pageup", "home")),
    ("choosing a column to sort by", ("s",)),
    ("sorting", ("down", "down", "down", "enter", "s", "enter")),
    ("marking all, inverting", ("a", "i", "a", "escape")),
    ("choosing what to group by", ("G",)),
    ("grouping", ("down", "down", "enter")),
    ("folding groups", ("home", "left", "right", "space", "space")),
    ("trees on and off", ("b", "b")),
)
"""The keys after each of which the event loop is watched."""


@asynccontextmanager
async def _watched(waits: dict[str, list[Wait]], what: str) -> AsyncIterator[None]:
    """Add to `waits` the longest time that the event loop was held up meanwhile."""
    found = [Wait(0.0, 0.0)]
    beat = asyncio.create_task(_beat(found))
    await asyncio.sleep(0)
    yield
    await asyncio.sleep(0.002)
    beat.cancel()
    with suppress(asyncio.CancelledError):
        await beat
    longest = Wait(max(wait.passed for wait in found), max(wait.computed for wait in found))
    waits.setdefault(what, []).append(longest)


async def _beat(waits: list[Wait]) -> None:
    """Write down by how much each turn of the event loop comes late."""
    while True:
        begun, computed = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        waits.append(Wait(time.perf_counter() - begun, time.thread_time() - computed))


def make(runs: Path) -> None:
    """Finished runs of three experiments, as their workers leave them: every tenth is a branch of
    the run before it, every hundredth has a tag."""
    runs.mkdir()
    experiments = [load_experiment(name) for name in ("weight-decay", "linear-regression", "mlp")]
    parent = ""
    for number in range(_RUNS):
        experiment = experiments[number // 10 % len(experiments)]
        request = RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=experiment.to_json(experiment.choose({"lr": 0.001 + number / 1e6})),
            seed=number % 5,
            parent=parent if number % 10 == 9 else "",
            parent_step=100 if number % 10 == 9 else 0,
        )
        run = RunDirectory.create(runs, request, _BEGIN + timedelta(seconds=number))
        run.write_status(_record(number))
        if number % 100 == 0:
            annotate(run.path, add=["good"])
        parent = run.id


def _record(number: int) -> StatusRecord:
    loss = 1 / (1 + number * 7919 % _RUNS)
    metrics = {"train/loss": loss, "test/loss": 3 * loss, "norm/w": 2.0}
    return StatusRecord(status=RunStatus.FINISHED, host=host_name(), step=400, metrics=metrics)


if __name__ == "__main__":
    print(*measure(), sep="\n")
