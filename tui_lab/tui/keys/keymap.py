"""The person's own keys: keys.json in the home, an object of binding id -> key."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from textual.keys import KEY_NAME_REPLACEMENTS, REPLACED_KEYS, Keys

from tui_lab.errors import UsageError

EXAMPLE = '{"app.runs": "f3", "run.pause": "space,f8"}'
_STAY = "the usual keys stay."
_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_NAMED = {key.value for key in Keys if key.value.isalnum()}
_AS_SHOWN = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "?": "question_mark",
    "↵": "enter",
    "⏎": "enter",
    "⌫": "backspace",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
}
"""What the screen calls keys that are called otherwise inside."""


def read_keymap(path: Path) -> dict[str, str]:
    """The keys in a file, none when there is no file; raises `UsageError` for a bad one."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "it is not JSON"
        raise UsageError(f"{path} can't be read ({reason}); {_STAY}") from error
    if not isinstance(data, dict) or not all(isinstance(key, str) and key for key in data.values()):
        raise UsageError(f"{path} must hold an object like {EXAMPLE}; {_STAY}")
    return {binding_id: _keys(path, binding_id, keys) for binding_id, keys in data.items()}


def _keys(path: Path, binding_id: str, text: str) -> str:
    """The keys of a binding as the toolkit calls them."""
    found = []
    for word in text.split(","):
        key = canonical(word.strip())
        if not key:
            raise UsageError(
                f"{path}: {binding_id} has {word.strip()!r}, which is no key; write one like "
                f'"x", "f5", "space" or "ctrl+k", or several with commas; {_STAY}'
            )
        found.append(key)
    return ",".join(found)


def canonical(word: str) -> str:
    """A key as it is called inside: `.` as `full_stop`, `^p` as `ctrl+p`; empty for none."""
    if len(word) > 1 and word.startswith("^"):
        word = f"ctrl+{word[1:]}"
    *modifiers, name = word.split("+") if len(word) > 1 else [word]
    key = _AS_SHOWN.get(name) or _single(name) or (name if _is_name(name) else "")
    return "+".join([*modifiers, key]) if key and set(modifiers) <= set(_MODIFIERS) else ""


def _single(character: str) -> str:
    """The name of the key that types a character; empty for what is not one."""
    if len(character) != 1 or not character.isprintable():
        return ""
    if character.isalnum():
        return character
    name = "space" if character == " " else unicodedata.name(character, "")
    name = name.lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_name(name: str) -> bool:
    """`f5`, `space`, or the name of a character: `full_stop`."""
    if name in _NAMED or name in REPLACED_KEYS:
        return True
    try:
        return unicodedata.lookup(name.replace("_", " ")).isprintable()
    except KeyError:
        return False
