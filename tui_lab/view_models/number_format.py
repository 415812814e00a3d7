"""Numbers as a person reads them on a screen: short, aligned by eye, never misleading."""

from __future__ import annotations

import math

CHANGED = "•"
"""Stands before what is other than it was at the last phase."""


def short(value: object) -> str:
    """Four significant digits: `0.00131`, `1.2e-05`, `nan`, `-inf`; whole numbers stay whole."""
    if isinstance(value, bool) or not isinstance(value, float | int):
        return str(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def percent(share: float) -> str:
    """`1.3 %` for 0.013."""
    return f"{100 * share:.1f} %"


def duration(seconds: float | None) -> str:
    """`0:42`, `12:05`, `1:02:03`, `2 d 03:00`; a dash when it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, second = divmod(int(max(0.0, seconds)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour:02}:{minute:02}"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
