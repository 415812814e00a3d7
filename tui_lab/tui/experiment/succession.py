"""Which run comes after which on a screen, and a demonstration's comings and goings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.message import Message

from tui_lab.commands import Unit
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.mode import Mode
from tui_lab.tui.experiment.starter import RunStarter
from tui_lab.tui.experiment.steering import Steering
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.session.protocol import Session


class Succession:
    """Begins runs; what becomes of the one before it asks, decides or says."""

    class GoesOn(Message):
        """A run is shown no more, and is live."""

        def __init__(self, run_id: str) -> None:
            super().__init__()
            self.run_id = run_id

    def __init__(
        self,
        session: Session,
        run: RunFollower,
        knobs: KnobPanel,
        mode: Mode,
        host: Host,
        show: Callable[[str], object],
    ) -> None:
        """`show` is told which run is shown from now on."""
        self.steering = Steering(session, run, host, self.begin_held)
        self.starter = RunStarter(session, run.experiment, knobs, run, host.post)
        self._run = run
        self._mode = mode
        self._host = host
        self._show = show
        self.left = False
        """Whether the run was ended because the screen was left."""

    def begin(self, new_seed: bool = False, hold: Unit | None = None) -> None:
        """Start a run with the values of the knobs, held at first if told to, and show it."""
        self.starter.clear_the_way(self._host.ask, partial(self._start, new_seed, hold))

    def begin_held(self, hold: Unit) -> None:
        """Start a run that holds still after its first phase, step or epoch."""
        self.begin(hold=hold)

    def come_and_go(self, *, seen: bool) -> None:
        """The screen is seen again, or no more: a demonstration lives as long as somebody looks."""
        if not self._mode.lives_with_the_screen:
            return
        if seen and self.left:
            self.begin()
        elif not seen and self._run.is_live and self._run.id in self.starter.own:
            self.left = True
            self.steering.stop(self._run.id)

    def _start(self, new_seed: bool, hold: Unit | None, replaced: str) -> None:
        before = self._run.id if self._run.is_live else ""
        if run_id := self.starter.start(new_seed, hold):
            if replaced:
                self.steering.stop(replaced)
            if before != replaced:
                self._leave(before)
            self._show(run_id)

    def _leave(self, run_id: str) -> None:
        """Another run is shown from now on, though this one (if any) is live."""
        if run_id and self._mode.lives_with_the_screen:
            self.steering.stop(run_id)
        elif run_id:
            self._host.post(self.GoesOn(run_id))
