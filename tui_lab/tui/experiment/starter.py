"""Runs begun with the values of the knobs."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from tui_lab.commands import Unit
from tui_lab.errors import HyperparameterError, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.knobs.panel import SEED, KnobPanel
from tui_lab.tui.session.protocol import Session


class RunStarter:
    """Starts runs, and knows which it started: those of another lab are not its to end."""

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        knobs: KnobPanel,
        post: Callable[[Message], object],
    ) -> None:
        self.cold = False
        """Whether the last run was started while no worker had torch imported."""
        self.own: set[str] = set()
        self._session = session
        self._experiment = experiment
        self._knobs = knobs
        self._post = post

    def start(self, new_seed: bool, hold: Unit | None = None) -> str:
        """Start a run, with the same seed or the next one, and give its name; empty when it can't
        be, which is said. `hold` is where it first holds still."""
        knobs = self._knobs
        if not knobs.current.commit():
            return ""
        if new_seed:
            knobs.take({SEED: knobs.seed + 1})
        self.cold = not self._session.warm_ready
        try:
            run_id = self._session.start(
                self._experiment, knobs.choose(), knobs.seed, knobs.device, hold
            )
        except HyperparameterError as error:
            knobs.show_error(str(error))
            return ""
        except TuiLabError as error:
            self._post(RunFollower.Failed(str(error)))
            return ""
        self.own.add(run_id)
        return run_id
