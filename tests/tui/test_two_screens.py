"""Protects two terminals on one run: each sees what the other does to it and whose doing it was,
and both stay true. A real worker, and two labs that know of each other by its log alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui_lab.config import Settings
from tui_lab.run import RunStatus
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.worker import client

NAME = "linear-regression"
DEADLINE = 60.0
ROOMY = (160, 50)


class Seat:
    """One of the terminals: what is seen there, and the keys pressed."""

    def __init__(self, name: str, app: TuiLabApp, pilot: Pilot[Any]) -> None:
        self.name, self.app, self.pilot = name, app, pilot

    @property
    def screen(self) -> ExperimentScreen:
        screen = self.app.place
        assert isinstance(screen, ExperimentScreen)
        return screen

    @property
    def step(self) -> int:
        return self.screen.run.feed.view.step if self.screen.run.feed else -1

    @property
    def values(self) -> tuple[object, object]:
        """The learning rate that the run has, and the one its knob shows."""
        return self.screen.run.values.get("lr"), self.screen.knobs["lr"].value

    @property
    def curve(self) -> list[float]:
        feed = self.screen.run.feed
        assert feed is not None
        return [float(loss) for loss in feed.view.series["step", "train/loss"].values]

    @property
    def remarks(self) -> str:
        return str(self.screen.shown.status_line.render())


class Table:
    """Two terminals at one run, used in turns; the run's worker takes the one in turn's name."""

    def __init__(self, session: LabSession, run_id: str) -> None:
        self.session, self.run_id = session, run_id
        self.seats: list[Seat] = []
        self.turn = ""

    async def press(self, seat: Seat, *keys: str) -> None:
        self.turn = seat.name
        await seat.pilot.press(*keys)
        await seat.app.workers.wait_for_complete()

    async def until(self, true: Callable[[Seat], bool], *seats: Seat) -> None:
        """Wait until it is so at these seats, by default at both."""
        deadline = time.monotonic() + DEADLINE
        for seat in seats or self.seats:
            while not true(seat):
                assert time.monotonic() < deadline, (seat.name, seat.step, seat.values)
                await seat.pilot.pause(0.02)

    async def both_are(self, status: RunStatus) -> None:
        await self.until(lambda seat: seat.screen.run.status is status)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """A run that is held after its first step."""
    runs = tmp_path / "runs"
    runs.mkdir()
    session = LabSession(runs, Settings())
    experiment = session.experiment(NAME)
    chosen = experiment.choose({"examples": 200, "epochs": 1000})
    table = Table(session, session.start(experiment, chosen, 0, "cpu", hold="step"))
    monkeypatch.setattr(client, "terminal", lambda: table.turn)
    yield table
    for run in session.runs.live():
        client.stop_run(session.runs.catalogue.find(run.id))
    session.close()


@asynccontextmanager
async def sitting(table: Table, name: str) -> AsyncIterator[Seat]:
    session = LabSession(table.session.runs.catalogue.runs, Settings(), terminal=name)
    app = TuiLabApp(session, Opening(NAME, run_id=table.run_id))
    with closing(session):
        async with app.run_test(size=ROOMY) as pilot:
            table.seats.append(Seat(name, app, pilot))
            yield table.seats[-1]


async def test_both_see_it_all_and_stay_true(table: Table) -> None:
    async with sitting(table, "pts/1") as one, sitting(table, "pts/2") as two:
        await table.both_are(RunStatus.PAUSED)
        first = one.values
        await table.press(one, "S")

        two.app.set_focus(two.screen.knobs["lr"])
        await table.press(two, "right")
        await table.until(lambda seat: seat.values[0] != first[0])
        turned = two.values
        assert one.values == turned
        assert turned[0] == turned[1]
        await table.until(lambda seat: "lr 0.03 → 0.1" in seat.remarks)
        assert "by pts/2" in one.remarks
        assert "by pts/2" not in two.remarks

        await table.press(one, "n", "n")
        await table.until(lambda seat: seat.step == 3)
        assert len(one.curve) == 3
        assert one.curve == two.curve

        await table.press(two, "L")  # back to what the first had kept, before the knob was turned
        await table.until(lambda seat: seat.step == 1)
        await table.until(lambda seat: seat.values == first)
        assert one.curve == two.curve

        await table.press(one, "space")
        await table.both_are(RunStatus.RUNNING)
        await table.press(two, "space")
        await table.both_are(RunStatus.PAUSED)
        assert one.curve == two.curve
        assert one.values == two.values == first

        await table.press(two, "b", "enter")
        await table.until(lambda seat: seat.screen.run.id != table.run_id, two)
        assert one.screen.run.id == table.run_id
        assert [view for _, view in two.screen.run.overlays.named(two.screen.run.id, {})]
        await table.press(two, "t")
        await table.until(lambda seat: seat.screen.run.status is RunStatus.STOPPED, two)
        assert one.screen.run.status is RunStatus.PAUSED

        two.screen.open_run(table.run_id)
        await table.press(one, "t")
        await table.both_are(RunStatus.STOPPED)
        await table.press(two, "u")  # and one takes it up again
        await table.both_are(RunStatus.RUNNING)
        await table.press(one, "t")
        await table.both_are(RunStatus.STOPPED)
        assert one.curve == two.curve
