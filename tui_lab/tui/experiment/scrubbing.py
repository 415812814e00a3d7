"""A cursor over the curves: the whole screen as it was at an earlier step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_lab.errors import HyperparameterError, TuiLabError
from tui_lab.hyperparameters import Value
from tui_lab.tui.dialogs.number import NumberDialog
from tui_lab.tui.experiment.branching import Branching
from tui_lab.tui.experiment.display import RunDisplay
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.steering import Steering
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:
    from tui_lab.view_models.run import RunView

_TEN = 10
_MOVES = {"left": -1, "right": 1, "ten_left": -_TEN, "ten_right": _TEN}


class Scrubbing:
    """Where the cursor stands, and what the run was there.

    What the log knows is shown at once; where the next wish comes before the last is answered,
    only the newest counts.
    """

    def __init__(
        self,
        session: Session,
        run: RunFollower,
        knobs: KnobPanel,
        shown: RunDisplay,
        steering: Steering,
        branching: Branching,
        host: Host,
        changed: Callable[[], object],
    ) -> None:
        """`changed` is called when there is something else to draw."""
        self._session = session
        self._run = run
        self._knobs = knobs
        self._shown = shown
        self._steering = steering
        self._branching = branching
        self._host = host
        self._changed = changed
        self._values: dict[str, Value] = {}
        """Of the knobs, as they were left."""
        self._computing = False
        self.step: int | None = None
        """The step under the cursor; None where there is none."""

    @property
    def can_open(self) -> bool:
        """Whether there are steps to look back at."""
        feed = self._run.feed
        trains = not self._run.experiment.demonstration
        return trains and feed is not None and feed.view.step > 0

    def can(self, move: str) -> bool:
        """Whether a key means the cursor now."""
        return self.can_open if move == "open" else self.step is not None

    def give(self, move: str) -> None:
        """Open the cursor, move it, ask for a step, or take it away."""
        if move == "leave":
            self.leave()
        elif move == "type":
            self._host.ask(
                NumberDialog("To which step?", f"It has taken {self._last:,}."), self._go
            )
        elif move == "open":
            self._open()
        elif move in ("home", "end"):
            self._go(self._first if move == "home" else self._last)
        elif self.step is not None:
            self._go(self.step + _MOVES[move] * self._shown.steps_per_column)

    def steer(self, order: str) -> None:
        """What a key of the run means: while there is a cursor, to hold still is to come back."""
        if self.step is not None and order == "pause":
            self.leave()
        else:
            self._steering.give(order)

    def detour(self, order: str) -> None:
        """What a key that goes back means: under the cursor it branches there."""
        if self.step is not None and order == "branch":
            self._branching.branch(self.step)
        else:
            self._branching.give(order)

    def leave(self) -> None:
        """Back to now."""
        if self.step is None:
            return
        self.step = None
        self._knobs.take(self._values)
        if self._run.feed is not None:
            self._shown.look_at(self._run.feed.view)
        self._changed()

    @property
    def _first(self) -> int:
        started = self._run.feed.view.started if self._run.feed else None
        return started.step if started else 0

    @property
    def _last(self) -> int:
        return self._run.feed.view.step if self._run.feed else 0

    def _open(self) -> None:
        if self.step is None:
            self._values = self._knobs.values
            self._go(self._last)

    def _go(self, step: int | None) -> None:
        if step is None or self._run.feed is None:
            return
        self.step = min(max(step, self._first), self._last)
        self._host.work(self._look(self.step, self._run.feed.run_id, self._run.feed.view))

    async def _look(self, step: int, run_id: str, view: RunView) -> None:
        try:
            past = await self._session.runs.look_back(run_id, step, view)
        except TuiLabError as error:
            self._host.post(RunFollower.Failed(str(error)))
            self.leave()
            return
        if not self._is_at(step, run_id):
            return
        self._shown.look_at(past)
        self._take_values(past)
        self._changed()
        if not self._computing:
            self._host.work(self._recompute(run_id, past))

    async def _recompute(self, run_id: str, past: RunView) -> None:
        """Compute the step again; one at a time, and then the one that is looked at by then."""
        self._computing = True
        try:
            await self._session.recompute(self._run.experiment, run_id, past)
            self._shown.note = ""
        except TuiLabError as error:
            self._shown.note = str(error)
        finally:
            self._computing = False
        self._changed()
        now = self._shown.view
        if self.step is not None and now is not None and now.cursor != past.cursor:
            self._host.work(self._recompute(run_id, now))

    def _is_at(self, step: int, run_id: str) -> bool:
        return self.step == step and self._run.id == run_id

    def _take_values(self, past: RunView) -> None:
        values = {}
        for name, value in past.changed.items():
            try:
                values[name] = self._run.experiment[name].check(value)
            except HyperparameterError:  # of another version of the experiment
                continue
        self._knobs.take(values)
