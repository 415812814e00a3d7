"""The person's own keys: keys.json in the home, an object of binding id -> key."""

from __future__ import annotations

import json
from pathlib import Path

from tui_lab.errors import UsageError


def read_keymap(path: Path) -> dict[str, str]:
    """The keys in a file, none when there is no file; raises `UsageError` for a bad one."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "it is not JSON"
        raise UsageError(f"{path} can't be read ({reason}); the usual keys stay.") from error
    if not isinstance(data, dict) or not all(isinstance(key, str) and key for key in data.values()):
        raise UsageError(
            f'{path} must hold an object like {{"app.runs": "f3"}}; the usual keys stay.'
        )
    return data
