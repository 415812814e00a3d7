"""The last line of a screen: what the keys do now, as many of them as there is room for.

Textual's own footer makes a widget per key and makes them all anew whenever the focus moves, which
takes 30 ms and a line of bytes each time. This one is a line of text that is sent when it differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget

_KEPT = ("help", "quit", "palette")
"""The descriptions of the keys that lead to all the others and out of here: where few find room
they stay, the first of them longest."""


@dataclass(frozen=True)
class Key:
    """A key, what it does, and whether it would do it now."""

    key: str
    display: str
    description: str
    enabled: bool = True

    @property
    def content(self) -> Content:
        """`r run`, which can be clicked."""
        markup = f"[@click=app.simulate_key('{self.key}')][$look]$display[/] $description[/]"
        words = Content.from_markup(
            markup.replace("$look", "bold $footer-key-foreground"),
            display=self.display,
            description=self.description,
        )
        return words if self.enabled else words.stylize("dim")


class KeyLine(Widget):
    """`r run  space pause  . phase  …`"""

    DEFAULT_CSS = """
    KeyLine {
        height: 1;
        width: 1fr;
        padding: 0 1;
        color: $footer-foreground;
        background: $footer-background;
        link-style: none;
        link-style-hover: none;
        link-color-hover: $accent;
        link-background-hover: transparent;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.auto_links = False  # or its words would all look alike
        self.keys: tuple[Key, ...] = ()
        """Those of the screen's bindings that are meant to be shown."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def render(self) -> Content:
        return Content("  ").join(key.content for key in fitting(self.keys, self.size.width))

    def _follow(self, screen: Screen[Any]) -> None:
        if screen is not self.screen or (self.keys and not self.app.app_focus):
            return  # away for a moment: the keys are what they were
        keys = tuple(self._shown())
        if keys != self.keys:
            self.keys = keys
            self.refresh()

    def _is_typed(self, key: str) -> bool:
        """Whether a key belongs to what the widget with the focus is told."""
        focused = self.screen.focused
        return bool(focused and focused.check_consume_key(key, key_to_character(key)))

    def _shown(self) -> Iterable[Key]:
        actions: set[str] = set()
        for key, (_, binding, enabled, _) in self.screen.active_bindings.items():
            if self._is_typed(key):
                continue
            if binding.show and binding.action not in actions:
                actions.add(binding.action)
                display = self.app.get_key_display(binding)
                yield Key(binding.key, display, binding.description, enabled)


def fitting(keys: Sequence[Key], width: int) -> list[Key]:
    """The first of `keys` that fit into `width` columns beside those that are kept: in any case the
    one for help, then the way out and the palette."""
    kept = sorted((key for key in keys if _is_kept(key)), key=_importance)
    while len(kept) > 1 and _total(kept) > width:
        kept.pop()
    chosen = list(kept)
    for key in keys:
        if not _is_kept(key):
            if _total([*chosen, key]) > width:
                break
            chosen.append(key)
    return [key for key in keys if key in chosen]


def _is_kept(key: Key) -> bool:
    return key.description in _KEPT or key.key == _BACK


def _importance(key: Key) -> int:
    return _KEPT.index(key.description) if key.description in _KEPT else len(_KEPT)


_GAP = "  "
_BACK = "escape"
"""Where it leads back from what one is doing, that is said too."""


def _total(keys: Sequence[Key]) -> int:
    """Columns that they take side by side."""
    return sum(key.content.cell_length + len(_GAP) for key in keys) - len(_GAP)
