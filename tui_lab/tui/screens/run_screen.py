"""What every screen of a run does: follow its log, and command its worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tui_lab.commands import Acknowledgement, Advance, Command, Evaluate, Pause, Resume
from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.session import Session
from tui_lab.tui.widgets.knob import printable

if TYPE_CHECKING:  # numpy comes with it, which is imported after the first paint
    from tui_lab.tui.run_feed import RunFeed

TAIL = 1 / 30
"""Seconds between two looks at the log; nothing is drawn then."""
_ADVANCES = {
    "phase": Advance("phase"),
    "step": Advance("step"),
    "epoch": Advance("epoch"),
}


class RunScreen(Screen[None]):
    """Follows one run of an experiment at a time. A subclass says how it looks.

    Widgets that need numpy are made by `furnish`, after the first paint.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r,enter",
            "run",
            "run",
            key_display="r",
            tooltip="Start a run with these values",
            id="run.start",
        ),
        Binding(
            "R",
            "run(True)",
            "run, new seed",
            key_display="R",
            tooltip="Start a run with the next seed",
            id="run.reseed",
            show=False,
        ),
        Binding(
            "space",
            "toggle_pause",
            "pause",
            tooltip="Hold the run still, or let it go on",
            id="run.pause",
        ),
        Binding(
            "full_stop",
            "advance('phase')",
            "phase",
            key_display=".",
            tooltip="Go on to the next phase of a step: forward, backward, update, zero_grad",
            id="run.phase",
        ),
        Binding("n", "advance('step')", "step", tooltip="Take one optimizer step", id="run.step"),
        Binding(
            "e",
            "advance('epoch')",
            "epoch",
            tooltip="Go on to the end of the epoch",
            id="run.epoch",
        ),
        Binding(
            "E",
            "evaluate",
            "evaluate",
            key_display="E",
            tooltip="Measure the whole-set metrics now",
            id="run.evaluate",
            show=False,
        ),
        Binding("t", "stop", "stop", tooltip="End the run", id="run.stop", show=False),
    ]

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__()
        self.session = session
        self.experiment = experiment
        self.feed: RunFeed | None = None
        """The run shown; None before there is one."""
        self.cold = False
        """Whether the run shown was started while no worker had torch imported."""
        self._wanted = ""
        self._known: RunStatus | None = None
        self._furnished = False
        self._warmed = False
        """Whether the next worker was asked for since the run shown began."""

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        await self.furnish()
        self._furnished = True
        self.set_interval(TAIL, self._follow)
        self.set_interval(1 / self.session.settings.fps, self._draw_if_seen)
        self.set_interval(1.0, self._look_after)
        if self._wanted:
            self.open_run(self._wanted)
        self.begin()
        self.session.warm()

    async def furnish(self) -> None:
        """Make the widgets that the first paint did without."""

    def begin(self) -> None:
        """The screen is complete."""

    def read(self) -> None:
        """Take in what the logs have to say since the last time."""
        if self.feed is not None:
            self.feed.read()

    def draw(self) -> None:
        """Bring what is visible up to date, where its data changed."""

    def run_opened(self) -> None:
        """Another run is shown."""

    def every_second(self) -> None:
        """What changes slowly may be looked at."""

    def run_changed(self) -> None:
        """The run's state is another, or it took another value of a hyperparameter."""

    @property
    def run_id(self) -> str:
        """The run shown, or asked for; empty without one."""
        return self.feed.run_id if self.feed else self._wanted

    @property
    def status(self) -> RunStatus | None:
        """The state of the run shown; a worker that has vanished counts."""
        if self.feed is None:
            return None
        said = self.feed.view.status
        if said.is_finished or self._known is None or not self._known.is_finished:
            return said
        return self._known if self.feed.caught_up else said

    @property
    def is_live(self) -> bool:
        """Whether there is a worker to command."""
        return self.status is not None and not self.status.is_finished

    def open_run(self, run_id: str) -> None:
        """Show a run, live or long finished, from its log."""
        self._wanted = run_id
        if not self._furnished:
            return
        from tui_lab.tui.run_feed import RunFeed  # with numpy: after the first paint

        try:
            source = self.session.tail(run_id)
        except TuiLabError as error:
            self.tell(str(error), error=True)
            return
        self.feed = RunFeed(run_id, source, self.experiment)
        self._known, self._warmed = None, False
        self._look_at_status()
        self.read()
        self.run_opened()
        self.run_changed()
        self.draw()

    def tell(self, sentence: str, *, error: bool = False) -> None:
        """Show a sentence for a while, as plain text."""
        self.notify(printable(sentence), severity="error" if error else "information", markup=False)

    def _follow(self) -> None:
        if self.feed is None or not self.is_current:
            return
        before = self.status, len(self.feed.view.marks)
        self.read()
        if before != (self.status, len(self.feed.view.marks)):
            self.run_changed()
            self.refresh_bindings()

    def _draw_if_seen(self) -> None:
        if self.is_current:
            self.draw()

    def _look_after(self) -> None:
        """Once a second: what only asking can tell."""
        if not self.is_current:
            return
        self.every_second()
        before = self.status
        self._look_at_status()
        if self.status != before:
            self.run_changed()
            self.refresh_bindings()
        if self.feed is not None and self.feed.view.started is not None and not self._warmed:
            self._warmed = True
            self.session.warm()  # not earlier: two imports of torch at once take twice as long

    def _look_at_status(self) -> None:
        if self.feed is None or self.feed.view.ended is not None:
            return
        try:
            self._known = self.session.status(self.feed.run_id)
        except TuiLabError:
            self._known = RunStatus.CRASHED  # its directory is gone or torn

    @work(group="commands", exclusive=False, exit_on_error=False)
    async def send(
        self, command: Command, answered: Callable[[Acknowledgement | None], None] | None = None
    ) -> None:
        """Send a command to the run; `answered` gets the answer, None when there was none."""
        answer = None
        try:
            answer = await self.session.send(self.run_id, command)
        except TuiLabError as error:
            self.tell(str(error), error=True)
        if answer is not None and not answer.ok:
            self.tell(answer.message, error=True)
        if answered is not None:
            answered(answer)

    @on(Worker.StateChanged)
    def report_trouble(self, event: Worker.StateChanged) -> None:
        """An error that no one expected is told, not hidden."""
        if event.state is WorkerState.ERROR:
            self.tell(f"{type(event.worker.error).__name__}: {event.worker.error}", error=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("toggle_pause", "advance", "evaluate"):
            return True if self.is_live and not self.experiment.demonstration else None
        if action == "stop":
            return True if self.is_live else None
        return True

    def action_run(self, new_seed: bool = False) -> None:
        """Start a run and show it, with the same seed or the next one."""
        raise NotImplementedError

    def action_toggle_pause(self) -> None:
        """Hold the run still, or let it go on."""
        self.send(Resume() if self.status is RunStatus.PAUSED else Pause())

    def action_advance(self, unit: str) -> None:
        """Go on by a phase, a step or an epoch, then hold still."""
        self.send(_ADVANCES[unit])

    def action_evaluate(self) -> None:
        """Measure the whole-set metrics now."""
        self.send(Evaluate())

    @work(group="stop", exclusive=True, exit_on_error=False)
    async def action_stop(self) -> None:
        """End the run, by force when it does not answer."""
        run_id = self.run_id
        try:
            await self.session.stop(run_id)
        except TuiLabError as error:
            self.tell(str(error), error=True)
        self._look_after()
