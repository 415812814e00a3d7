"""The command palette: every action of the screen and the app, and every experiment, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from tui_lab.experiment import Experiment
from tui_lab.tui.keys.actions import ScreenAction, screen_actions
from tui_lab.tui.navigation import Navigation
from tui_lab.view_models.plain_text import plain


@dataclass(frozen=True)
class PaletteCommand:
    """One line of the palette."""

    name: str
    help: str
    run: Callable[[], Any]


class PaletteActions(Provider):
    """What the palette offers on a screen; nothing here is written down twice."""

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for command in self._commands():
            shown = Content(command.name)
            yield DiscoveryHit(shown, command.run, command.name, escape(command.help))

    async def search(self, query: str) -> Hits:
        """What matches the letters typed: by its name first, then by words of its explanation."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = rank(query, command.name, command.help) or min(matcher.match(command.name), 1)
            if score > 0:
                plain = "[" in command.name  # the matcher would read it as markup
                shown = Content(command.name) if plain else matcher.highlight(command.name)
                yield Hit(score, shown, command.run, command.name, escape(command.help))

    def _commands(self) -> Iterator[PaletteCommand]:
        actions = [a for a in screen_actions(self.screen) if a.enabled and a.id != "app.palette"]
        yield from map(_command, sorted(actions, key=lambda action: not action.shown))
        app = cast("Navigation", self.app)
        for experiment in app.session.experiments():
            if isinstance(experiment, Experiment):
                yield PaletteCommand(
                    f"open {plain(experiment.title)}",
                    plain(experiment.summary),
                    partial(app.open_experiment, experiment.name),
                )


def rank(query: str, name: str, explanation: str) -> int:
    """How well something answers to what was typed; 0 when the letters stand together neither in
    its name nor, word by word, in its explanation."""
    typed, words = query.lower(), name.lower()
    if typed in words:
        starts = any(word.startswith(typed) for word in words.split())
        return 6 if words == typed else 5 if words.startswith(typed) else 4 if starts else 3
    return 2 * all(word in explanation.lower() for word in typed.split())


def _command(action: ScreenAction) -> PaletteCommand:
    keys = " ".join(action.keys)
    explanation = f"{keys}  {action.tooltip}" if action.tooltip else keys
    run = partial(action.node.app.run_action, action.action, action.node)
    return PaletteCommand(plain(action.label), plain(explanation), run)
