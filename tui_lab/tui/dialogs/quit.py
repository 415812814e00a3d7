"""Asks what becomes of the live runs when the lab is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from tui_lab.errors import TuiLabError
from tui_lab.tui.dialogs.question import Answer, QuestionDialog
from tui_lab.tui.key_names import key_name
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.plain_text import plain

PATIENCE = 30.0
"""Seconds that the dialog waits for a run to stop; stopping by force takes less."""


@dataclass(frozen=True)
class Departure:
    """The lab may be left; `stopped` are the runs that were ended first."""

    stopped: tuple[str, ...] = ()


class QuitDialog(QuestionDialog[Departure]):
    """Leave this lab's runs running, stop them first, or stay."""

    ANSWERS = (
        Answer("l", "leave them running and quit", "leave"),
        Answer("s", "stop them, then quit", "stop"),
        Answer("c", "cancel, stay here", "cancel"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "leave", "leave", tooltip="Quit; the runs go on", id="quit.leave"),
        Binding("s", "stop", "stop", tooltip="Stop the runs, then quit", id="quit.stop"),
        Binding("c", "cancel", "cancel", tooltip="Stay in the lab", id="quit.cancel"),
    ]

    def __init__(
        self,
        run_ids: Sequence[str],
        stop: Callable[[str], Awaitable[None]],
        *,
        others: Sequence[str] = (),
        patience: float = PATIENCE,
    ) -> None:
        count = "A run is live" if len(run_ids) == 1 else f"{len(run_ids)} runs are live"
        super().__init__(count, run_ids)
        self.others = others
        """Live runs that another lab or command began: named, and left alone."""
        self._stop_run = stop
        self._patience = patience
        self.states: dict[str, str] = {}
        """What became of each run since stopping was asked for."""

    def matter(self) -> Content:
        width = max(map(len, self.lines), default=0)
        # The sign never stands on a line of its own, however narrow the dialog is.
        rows = [f"●\u00a0{run:<{width}}  {self.states.get(run, '')}".rstrip() for run in self.lines]
        if self.others:
            rows += ["", "Begun elsewhere, left alone:", *(f"●\u00a0{run}" for run in self.others)]
        return Content("\n".join(rows))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stopping is asked for once."""
        return not (action == "stop" and self.is_stopping)

    @property
    def is_stopping(self) -> bool:
        """Whether some run has been asked to stop and has not answered yet."""
        return "stopping…" in self.states.values()

    def action_leave(self) -> None:
        """Quit now, whatever the runs do."""
        self.dismiss(Departure())

    def action_stop(self) -> None:
        """Stop every run, watched line by line."""
        if not self.is_stopping:
            self.stop_runs()

    @work(group="stop", exclusive=True)
    async def stop_runs(self) -> None:
        """End the runs side by side; the dialog closes when all have ended."""
        results = await asyncio.gather(*map(self._end, self.lines))
        if all(results):
            self.dismiss(Departure(tuple(self.lines)))

    async def _end(self, run_id: str) -> bool:
        self._show(run_id, "stopping…")
        try:
            await asyncio.wait_for(self._stop_run(run_id), self._patience)
        except TimeoutError:
            key = key_name(self.app, "quit.leave", "l")
            self._show(run_id, f"does not stop; {key} leaves it running")
            return False
        except TuiLabError as error:
            self._show(run_id, plain(str(error)))
            return False
        self._show(run_id, "stopped")
        return True

    def _show(self, run_id: str, state: str) -> None:
        self.states[run_id] = state
        self.query_one("#lines", Static).update(self.matter())


def going_on(session: Session) -> tuple[list[str], list[str]]:
    """The live runs that outlast the lab: those begun here, and those begun elsewhere. A
    demonstration is over when nobody looks."""
    live = [run for run in session.runs.live() if not _is_demonstration(session, run.experiment)]
    own = [run.id for run in live if run.id in session.runs.own]
    return own, [run.id for run in live if run.id not in own]


def _is_demonstration(session: Session, experiment: str) -> bool:
    try:
        return session.experiment(experiment).demonstration
    except TuiLabError:
        return False
