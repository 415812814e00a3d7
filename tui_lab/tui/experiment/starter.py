"""Runs begun with the values of the knobs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from tui_lab.commands import Unit
from tui_lab.errors import HyperparameterError, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Ask
from tui_lab.tui.knobs.panel import SEED, KnobPanel
from tui_lab.tui.session.protocol import Session
from tui_lab.watching import is_script

if TYPE_CHECKING:  # a dialog is rarely needed
    from tui_lab.tui.dialogs.again import Decision


class RunStarter:
    """Starts runs, and knows which it started: those of another lab are not its to end."""

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        knobs: KnobPanel,
        shown: RunFollower,
        post: Callable[[Message], object],
    ) -> None:
        self.cold = False
        """Whether the last run was started while no worker had torch imported."""
        self.own: set[str] = set()
        self._session = session
        self._experiment = experiment
        self._knobs = knobs
        self._shown = shown
        self._post = post

    def clear_the_way(self, ask: Ask, go: Callable[[str], object]) -> None:
        """Call `go`, with the run to be stopped for the new one or nothing, as soon as it is clear
        what becomes of the last run, if that is live; a person may have to be asked first."""
        last = "" if self._experiment.demonstration else self._last_live
        if not _commit(self._knobs):
            return
        if last and self._session.again == "ask":
            from tui_lab.tui.dialogs.again import AgainDialog  # rarely needed

            ask(AgainDialog(last), partial(self._take, last, go))
        else:
            go(last if self._session.again == "replace" else "")

    def _take(self, last: str, go: Callable[[str], object], decision: Decision | None) -> None:
        if decision is None:
            return
        if decision.always:
            self._session.again = decision.again
        go(last if decision.again == "replace" else "")

    @property
    def _last_live(self) -> str:
        """The last run that was started in this lab, while a worker is at it; else nothing."""
        last = self._session.last_run
        if last == self._shown.id:  # whose log says it before its worker is gone
            return last if self._shown.is_live else ""
        try:
            return "" if not last or self._session.runs.status(last).is_finished else last
        except TuiLabError:  # it is gone
            return ""

    def start(self, new_seed: bool, hold: Unit | None = None) -> str:
        """Start a run, with the same seed or the next one, and give its name; empty when it can't
        be, which is said. `hold` is where it first holds still."""
        knobs = self._knobs
        if not _commit(knobs):
            return ""
        if new_seed:
            knobs.take({SEED: knobs.seed + 1})
        self.cold = not self._session.warm_ready
        try:
            run_id = self._begin(hold)
        except HyperparameterError as error:
            knobs.show_error(str(error))
            return ""
        except TuiLabError as error:
            self._post(RunFollower.Failed(str(error)))
            return ""
        self.own.add(run_id)
        return run_id

    def _begin(self, hold: Unit | None) -> str:
        knobs = self._knobs
        if is_script(self._experiment):
            return self._session.run_again(self._shown.id, hold)
        return self._session.start(self._experiment, knobs.choose(), knobs.seed, knobs.device, hold)


def _commit(knobs: KnobPanel) -> bool:
    """Take what is being typed; whether it can be taken."""
    return knobs.current is None or knobs.current.commit()
