"""Which run a screen shows: its log as it grows, its state, its values, the runs laid over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.message import Message

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.run_members import RunMembers
from tui_lab.tui.experiment.run_overlays import RunOverlays
from tui_lab.tui.knobs.panel import DEVICE, SEED
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, which is imported after the first paint
    from tui_lab.runs.catalogue import RunSummary
    from tui_lab.tui.experiment.run_feed import RunFeed, Standing


class RunFollower:
    """Follows one run of an experiment at a time, and posts what becomes of it."""

    class Opened(Message):
        """Another run is shown."""

        def __init__(self, feed: RunFeed) -> None:
            super().__init__()
            self.feed = feed

    class Changed(Message):
        """The run's state is another, or it took another value of a hyperparameter."""

        def __init__(self, standing: Standing, before: Standing | None) -> None:
            super().__init__()
            self.standing = standing
            self.first_point = before is not None and standing.measured > before.measured
            """Whether it has its first point now, and had none before."""
            self.diverges = before is not None and standing.diverged > before.diverged
            """Whether something stopped being finite just now."""

    class Failed(Message):
        """Something about the run can't be read, or an order to it was not carried out."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(
        self, session: Session, experiment: Experiment, post: Callable[[Message], object]
    ) -> None:
        self.feed: RunFeed | None = None
        """The run shown; None before there is one."""
        self.overlays = RunOverlays(session, experiment)
        self.members = RunMembers(session, experiment)
        """Those that trained with the run shown."""
        self.values: dict[str, Value] = {}
        """Those that the run has now, seed and device among them; empty without one."""
        self.device = ""
        """The device of the run, in words."""
        self.crash = ""
        """Why the run's worker is gone, if it vanished."""
        self._session = session
        self.experiment = experiment
        self._post = post
        self._summary: RunSummary | None = None
        """What the run was started with; that never changes."""

    @property
    def id(self) -> str:
        """The run shown; empty without one."""
        return self.feed.run_id if self.feed else ""

    @property
    def status(self) -> RunStatus | None:
        """The state of the run shown; a worker that has vanished counts."""
        return self.feed.status if self.feed else None

    @property
    def terminal(self) -> str:
        """Where the run is followed, by the name that its log calls it."""
        return self._session.terminal

    @property
    def is_live(self) -> bool:
        """Whether there is a worker to command."""
        return self.status is not None and not self.status.is_finished

    @property
    def is_member(self) -> bool:
        """Whether the run shown trained in a population."""
        return self._summary is not None and bool(self._summary.population)

    def show_members(self) -> None:
        """Show how the population of the run is spread, or show it no more."""
        if self.members.shown:
            self.members.clear()
            return
        try:
            self.members.show(self.id)
        except TuiLabError as error:
            self._post(self.Failed(str(error)))

    @property
    def awaits_more(self) -> bool:
        """Whether a log may still have something to say."""
        own = self.feed is not None and not self.feed.is_complete
        return own or self.overlays.awaits_more or self.members.awaits_more

    def open(self, run_id: str) -> None:
        """Follow another run, live or long finished, from its log on; one that can't be read is
        told, and the run before stays."""
        from tui_lab.tui.experiment.run_feed import RunFeed  # with numpy: after the first paint

        try:
            source = self._session.runs.tail(run_id)
        except TuiLabError as error:
            self._post(self.Failed(str(error)))
            return
        self.feed = RunFeed(run_id, source, self.experiment)
        self.members.clear()
        self.crash, self._summary = "", self._summarize(run_id)
        self.feed.inquire(self._session)
        self.read()
        self._update()
        self._post(self.Opened(self.feed))

    def read(self) -> None:
        """Take in what the logs have to say since the last time."""
        if self.feed is not None:
            self.feed.read()
        self.overlays.read()
        self.members.read()

    def look(self) -> None:
        """Read, and post it when the run stands otherwise than before."""
        before = self.feed.standing if self.feed else None
        self.read()
        self._compare(before)

    def inquire(self) -> None:
        """Ask whether the worker is still there: no log can tell."""
        if self.feed is not None:
            before = self.feed.standing
            self.feed.inquire(self._session)
            self._compare(before)

    def ask_device(self) -> None:
        """Ask what the run is on: the CPU and its threads, or a GPU and its load."""
        started = self.feed.view.started if self.feed else None
        self.device = started.device if started else ""
        if started and started.threads and not self.device.startswith("cuda"):
            self.device += f" {started.threads} thread{'s' * (started.threads != 1)}"
        elif self.device and self.is_live:
            self.device = self._session.gpu(self.id) or self.device

    def _compare(self, before: Standing | None) -> None:
        now = self.feed.standing if self.feed else None
        if now is not None and now != before:
            self._update()
            self._post(self.Changed(now, before))

    def _update(self) -> None:
        self.values = self._read_values(self.feed.view.changed if self.feed else {})
        if self.status is RunStatus.CRASHED:
            self.crash = plain(self._why())

    def _summarize(self, run_id: str) -> RunSummary | None:
        try:
            return self._session.runs.summary(run_id)
        except TuiLabError as error:
            self._post(self.Failed(str(error)))
            return None

    def _read_values(self, changed: Mapping[str, object]) -> dict[str, Value]:
        """Those it was started with, and over them those it took since."""
        if self._summary is None:
            return {}
        found = self.feed.view.watched.values if self.feed else {}
        values = {**self._summary.hyperparameters, **found, **changed}
        known = {h.name: h for h in self.experiment.hyperparameters}
        try:
            read = {name: known[name].check(v) for name, v in values.items() if name in known}
        except TuiLabError as error:
            self._post(self.Failed(str(error)))
            return {}
        return {**read, SEED: self._summary.seed, DEVICE: self._summary.device}

    def _why(self) -> str:
        try:
            return self._session.runs.summary(self.id).error or "The worker vanished."
        except TuiLabError as error:
            return str(error)
