"""The screen of a script that is watched, or of a run that was imported: it grows with what is
found, and says what can't be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.actions import parse
from textual.binding import Binding
from textual.events import Key

from tui_lab.experiment import Experiment
from tui_lab.run import IMPORTED
from tui_lab.tui.experiment import bindings
from tui_lab.tui.key_names import keymap
from tui_lab.tui.navigation import Navigation, is_seen
from tui_lab.tui.notification import notify
from tui_lab.watching import is_script

if TYPE_CHECKING:
    from tui_lab.tui.experiment.screen import ExperimentScreen

_BACK = "the lab holds what a script trains, not where it stands in its own code"
_REASONS = {
    "run.branch": f"A script can't be branched: {_BACK}.",
    "run.return": f"A script can't go back: {_BACK}.",
    "run.take_up": f"A script can't be taken up: {_BACK}; r runs it again.",
    "back.open": f"A script can't be looked back at: {_BACK}.",
    "run.reseed": "A script has its own seed; r runs it again as it is.",
    "run.evaluate": "A script measures itself when it comes to it.",
    "run.mistake": "The lab makes no mistakes in a script of your own.",
    "knobs.preset": "A script has no presets.",
    "study.form": "A script can't be studied: what it can turn is found while it runs.",
}
"""Why a key does nothing, by its binding."""
_LOOKED_AT = "The run was imported: it can be looked at and compared, not run, nor gone on with."
_RUNNING = frozenset(
    ("run", "steer", "detour", "scrub", "nudge", "choose_preset", "choose_mistake", "show_graph")
)
"""What nobody can do with measurements alone."""
_LACKING = {
    ("detour", ("branch",)),
    ("detour", ("return",)),
    ("detour", ("take_up",)),
    ("scrub", ("open",)),
    ("run", (True,)),
    ("steer", ("evaluate",)),
    ("choose_mistake", ()),
    ("choose_preset", ()),
    ("open_study", ()),
}


def lacks(experiment: Experiment, action: str, parameters: tuple[object, ...]) -> bool:
    """Whether this can't be done, because the experiment is a script, or was imported."""
    if experiment.program == IMPORTED:
        return action in _RUNNING
    return is_script(experiment) and (action, parameters) in _LACKING


class ScriptKeys:
    """A screen that says why a key did nothing, where that is because of what it shows."""

    experiment: Experiment

    def on_key(self, event: Key) -> None:
        """No binding has used the key."""
        screen = cast("ExperimentScreen", self)
        reason = _reason(screen, event.key)
        if reason:
            notify(screen, reason)
            event.stop()


def _reason(screen: ExperimentScreen, key: str) -> str:
    experiment = screen.experiment
    for binding in bindings.ALL:
        name = getattr(binding, "id", None) or ""
        if not isinstance(binding, Binding):
            continue
        if key in keymap(screen.app).get(name, binding.key).split(","):
            _, action, parameters = parse(binding.action)
            if experiment.program == IMPORTED and lacks(experiment, action, parameters):
                return _LOOKED_AT
            if is_script(experiment) and name in _REASONS:
                return _REASONS[name]
    return ""


def renew(screen: ExperimentScreen) -> None:
    """Make the screen anew where more was found than it was made of; a dialog is not disturbed."""
    feed = screen.run.feed
    found = feed.view.watched.experiment if feed is not None else None
    if found is None or found == screen.experiment or screen.app.screen is not screen:
        return
    if is_seen(screen):
        cast("Navigation", screen.app).renew(screen.run.id, lambda: _grown(screen, found))


def _grown(screen: ExperimentScreen, found: Experiment) -> ExperimentScreen:
    grown = type(screen)(screen.session, found)
    if screen.experiment.pictures:  # else it is in front because there is nothing else yet
        grown.panes.current = screen.panes.current
    grown.charts.options = screen.charts.options
    grown.charts.pick(screen.charts.picked)
    grown.starter.own |= screen.starter.own
    grown.open_run(screen.run.id)
    return grown
