"""An app that is a few places, each kept as it was left; and the ways between those of the lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from textual.app import App
from textual.screen import ModalScreen, Screen

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.study import StudyRequest
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.typeahead import TypeaheadApp

HOME, RUNS, COMPARE, STUDY = " home", " runs", " compare", " study "
"""Names of places, with STUDY the beginning of them; those of experiments hold no spaces."""

ScreenT = TypeVar("ScreenT", bound=Screen[Any])


class PlacesApp(TypeaheadApp):
    """Goes from place to place, and back. Dialogs stand over a place.

    Every place is a mode of its own: the toolkit goes on drawing what lies under the top of a
    stack of screens, so that a place must never be left under another.
    """

    DEFAULT_MODE = "first"

    def __init__(self, first: str, *, ansi: bool = False) -> None:
        """`ansi` says that the first theme keeps the terminal's own colours: the toolkit chooses
        its filters now, before it knows any theme but its own."""
        super().__init__(ansi_color=ansi or None)
        self.set_reactive(App.ansi_color, None)  # from now on the theme says
        self._first = self._here = first
        self._places: dict[str, Screen[Any]] = {}
        self._trail: list[str] = []
        self._modes_by_place: dict[str, str] = {}
        """Of places whose screen was renewed."""
        self._renewed = 0

    def get_default_screen(self) -> Screen[Any]:
        """The first place. As a mode it would have all styles parsed three times at the start;
        it becomes one as soon as it is there, so that one can return to it."""
        screen = self.make_place(self._first)
        self.add_mode(self.DEFAULT_MODE, lambda: screen)
        return screen

    def make_place(self, name: str) -> Screen[Any]:
        """The screen of a place; a subclass says what it is, and calls `keep`."""
        raise NotImplementedError(name)

    def keep(self, name: str, make: Callable[[], ScreenT]) -> ScreenT:
        """The screen of that name, made when it is first needed."""
        if name not in self._places:
            screen = self._places[name] = make()
            self.add_mode(name, lambda: screen)
        return cast("ScreenT", self._places[name])

    def renew(self, name: str, make: Callable[[], ScreenT]) -> ScreenT:
        """Put another screen in a place; who is there sees it."""
        screen = make()
        self._places[name] = screen
        self._renewed += 1
        mode = self._modes_by_place[name] = f"{name} {self._renewed}"
        self.add_mode(mode, lambda: screen)
        if name == self._here:
            self.switch_mode(mode)
        return screen

    @property
    def place(self) -> Screen[Any]:
        """The screen one is at, whatever dialog stands over it."""
        screens = [s for s in self.screen_stack if not isinstance(s, ModalScreen)]
        return screens[-1] if screens else self.screen

    @property
    def came_from(self) -> str:
        """The name of the place before this one; empty where this was the first."""
        return self._trail[-1] if self._trail else ""

    def go_to(self, name: str) -> None:
        """Go to a place; a dialog over the one before is given up."""
        self.make_place(name)
        while isinstance(self.screen, ModalScreen):
            self.pop_screen()
        if name != self._here:
            self._trail = [place for place in self._trail if place not in (name, self._here)]
            self._trail.append(self._here)
            self._here = name
            self.switch_mode(self._mode_of(name))

    def _mode_of(self, name: str) -> str:
        default = self.DEFAULT_MODE if name == self._first else name
        return self._modes_by_place.get(name, default)

    def go_back(self, otherwise: str) -> None:
        """Return to the place before this one, or to `otherwise` when there was none."""
        left = self._here
        self.go_to(self._trail[-1] if self._trail else otherwise)
        self._trail = [place for place in self._trail if place != left]


class Navigation(PlacesApp):
    """What a screen may ask of the lab that it stands in."""

    session: Session

    def open_experiment(
        self,
        name: str,
        *,
        values: Mapping[str, Any] | None = None,
        run_id: str = "",
        overlays: Sequence[str] = (),
    ) -> None:
        """Go to an experiment: as it was left, or with values, a run, or curves to compare."""
        raise NotImplementedError(name)

    def open_run(self, run_id: str) -> None:
        """Go to a run, in the screen of its experiment."""
        raise NotImplementedError(run_id)

    def open_comparison(self, run_ids: Sequence[str]) -> None:
        """Go to these runs side by side; the first is the one that the others are held against."""
        raise NotImplementedError(run_ids)

    def open_study_form(
        self,
        experiment: Experiment,
        *,
        values: Mapping[str, Value] | None = None,
        asked: StudyRequest | None = None,
    ) -> None:
        """Go to the form of a new study: as it was left, or with values, `seed` and `device` among
        them, or with what another one was asked to be."""
        raise NotImplementedError(experiment.name)

    def open_study(self, study_id: str) -> None:
        """Go to a study."""
        raise NotImplementedError(study_id)


def is_seen(screen: Screen[Any]) -> bool:
    """Whether nothing but dialogs stands over a screen. (Textual counts as current what lies under
    an opaque screen, too.)"""
    stack = screen.app.screen_stack
    above = stack[stack.index(screen) + 1 :] if screen in stack else stack
    return screen in stack and all(isinstance(other, ModalScreen) for other in above)
