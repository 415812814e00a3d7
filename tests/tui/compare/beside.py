"""Runs of the toy side by side on their screen, and what a test asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.fakes import FakeSession, summary
from tests.tui.opened import STARTED
from tui_lab.events import MetricsLogged, RunEvent, RunFinished
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.compare.screen import CompareScreen
from tui_lab.view_models.figure import Figure

VALUES = {"implementation": "scratch", "weight_decay": 3.0, "lr": 0.003, "epochs": 100}
FALLING = [4.0 - n / 10 for n in range(30)]
HIGHER = [value + 9 for value in FALLING]


def measured(losses: Sequence[float], first: int = 1) -> list[RunEvent]:
    """The losses of a run at its steps."""
    norms = [10 * value for value in losses]
    columns = {"train/loss": list(losses), "norm/w": norms}
    return [MetricsLogged(t=1.0, kind="step", first=first, columns=columns)]


def finished(losses: Sequence[float]) -> list[RunEvent]:
    """A whole log."""
    end = RunFinished(t=2.0, step=len(losses), epoch=1, metrics={"train/loss": losses[-1]})
    return [STARTED, *measured(losses), end]


class Beside:
    """The lab, with runs put there one by one and then compared."""

    def __init__(self) -> None:
        self.session = FakeSession()
        self.ids: list[str] = []
        self.app = TuiLabApp(self.session)

    def run(
        self,
        events: Sequence[RunEvent],
        status: RunStatus = RunStatus.FINISHED,
        values: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> RunSummary:
        """One more run."""
        asked = {**VALUES, **(values or {})}
        number = len(self.ids) + 1
        made = summary(number, status=status, hyperparameters=asked, **fields)
        self.session.put(made)
        self.session.record(made.id, *events)
        self.ids.append(made.id)
        return made

    @property
    def screen(self) -> CompareScreen:
        screen = self.app.place
        assert isinstance(screen, CompareScreen)
        return screen

    @property
    def figure(self) -> Figure:
        """What the chart shows."""
        assert self.screen.chart._figure is not None
        return self.screen.chart._figure

    @property
    def differing(self) -> list[str]:
        return self.screen.panes.differing.text

    @property
    def results(self) -> list[str]:
        return self.screen.panes.results.text

    @property
    def said(self) -> Sequence[str]:
        return self.screen.panes.remarks.sentences

    @property
    def headline(self) -> str:
        return str(self.screen.query_one("#headline", Static).content)

    @property
    def told(self) -> list[str]:
        return [note.message for note in self.app._notifications]

    async def open(self, pilot: Pilot[Any]) -> None:
        """Compare them all."""
        self.app.open_comparison(self.ids)
        await self.settle(pilot)

    async def settle(self, pilot: Pilot[Any]) -> None:
        """Let the logs be read and drawn."""
        await pilot.pause()
        for _ in self.ids:
            self.screen.follow()
        self.screen.look_after()
        self.screen.draw()
        await pilot.pause()


def two_runs() -> Beside:
    """Runs that differ in λ, and in how high their loss is."""
    beside = Beside()
    beside.run(finished(FALLING))
    beside.run(finished(HIGHER), values={"weight_decay": 10.0})
    return beside
