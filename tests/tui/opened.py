"""An experiment screen on recorded events, and what a test asks of it."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.tui.fakes import FakeSession, summary
from tui_lab.commands import (
    Command,
)
from tui_lab.events import (
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    RunEvent,
    RunFinished,
    RunStarted,
)
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen

STARTED = RunStarted(
    pid=1,
    host="box",
    device="cpu",
    device_name="",
    threads=1,
    started="2026-11-20T12:00:00+00:00",
    total_steps=400,
    steps_per_epoch=4,
    parameters=[{"name": "w", "shape": [200, 1], "requires_grad": True}],
    source=["    def step(self, batch):\n", "        yield self.forward(loss)  # [red]\n"],
    source_line=41,
)
MEASURED = MetricsLogged(
    t=1.0,
    kind="epoch",
    epochs=[1, 2],
    steps=[4, 8],
    columns={"train/loss": [4.0, 2.0], "test/loss": [5.0, 3.0], "norm/w": [9.0, 8.0]},
)
GRADIENTS = GradientsLogged(
    t=1.0,
    step=8,
    phase="backward",
    grad_enabled=True,
    graph=True,
    parameters=[
        {
            "name": "w",
            "grad": "accumulated",
            "times": 3,
            "norm": 8.0,
            "grad_norm": 1.5,
            "update": 0.01,
            "finite": True,
            "requires_grad": True,
        }
    ],
)
CHANGED = HyperparameterChanged(t=1.1, step=9, name="weight_decay", old=3.0, new=10.0)
FINISHED = RunFinished(t=2.0, step=400, epoch=100, metrics={"train/loss": 0.5})


def live_run(**fields: Any) -> RunSummary:
    """A run of the toy that is going on."""
    values = {"implementation": "concise", "weight_decay": 3.0, "lr": 0.01, "epochs": 100}
    return summary(1, status=RunStatus.RUNNING, hyperparameters=values, device="auto", **fields)


class Opened:
    """A screen on a run with these events, and what a test asks of it."""

    def __init__(
        self, *events: RunEvent, run: RunSummary | None = None, session: FakeSession | None = None
    ) -> None:
        self.session = session or FakeSession()
        self.run = run
        if run is not None:
            self.session.put(run)
            self.session.record(run.id, *events)
        self.app = TuiLabApp(self.session, Opening("toy", {}, run.id if run else ""))

    @property
    def screen(self) -> ExperimentScreen:
        screen = self.app.place
        assert isinstance(screen, ExperimentScreen)
        return screen

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def told(self) -> list[str]:
        return [note.message for note in self.app._notifications]

    @property
    def commands(self) -> list[Command]:
        return [command for _, command in self.session.sent]

    @property
    def started(self) -> list[tuple[Any, ...]]:
        return [call for call in self.session.calls if call[0] == "start"]

    async def settle(self, pilot: Pilot[Any]) -> None:
        """Let the screen be furnished, the log be read and commands be answered."""
        await pilot.pause()
        await self.app.workers.wait_for_complete()
        await pilot.pause()
        self.screen.follow()
        self.screen.draw()
        await pilot.pause()


def attached(*events: RunEvent, **fields: Any) -> Opened:
    """The screen on a live run."""
    return Opened(STARTED, MEASURED, GRADIENTS, *events, run=live_run(**fields))
