"""The slip that everyone makes once: a tuple of one without its comma."""

from __future__ import annotations

from typing import Any


def require_several(owner: object, *fields: str) -> None:
    """Raises `TypeError`, with the cure, where a field that holds several things holds one."""
    for field in fields:
        value: Any = getattr(owner, field)
        if not isinstance(value, tuple | list):
            what = repr(value) if isinstance(value, str) else type(value).__name__
            raise TypeError(
                f"{field} is one {what} and not a tuple: a tuple of one needs a comma, "
                f"{field}=({what if isinstance(value, str) else f'{what}(…)'},)"
            )
