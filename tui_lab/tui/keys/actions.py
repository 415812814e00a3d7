"""What can be done on a screen, read off the bindings; help and palette are two views of it.

Only bindings with an id count: they are the lab's own, the others are the toolkit's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from textual.actions import parse
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tui_lab.tui.key_names import keymap


@dataclass(frozen=True)
class ScreenAction:
    """One thing to do: its words, its keys, and who does it."""

    id: str
    label: str
    tooltip: str
    keys: tuple[str, ...]
    """As shown to a person: `^p`, `space`."""
    group: str
    action: str
    node: DOMNode
    """The widget, screen or app that the action belongs to."""
    enabled: bool
    shown: bool
    """Whether it stands in the footer, as what one does most on the screen."""


def screen_actions(screen: Screen[Any]) -> list[ScreenAction]:
    """Every action of the screen: the focused widget's first, then the screen's, the other
    widgets' and the app's; one entry for all the keys of an action."""
    found: dict[str, ScreenAction] = {}
    for node in _nodes(screen):
        for binding in _bindings(node, keymap(screen.app)):
            action = _action(screen.app, node, binding)
            known = found.get(action.id)
            if known is None:
                found[action.id] = action
            elif known.node is node:
                found[action.id] = replace(known, keys=_joined(known.keys, action.keys))
    return list(found.values())


def _nodes(screen: Screen[Any]) -> Iterator[DOMNode]:
    """Focused widget and its ancestors, screen, one widget of every other class, app."""
    yield from screen.focused.ancestors_with_self[:-1] if screen.focused else (screen,)
    seen: set[type] = {type(screen)}
    for widget in screen.query("*"):
        if type(widget) not in seen:
            seen.add(type(widget))
            yield widget
    yield screen.app


def _bindings(node: DOMNode, chosen: Mapping[str, str]) -> Iterator[Binding]:
    for declaring in reversed(type(node).__mro__):
        for binding in Binding.make_bindings(vars(declaring).get("BINDINGS", ())):
            if not binding.id or not binding.description:
                continue
            if binding.id in chosen:
                keys = (key.strip() for key in chosen[binding.id].split(","))
                yield from (binding.with_key(key, None) for key in keys)
            else:
                yield binding


def _action(app: App[Any], node: DOMNode, binding: Binding) -> ScreenAction:
    return ScreenAction(
        id=binding.id or "",
        label=binding.description,
        tooltip=binding.tooltip,
        keys=(app.get_key_display(binding),),
        group=binding.group.description if binding.group else _title(node),
        action=binding.action,
        node=node,
        enabled=_is_enabled(node, binding.action),
        shown=binding.show,
    )


def _is_enabled(node: DOMNode, action: str) -> bool:
    """Whether it can be done now, as the one who would do it says."""
    namespace, name, parameters = parse(action)
    target = {"app": node.app, "screen": node.screen}.get(namespace, node)
    return target.check_action(name, parameters) is True


def _title(node: DOMNode) -> str:
    if isinstance(node, App):
        return "Everywhere"
    if isinstance(node, Screen):
        return node.title or str(node.TITLE or "") or _words(type(node).__name__)
    return _words(type(node).__name__)


def _words(name: str) -> str:
    """`RunTable` as `Run table`, `HelpScreen` as `Help`."""
    return " ".join(re.findall(r"[A-Z][a-z]*", name.removesuffix("Screen"))).capitalize() or name


def _joined(keys: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys + more))
