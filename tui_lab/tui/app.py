"""The lab's application: which screen is shown, what every screen can do, how it all ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.command import Provider
from textual.events import Resize
from textual.notifications import Notify
from textual.screen import Screen

from tui_lab.tui.keys.bindings import EVERYWHERE
from tui_lab.tui.navigation import HOME
from tui_lab.tui.notification import MOST_SENTENCES, notify
from tui_lab.tui.rooms import Rooms, tune
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.signals import end_on_signals
from tui_lab.tui.theme import DARK, THEMES, theme_name

if TYPE_CHECKING:
    from tui_lab.tui.dialogs.quit import Departure

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Opening:
    """What the lab shows first: an experiment, with values or on a run; home when empty."""

    experiment: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    run_id: str = ""


def palette_actions() -> type[Provider]:
    """The palette's provider, imported when the palette opens."""
    from tui_lab.tui.keys.palette import PaletteActions  # not needed for the first paint

    return PaletteActions


class TuiLabApp(Rooms):
    """One sitting at the lab, over a `Session`."""

    TITLE = "tui-lab"
    # Those of all screens at once: for one that comes later everything is parsed again.
    CSS_PATH = [_HERE / "app.tcss", *sorted(_HERE.glob("*/*.tcss"))]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {palette_actions}
    BINDINGS: ClassVar[list[BindingType]] = EVERYWHERE

    def __init__(
        self,
        session: Session,
        opening: Opening | None = None,
        *,
        keymap: Mapping[str, str] | None = None,
        complaint: str = "",
        when_painted: Callable[[], None] | None = None,
    ) -> None:
        self.session = session
        self.keymap = dict(keymap or {})
        """The person's own keys, by binding id."""
        self.crash: BaseException | None = None
        """The error that ended the lab, if one did."""
        self._opening = opening or Opening()
        self._complaint = complaint
        self._when_painted = when_painted
        ansi = session.settings.theme == "ansi"
        super().__init__(self._opening.experiment or HOME, ansi=ansi)
        for theme in THEMES:
            self.register_theme(theme)
        self._theme_choice = session.settings.theme
        self.set_reactive(TuiLabApp.theme, theme_name(self._theme_choice))
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The lab's own variables, for themes that know nothing of them."""
        return DARK.variables

    def on_mount(self) -> None:
        self.set_keymap(self.keymap)
        self.set_interval(1.0, self.session.poll)
        if self.session.settings.bell:
            self._listen()
        end_on_signals(self, self.session.close)
        if self._when_painted is not None:
            self.call_later(self.call_after_refresh, self._when_painted)
        if self._complaint:
            notify(self, self._complaint, error=True)
        if self.keymap:
            self.call_after_refresh(_tell_complaints, self)

    def _listen(self) -> None:
        """Ring for what happens to the runs that were begun here, and say what it is."""
        from tui_lab.tui.bell import RunNews  # only where a person wants it

        news = RunNews(self.session)

        def ring() -> None:
            for sentence in news.since():
                self.bell()
                notify(self, sentence)

        self.set_interval(1.0, ring)

    def on_notify(self, event: Notify) -> None:
        """A sentence said again takes the place of the one before, and few stand at a time."""
        new, standing = event.notification, list(self._notifications)
        again = [note for note in standing if note.message == new.message]
        others = [note for note in standing if note not in again]
        for note in (*again, *others[: max(0, len(others) - MOST_SENTENCES + 1)]):
            self._unnotify(note, refresh=False)

    def on_resize(self, event: Resize) -> None:
        from tui_lab.tui.dialogs.small import SmallScreen, fits  # rarely needed

        if not fits(event.size) and not isinstance(self.screen, SmallScreen):
            self.push_screen(SmallScreen())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing leads to where one is; a terminal too small can only be left."""
        place = type(self.place).__name__
        if place == "SmallScreen":
            return action not in ("home", "runs", "help", "overlay", "command_palette")
        if action == "overlay":
            elsewhere = ("HomeScreen", "RunsScreen", "CompareScreen")
            return place not in (*elsewhere, "StudyScreen", "StudyFormScreen")
        return (action, place) not in (("home", "HomeScreen"), ("runs", "RunsScreen"))

    def action_home(self) -> None:
        """Go to the experiments."""
        self.go_to(HOME)

    def action_runs(self) -> None:
        """Go to the runs."""
        self.open_runs()

    def action_overlay(self) -> None:
        """Go to the runs of this experiment, to choose those to compare."""
        experiment = getattr(self.place, "experiment", None)
        if experiment is not None:
            self.open_runs(experiment.name)

    def action_help(self) -> None:
        """List every key of this screen."""
        from tui_lab.tui.keys.help import HelpScreen  # on demand

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_next_theme(self) -> None:
        """Change the colours: dark, light, ansi, and dark again."""
        order: dict[str, Any] = {"dark": "light", "light": "ansi", "ansi": "dark"}
        self._theme_choice = order[self._theme_choice]
        self.theme = theme_name(self._theme_choice)

    async def action_quit(self) -> None:
        """Leave, after asking what becomes of the live runs that were begun here."""
        from tui_lab.tui.dialogs.quit import QuitDialog, going_on  # on demand

        if isinstance(self.screen, QuitDialog):
            return
        own, others = going_on(self.session)
        if own:
            dialog = QuitDialog(own, self.session.runs.stop, others=others)
            self.push_screen(dialog, partial(_depart, self))
        else:
            self.exit(0)

    def make_place(self, name: str) -> Screen[Any]:
        """The screen of a place; the one that was asked for at the start is turned to that."""
        if name != self._opening.experiment or name in self._places:
            return super().make_place(name)
        screen = self.experiment_screen(name)
        tune(screen, self._opening.values, self._opening.run_id, ())
        return screen

    def _fatal_error(self) -> None:
        """Keep the error for `run_lab`, which says one sentence once the terminal is restored."""
        self.crash = self._exception
        self._close_messages_no_wait()


def _depart(app: TuiLabApp, departure: Departure | None) -> None:
    """Leave, unless the question was called off."""
    if departure is not None:
        app.exit(0)


def _tell_complaints(app: TuiLabApp) -> None:
    """Say what is wrong with the person's own keys."""
    from tui_lab.tui.keys.keyboard import complaints  # few people have a keys.json

    for sentence in complaints(app.keymap):
        notify(app, sentence, error=True)
