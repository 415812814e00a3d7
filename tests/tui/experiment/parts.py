"""The parts of an experiment's screen, put together without an app: what they post is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from textual.message import Message
from textual.screen import ModalScreen

from tests.tui.fakes import TOY, FakeSession
from tests.tui.opened import STARTED, live_run
from tui_lab.commands import Command, Unit
from tui_lab.events import RunEvent
from tui_lab.experiment import Experiment
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.steering import Steering


class Parts:
    """A follower on a live run with these events, and its steering; `open` shows the run."""

    def __init__(self, *events: RunEvent, experiment: Experiment = TOY) -> None:
        self.posted: list[Message] = []
        self.session = FakeSession([experiment])
        self.id = live_run().id
        self.session.put(live_run())
        self.session.record(self.id, STARTED, *events)
        self.run = RunFollower(self.session, experiment, self.posted.append)
        self.held: list[Unit] = []
        """The runs that were to be started, by where they hold still first."""
        self.host = Host(self.posted.append, finish, self.ask)
        self.steering = Steering(self.session, self.run, self.host, self.held.append)

    def ask(self, dialog: ModalScreen[Any], take: Callable[[Any], None]) -> None:
        """Nobody is there to answer."""
        raise AssertionError(f"{dialog} was not to be asked")

    def open(self) -> Parts:
        """Show the run, and forget what that posted."""
        self.run.open(self.id)
        self.posted.clear()
        return self

    @property
    def told(self) -> list[str]:
        """The sentences about what could not be done."""
        return [event.sentence for event in self.posted if isinstance(event, RunFollower.Failed)]

    @property
    def answers(self) -> list[tuple[Command, bool]]:
        """The commands that were answered, and whether they were taken."""
        answers = [event for event in self.posted if isinstance(event, Steering.Answered)]
        return [(event.command, event.taken) for event in answers]

    @property
    def kinds(self) -> list[type[Message]]:
        return [type(message) for message in self.posted]


def finish(task: Coroutine[Any, Any, None]) -> None:
    """Do what a screen would do in the background."""
    asyncio.run(task)
