"""Dates as they are typed in a search: `2026`, `2026-11`, `2026-11-01`, `today`, `-7d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII
)
_AGO = re.compile(r"-(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAY = timedelta(days=1)


class _Local(tzinfo):
    """The zone of this machine, with the offset that each date has there: a day of summer is one
    in winter too."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime) -> datetime:
        return dt.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


LOCAL = _Local()
"""What `now` is given in for dates as a person here means them."""


def is_moment(text: str) -> bool:
    """Whether this is a date, or a span of time back from now."""
    return span(text, datetime(2026, 1, 1, tzinfo=UTC)) is not None


def span(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when (not included) the text means: a year, a month, a day, a minute, a
    second, each in the zone of `now`; one moment for `-7d`. None where it is no time."""
    try:
        found = _span(text.strip(), now)
        # In UTC, where comparing a run with it costs no look at the zone.
        return found and (found[0].astimezone(UTC), found[1].astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _span(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if text.lower() in ("today", "yesterday"):
        begin = midnight if text.lower() == "today" else midnight - _DAY
        return begin, begin + _DAY
    if ago := _AGO.fullmatch(text.lower()):
        moment = now.astimezone(UTC) - timedelta(seconds=float(ago[1]) * _SECONDS[ago[2]])
        return moment, moment
    date = _DATE.fullmatch(text)
    return _dated([int(part) for part in date.groups() if part], now) if date else None


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
