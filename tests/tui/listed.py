"""The runs screen over five runs, and what a test asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.pilot import Pilot

from tests.tui.fakes import FakeSession, summary
from tests.tui.places import until
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.runs.screen import RunsScreen

OLD = summary(1, hyperparameters={"weight_decay": 0.0, "lr": 0.003})
MIDDLE = summary(2, hyperparameters={"weight_decay": 3.0}, status=RunStatus.STOPPED)
ELSE = summary(3, experiment="other", status=RunStatus.FAILED, error="it [red]broke[/red]")
LIVE = summary(4, status=RunStatus.RUNNING, step=7)
TORN = summary(5, status=RunStatus.CRASHED, readable=False, error="run.json of x is torn.")
ALL = (TORN, LIVE, ELSE, MIDDLE, OLD)
"""In the order of the list: newest first."""


class Opened(TuiLabApp):
    """Writes down where one would have gone."""

    def __init__(self, session: FakeSession) -> None:
        super().__init__(session)
        self.opened: list[tuple[str, Any]] = []

    def open_experiment(
        self, name: str, *, run_id: str = "", overlays: Sequence[str] = (), **rest: Any
    ) -> None:
        self.opened.append((name, run_id or list(overlays)))

    @property
    def runs(self) -> RunsScreen:
        assert isinstance(self.screen, RunsScreen)
        return self.screen

    @property
    def told(self) -> list[str]:
        return [note.message for note in self._notifications]


def column(app: Opened, name: str) -> list[str]:
    """A column of the table as text."""
    return [cell.plain.strip() for cell in app.runs.table.get_column(name)]


def ids(app: Opened) -> list[str]:
    """The runs in the table, from the top."""
    return [row.id for row in app.runs.table.rows]


async def at_runs(pilot: Pilot[Any], *keys: str) -> None:
    """Go to the runs, wait until they are listed, and press keys there."""
    app = pilot.app
    assert isinstance(app, Opened)
    await pilot.press("h")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.is_listed)
    await pilot.press(*keys)
    await pilot.pause()


async def settled(pilot: Pilot[Any]) -> None:
    """Wait for what goes on behind the screen."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def looked(pilot: Pilot[Any]) -> None:
    """Have the runs looked at again."""
    app = pilot.app
    assert isinstance(app, Opened)
    app.runs.refresh_runs()
    await settled(pilot)
