"""Bytes set aside, so that a disk which fills up leaves room to say so."""

from __future__ import annotations

from pathlib import Path

_RESERVE = 64 * 1024


def set_aside(path: Path) -> None:
    """Have a file there whose removal makes room; raises `OSError` when there is not enough."""
    try:
        if not path.exists():
            path.write_bytes(bytes(_RESERVE))
    except OSError:
        path.unlink(missing_ok=True)
        raise
