"""The ways out, once a step of the run shown is held because something in it is not finite."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tui_lab.commands import Clip, Command, Resume, Skip, TakeAgain
from tui_lab.events import AlarmRaised
from tui_lab.tui.dialogs.rescue import RescueDialog, Way
from tui_lab.tui.experiment.branching import Branching
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Ask
from tui_lab.tui.experiment.steering import Steering

LR = "lr"
_SMALLER = 0.1
_COMMANDS: dict[Way, Callable[[], Command]] = {"clip": Clip, "skip": Skip, "go on": Resume}


class Rescue:
    """Offers them, once for each alarm and whenever it is asked to."""

    def __init__(
        self, run: RunFollower, steering: Steering, branching: Branching, ask: Ask
    ) -> None:
        self._run = run
        self._steering = steering
        self._branching = branching
        self._ask = ask
        self._offered: AlarmRaised | None = None

    @property
    def alarm(self) -> AlarmRaised | None:
        """The alarm that holds the run now."""
        feed = self._run.feed
        if feed is None or not self._run.is_live or feed.view.phase is None:
            return None
        alarm = feed.view.keeping.alarm
        return alarm if alarm is not None and alarm.step == feed.view.phase_step else None

    def offer_new(self) -> None:
        """Offer the ways out of an alarm that nobody was told of yet."""
        if self.alarm is not None and self.alarm is not self._offered:
            self.offer()

    def offer(self) -> None:
        """Offer the ways out."""
        if (alarm := self.alarm) is not None:
            self._offered = alarm
            dialog = RescueDialog(alarm.step, alarm.message, has_lr=self._lr is not None)
            self._ask(dialog, partial(self._take, alarm))

    @property
    def _lr(self) -> float | None:
        """The learning rate, where the run has one that may be turned."""
        live = {each.name for each in self._run.experiment.hyperparameters if each.live}
        value = self._run.values.get(LR) if LR in live else None
        return float(value) if isinstance(value, int | float) else None

    @property
    def _smaller_lr(self) -> float:
        return (self._lr or 0.0) * _SMALLER

    def _take(self, alarm: AlarmRaised, way: Way | None) -> None:
        if way is None:
            return
        if way == "branch":
            smaller = f"{LR}={self._smaller_lr:g}" if self._lr else ""
            self._branching.branch(alarm.step - 1, smaller)
        elif way == "again":
            self._steering.send(TakeAgain({LR: self._smaller_lr}))
        else:
            self._steering.send(_COMMANDS[way]())
