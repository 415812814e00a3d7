"""Going back with the run shown, and on from there: branches, kept states, runs taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from textual.message import Message

from tui_lab.commands import Checkpoint, GuardMode, Rewind, SetGuard
from tui_lab.errors import TuiLabError, UsageError
from tui_lab.run import RunStatus
from tui_lab.tui.dialogs.branch import BranchDialog, BranchPlan
from tui_lab.tui.dialogs.number import NumberDialog
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.steering import Steering
from tui_lab.tui.session.protocol import Session

_GUARDS: tuple[GuardMode, ...] = ("hold", "say", "off")


class Branching:
    """Begins branches of the run shown, takes it up, and takes it back."""

    class Begun(Message):
        """A branch of a run was begun."""

        def __init__(self, run_id: str, parent: str) -> None:
            super().__init__()
            self.run_id = run_id
            self.parent = parent

    class TakenUp(Message):
        """A run that had ended goes on."""

        def __init__(self, run_id: str) -> None:
            super().__init__()
            self.run_id = run_id

    def __init__(self, session: Session, run: RunFollower, steering: Steering, host: Host) -> None:
        self._session = session
        self._run = run
        self._steering = steering
        self._host = host

    def can(self, order: str) -> bool:
        """Whether `branch`, `keep`, `return`, `take_up` or `guard` makes sense now."""
        if self._run.experiment.demonstration or self._run.feed is None:
            return False
        if order == "branch":
            return self._run.feed.view.started is not None
        return self._run.is_live != (order == "take_up")

    def give(self, order: str) -> None:
        """Do it; a person may be asked first."""
        match order:
            case "branch":
                self.branch()
            case "keep":
                self._steering.send(Checkpoint())
            case "return":
                self._go_back()
            case "take_up":
                self._ask_to_take_up()
            case "guard":
                self._turn_guard()

    def branch(self, step: int | None = None, values: str = "") -> None:
        """Ask how the run is to branch after `step`, by itself where it stands now; `values` stand
        there at first."""
        if (feed := self._run.feed) is None:
            return
        most = feed.view.step
        at = most if step is None else step
        dialog = BranchDialog(feed.run_id, at, values, self._read, most)
        self._host.ask(dialog, partial(self._begin, feed.run_id))

    def _read(self, words: list[str]) -> Mapping[str, Any]:
        """The values in `name=value` words; raises `TuiLabError`."""
        experiment, given = self._run.experiment, dict[str, Any]()
        for word in words:
            name, equals, text = word.partition("=")
            if not equals:
                raise UsageError(f"{word!r} is not of the form name=value.")
            hyperparameter = experiment.named(name)
            given[hyperparameter.name] = hyperparameter.to_json(hyperparameter.check(text))
        return given

    def _begin(self, run_id: str, plan: BranchPlan | None) -> None:
        if plan is not None:
            self._host.work(self._start(run_id, plan))

    async def _start(self, run_id: str, plan: BranchPlan) -> None:
        experiment = self._run.experiment
        try:
            child = await self._session.branch(
                experiment, run_id, plan.step, plan.values, weights_only=plan.weights_only
            )
        except TuiLabError as error:
            self._host.post(RunFollower.Failed(str(error)))
            return
        self._host.post(self.Begun(child, run_id))

    def _go_back(self) -> None:
        kept = self._run.feed.view.keeping.kept if self._run.feed else None
        if kept is None:
            self._host.post(RunFollower.Failed("No state was kept by hand yet; S keeps one."))
        else:
            self._steering.send(Rewind(kept))

    def _ask_to_take_up(self) -> None:
        if self._run.feed is None:
            return
        run_id, view = self._run.id, self._run.feed.view
        if self._run.status is RunStatus.FINISHED:
            more = partial(self._take_up_for, run_id, view.total_epochs)
            epochs = view.total_epochs
            hint = f"It has taken all its {epochs:,}, and goes on from there."
            dialog = NumberDialog("How many epochs more?", hint, first=str(epochs), least=1)
            self._host.ask(dialog, more)
        else:
            self._host.work(self._take_up(run_id, {}))

    def _take_up_for(self, run_id: str, epochs: int, more: int | None) -> None:
        if more:
            self._host.work(self._take_up(run_id, {"epochs": epochs + more}))

    async def _take_up(self, run_id: str, values: Mapping[str, Any]) -> None:
        try:
            await self._session.take_up(run_id, values)
        except TuiLabError as error:
            self._host.post(RunFollower.Failed(str(error)))
            return
        self._host.post(self.TakenUp(run_id))

    def _turn_guard(self) -> None:
        view = self._run.feed.view if self._run.feed else None
        present = view.keeping.guard if view else "hold"
        following = _GUARDS[(_GUARDS.index(present) + 1) % len(_GUARDS)]
        self._steering.send(SetGuard(following))
