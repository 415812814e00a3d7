"""The keys that sentences on the screen name: the person's own, else the usual ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.keys import format_key

NAMED = re.compile(r"\{(\w+\.\w+)=([^\s{}]+)\}")
"""`{app.runs=h}` in a sentence: the key of a binding, and how it is shown as long as it is the
usual one."""


def keymap(app: App[Any]) -> Mapping[str, str]:
    """The keys that the person has chosen, by binding id."""
    chosen = getattr(app, "keymap", {})
    return chosen if isinstance(chosen, Mapping) else {}


def with_keys(app: App[Any], sentence: str) -> str:
    """`{run.start=r} starts a run` as `r starts a run`, or with the key that stands for it here."""
    return NAMED.sub(lambda found: key_name(app, found[1], found[2]), sentence)


def key_name(app: App[Any], binding_id: str, usual: str) -> str:
    """How the first key of a binding is shown; `usual` where the person has not chosen one."""
    chosen = keymap(app).get(binding_id)
    return shown(chosen.split(",")[0]) if chosen else usual


def shown(key: str) -> str:
    """`ctrl+p` as `^p`, `full_stop` as `.`."""
    *modifiers, name = key.split("+")
    held = [modifier for modifier in modifiers if modifier != "ctrl"]
    control = "^" if "ctrl" in modifiers else ""
    return "+".join([*held, control + format_key(name)])
