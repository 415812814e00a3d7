"""The screen of one experiment, made from its declaration alone: knobs, charts, panes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from tui_lab.commands import Mistake, SetHyperparameter, SetHyperparameters, set_command
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.tui.experiment import bindings
from tui_lab.tui.experiment.actions import actions, host, lesson_of, possible
from tui_lab.tui.experiment.branching import Branching
from tui_lab.tui.experiment.copying import tell_card
from tui_lab.tui.experiment.display import RunDisplay
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.guess import OpenGuess
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.insight import Insight
from tui_lab.tui.experiment.layout import ExperimentLayout
from tui_lab.tui.experiment.live_knobs import LiveKnobs
from tui_lab.tui.experiment.metrics import MetricPicker
from tui_lab.tui.experiment.mode import mode_of
from tui_lab.tui.experiment.presets import Presets
from tui_lab.tui.experiment.rescue import Rescue
from tui_lab.tui.experiment.script import ScriptKeys, renew
from tui_lab.tui.experiment.scrubbing import Scrubbing
from tui_lab.tui.experiment.steering import Steering
from tui_lab.tui.experiment.succession import Succession
from tui_lab.tui.key_names import key_name
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.navigation import is_seen
from tui_lab.tui.notification import notify
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.widgets.key_line import KeyLine

LOSS = "train/loss"
"""The metric of every program whose curve shows that it diverges."""
TAIL = 1 / 30
"""Seconds between two looks at the log; nothing is drawn then."""


class ExperimentScreen(ScriptKeys, Screen[None]):
    """Puts the parts together: what one of them posts, the others are told here.

    Widgets that need numpy are made by `begin`, after the first paint.
    """

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-tall")]
    CSS_PATH = "experiment.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings.ALL
    is_complete = False
    """Whether all parts are there; what is typed before waits for them."""
    _wanted = ""
    _wanted_overlays: tuple[str, ...] = ()
    _tailing: Timer | None = None
    """Looks at the logs, while there may be more to come; None until the screen is complete."""

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__()
        self.session, self.experiment = session, experiment
        self.mode = mode_of(experiment)
        self.title = self.mode.title
        settings, lesson = session.settings, partial(lesson_of, experiment)
        self.knobs = KnobPanel(experiment, seed=settings.seed, device=settings.device)
        self.body = ExperimentLayout(experiment, self.knobs, lesson, settings.marker)
        self.charts, self.panes = self.body.charts, self.body.panes
        self.run = RunFollower(session, experiment, self.post_message)
        self.live_knobs = LiveKnobs(self.knobs, self.run, experiment)
        self.shown = RunDisplay(experiment, self.run, self.body)
        self._tell_card = partial(tell_card, self, session, self.run, self.mode, self.shown)
        self._put_together(host(self))
        for name, action in actions(self):
            setattr(self, f"action_{name}", action)

    def _put_together(self, host: Host) -> None:
        """Make the parts that give orders, each with those that it needs."""
        session, run, knobs, mode = self.session, self.run, self.knobs, self.mode
        self.succession = Succession(session, run, knobs, mode, host, self.open_run)
        self.steering, self.starter = self.succession.steering, self.succession.starter
        self.branching = Branching(session, run, self.steering, host)
        self.rescue = Rescue(run, self.steering, self.branching, host.ask)
        show = partial(self.call_next, self.shown.reveal)
        self.guess = OpenGuess(run, knobs, mode, show)
        begin = self.succession.begin
        self.presets = Presets(self.experiment, knobs, self.guess, mode, host.ask, begin)
        self.picker = MetricPicker(run, self.charts, host)
        self.insight = Insight(self.steering, host, lambda: self.shown.graph)
        back = (self.steering, self.branching, host, self._look_again)
        self.scrubbing = Scrubbing(session, run, knobs, self.shown, *back)

    def _look_again(self) -> None:
        """Another step is looked at, or now again."""
        if self.scrubbing.step is not None and not isinstance(self.focused, Chart):
            self.set_focus(next(iter(self.query(Chart)), None))
        self.refresh_bindings()
        self.draw()

    def on_mount(self) -> None:
        # An app that is starting shows nothing yet, but would lay out and draw what is there, and
        # do it all again once it runs: what comes by way of its queue comes after that.
        self.app.call_later(self.call_next, self._enter)

    async def _enter(self) -> None:
        await self.mount(self.shown.header, self.body, self.shown.status_line, KeyLine())
        self.call_after_refresh(self.begin)

    async def begin(self) -> None:
        """Complete the screen; its first paint is out."""
        if not self.panes.is_attached:
            return  # the lab was left meanwhile
        from tui_lab.view_models.run import RunView  # with numpy: after the first paint

        await self.panes.open(self.panes.current)
        self.shown.view = RunView(self.experiment)
        self._tailing = self.set_interval(TAIL, self.follow)
        self.is_complete = True
        self.set_interval(1 / self.session.settings.fps, self.draw)
        self.set_interval(1.0, self.look_after)
        self.overlay(self._wanted_overlays)
        self.draw()
        if self._wanted:
            self.open_run(self._wanted)
        elif self.mode.lives_with_the_screen:
            self.succession.begin()
        self.session.warm()

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Turn the knobs to these values (text, JSON or Python); the others keep theirs."""
        try:
            self.knobs.take({name: self.experiment[name].check(v) for name, v in values.items()})
        except HyperparameterError as error:
            notify(self, str(error), error=True)

    def open_run(self, run_id: str) -> None:
        """Show a run, live or long finished, from its log."""
        self._wanted, self.shown.cold = run_id, self.starter.cold
        self.succession.left = False
        if self._tailing is not None:
            self.run.open(run_id)

    def overlay(self, run_ids: Sequence[str]) -> None:
        """Lay the curves of other runs over those of the run shown."""
        if self._tailing is None:
            self._wanted_overlays = tuple(run_ids)
            return
        for sentence in self.run.overlays.add(run_ids):
            notify(self, sentence, error=True)
        self.refresh_bindings()
        self._tailing.resume()

    def follow(self) -> None:
        """Look at the logs, as long as there may be more to come."""
        if is_seen(self):
            self.run.look()
            if self._tailing and not self.run.awaits_more:
                self._tailing.pause()

    @on(Steering.Stopped)
    @on(Branching.TakenUp)
    def look_after(self) -> None:
        """Once a second: what only asking can tell."""
        if is_seen(self):
            self.shown.look_after(self.session)
            self.run.inquire()
            renew(self)
            if self._tailing is not None and self.run.awaits_more:
                self._tailing.resume()

    def draw(self) -> None:
        """Bring what is visible up to date, where its data changed."""
        if is_seen(self):
            self.shown.draw()

    @on(RunFollower.Opened)
    def show_run(self, event: RunFollower.Opened) -> None:
        """Knobs, charts and panes are those of another run."""
        self.scrubbing.step = None
        self.live_knobs.take_all()
        self.shown.change_to(event.feed.view)
        self.shown.look_after(self.session)
        self.live_knobs.take_new()
        self.guess.reveal()
        self._tell_card()
        renew(self)
        self.draw()
        self.refresh_bindings()
        if self._tailing is not None:
            self._tailing.resume()

    @on(RunFollower.Changed)
    def show_change(self, event: RunFollower.Changed) -> None:
        """The run stands otherwise than before."""
        self.live_knobs.take_new()
        self.guess.reveal()
        self._tell_card()
        renew(self)
        if event.diverges:
            self.body.show_curve(LOSS)
        if event.first_point or event.diverges or self.run.crash:
            self.draw()  # a first point does not wait for the next frame
        self.refresh_bindings()
        self.rescue.offer_new()
        if self.mode.leaves_a_core(event.standing):
            self.session.warm()

    @on(RunFollower.Failed)
    @on(Succession.GoesOn)
    @on(Worker.StateChanged)
    def say(self, event: RunFollower.Failed | Succession.GoesOn | Worker.StateChanged) -> None:
        """Something could not be done or read, or goes on unseen; an error that no one expected is
        told as well."""
        if isinstance(event, Succession.GoesOn):
            listed = key_name(self.app, "app.runs", "h")
            notify(self, f"{event.run_id} goes on; {listed} lists it.")
        elif isinstance(event, RunFollower.Failed):
            notify(self, event.sentence, error=True)
        elif event.state is WorkerState.ERROR:
            notify(self, f"{type(event.worker.error).__name__}: {event.worker.error}", error=True)

    @on(Branching.Begun)
    def show_branch(self, event: Branching.Begun) -> None:
        """A branch goes on beside its parent, whose curves lie under its own."""
        self.starter.own.add(event.run_id)
        self.open_run(event.run_id)
        self.overlay([event.parent])

    @on(KnobPanel.Changed)
    def turn(self, event: KnobPanel.Changed) -> None:
        """Live knobs act on the live run, together; any other waits for the next one."""
        event.stop()
        self.shown.verdict = ""
        acting = self.live_knobs.acting(event.values)
        if len(acting) < len(event.values):
            self.live_knobs.mark_waiting()
            self.session.warm()  # for the run that these values are meant for
        if acting:
            self.live_knobs.ask(acting)
            self.steering.send(set_command(self.experiment.to_json(acting)))

    @on(Steering.Answered)
    def settle(self, event: Steering.Answered) -> None:
        """Values sent were taken or refused."""
        match event.command:
            case SetHyperparameter(name):
                self.live_knobs.settle([name], taken=event.taken)
            case SetHyperparameters(values):
                self.live_knobs.settle(values, taken=event.taken)
            case Mistake(kind) if event.taken:
                notify(self, f"{kind}: in step {event.step:,}")

    @on(events.ScreenSuspend)
    @on(events.ScreenResume)
    def come_and_go(self) -> None:
        """Somebody looks at this screen again, or no more."""
        self.succession.come_and_go(seen=is_seen(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does something now; None shows it switched off."""
        return possible(self, action, parameters)
