"""Dates as they are typed in a search: `2026`, `2026-11`, `2026-11-01`, `today`, `-7d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII
)
_AGO = re.compile(r"-(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAY = timedelta(days=1)


def is_moment(text: str) -> bool:
    """Whether this is a date, or a span of time back from now."""
    return span(text, datetime(2026, 1, 1, tzinfo=UTC)) is not None


def span(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when (not included) the text means: a year, a month, a day, a minute, a
    second, each in the zone of `now`; one moment for `-7d`. None where it is no time."""
    lower = text.strip().lower()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if lower in ("today", "yesterday"):
        begin = midnight if lower == "today" else midnight - _DAY
        return begin, begin + _DAY
    try:
        if ago := _AGO.fullmatch(lower):
            moment = now - timedelta(seconds=float(ago[1]) * _SECONDS[ago[2]])
            return moment, moment
        date = _DATE.fullmatch(text.strip())
        return _dated([int(part) for part in date.groups() if part], now) if date else None
    except (ValueError, OverflowError):
        return None


def _dated(parts: list[int], now: datetime) -> tuple[datetime, datetime]:
    year, month, day, *clock = (*parts, *(1, 1)[len(parts) - 1 :]) if len(parts) < 3 else parts
    begin = datetime(year, month, day, *clock, tzinfo=now.tzinfo)  # type: ignore[misc,arg-type]
    match len(parts):
        case 1:
            return begin, begin.replace(year=year + 1)
        case 2:
            return begin, (begin + 31 * _DAY).replace(day=1)
        case 3:
            return begin, begin + _DAY
        case _:
            return begin, begin + timedelta(minutes=1) / (60 if len(parts) == 6 else 1)
