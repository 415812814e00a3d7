"""Every key of the screen that was active, grouped by who answers to it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui_lab.config import keys_path
from tui_lab.hyperparameters import Hyperparameter
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.keys.actions import ScreenAction, screen_actions
from tui_lab.tui.keys.keymap import EXAMPLE
from tui_lab.tui.knobs.knob import Knob
from tui_lab.view_models.plain_text import plain

_LONGEST_KEYS = 9
"""Columns that keys have in any case, so that they are aligned from group to group."""
_NARROWEST = 20
"""Columns that an explanation needs beside the words it explains."""
_ENDLESS = 1000


class KeyTable(Static):
    """The actions of a group, as wide as there is room."""

    def __init__(self, actions: Sequence[ScreenAction]) -> None:
        super().__init__(key_table(actions))
        self._actions = actions

    def on_resize(self, event: Resize) -> None:
        self.update(key_table(self._actions, event.size.width))


class HelpScreen(ModalScreen[None]):
    """What can be pressed, and what the focused knob or pane is about."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,f1,q,enter",
            "dismiss",
            "close",
            key_display="esc",
            tooltip="Go back to the screen",
            id="help.close",
        ),
        Binding("down,j", "scroll(1)", "down", tooltip="Read on", id="help.down", show=False),
        Binding("up,k", "scroll(-1)", "up", tooltip="Read back", id="help.up", show=False),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self.actions = screen_actions(about)
        self.subject = subject(about)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as panel:
            panel.border_title = "Help"
            panel.border_subtitle = with_keys(self.app, "{help.close=esc} closes")
            if self.subject.plain:
                yield Static(self.subject, id="subject")
            for title, actions in grouped(self.actions):
                yield Static(Content(title), classes="group")
                yield KeyTable(actions)
            yield Static(Content("Keys of your own"), classes="group")
            yield Static(own_keys(), classes="own")

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def action_scroll(self, direction: int) -> None:
        """Move the text by one line."""
        self.query_one("#help").scroll_relative(y=direction, animate=False)


def grouped(actions: Sequence[ScreenAction]) -> list[tuple[str, list[ScreenAction]]]:
    """The actions under the title of their group, groups in the order of their first action."""
    order = {title: place for place, title in enumerate(dict.fromkeys(a.group for a in actions))}
    ranked = sorted(actions, key=lambda action: order[action.group])
    return [(title, list(rows)) for title, rows in groupby(ranked, lambda action: action.group)]


def key_table(actions: Sequence[ScreenAction], width: int = _ENDLESS) -> Content:
    """The actions one below another: their keys, their words, their explanations.

    What does not fit beside the words goes on under itself, or under them where that is too narrow.
    """
    keys = [" ".join(action.keys) for action in actions]
    wide = max(_LONGEST_KEYS, *map(len, keys))
    label = max(len(action.label) for action in actions)
    indent = wide + label + 4
    beside = width - indent >= _NARROWEST
    lines = [
        Content.assemble(
            (f"{shown:>{wide}}", "bold $accent" if action.enabled else "$text-muted"),
            f"  {plain(action.label):<{label}}  ",
            "" if beside else "\n" + " " * (wide + 2),
            (_wrapped(action, width, indent if beside else wide + 2), "$text-muted"),
        )
        for action, shown in zip(actions, keys, strict=True)
    ]
    return Content("\n").join(lines)


def own_keys() -> Content:
    """Where other keys are chosen, and how."""
    sentence = f"{plain(str(keys_path()))} gives a binding other keys by the name after its ·"
    return Content(f"{sentence}, as in {EXAMPLE}; tui-lab doctor lists all names.")


def _wrapped(action: ScreenAction, width: int, indent: int) -> str:
    """What the action does, whether it can be done now, and its name in keys.json."""
    later = "" if action.enabled else " (not\xa0now)"
    text = f"{plain(action.tooltip)}{later} ·\xa0{action.id}"
    lines = textwrap.wrap(text, max(1, width - indent), break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines).replace("\xa0", " ")


def subject(screen: Screen[Any]) -> Content:
    """The help of what has the focus: a knob's hyperparameter, or the nearest pane's text."""
    focused = screen.focused
    if isinstance(focused, Knob):
        return _hyperparameter(focused.hyperparameter)
    nodes = focused.ancestors_with_self if focused else [screen]
    texts = (getattr(node, "HELP", None) for node in nodes)
    text = next((text.strip() for text in texts if text), "")
    return Content(with_keys(screen.app, text))


def _hyperparameter(hyperparameter: Hyperparameter) -> Content:
    live = "acts at the next step of a live run" if hyperparameter.live else "acts on the next run"
    domain = f"{hyperparameter.domain}; default {hyperparameter.format(hyperparameter.default)}"
    return Content.assemble(
        (plain(hyperparameter.label), "bold"),
        f"\n{plain(hyperparameter.help)}\n".replace("\n\n", "\n"),
        (f"{plain(domain)}; {live}", "$text-muted"),
    )
