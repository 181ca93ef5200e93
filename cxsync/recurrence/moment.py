"""Dates and times as text: iCalendar basic form, on reading the extended form too."""

import re
from datetime import date

from msgspec import Struct

from cxsync.recurrence.zones import Zone, instant, wall

_FORM = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[Tt ](\d{2}):?(\d{2}):?(\d{2})([Zz])?)?")


class Moment(Struct, frozen=True):
    """``seconds`` is None for a date; ``utc``: written with Z."""

    day: int
    seconds: int | None
    utc: bool

    def on_clock(self, zone: Zone | None) -> tuple[int, int]:
        """(day, seconds) on the clock of ``zone``; a date is its midnight."""
        if self.utc and self.seconds is not None and zone is not None:
            return wall(zone, instant(None, self.day, self.seconds))
        return self.day, self.seconds or 0


def read_moment(text: str) -> Moment:
    """Raises ValueError with a text that says what would be right."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("write a date as 20260105, a time as 20260105T090000 or 20260105T080000Z")
    year, month, day = (int(part) for part in match.groups()[:3])
    try:
        on = date(year, month, day).toordinal()
    except ValueError as error:
        near = _nearest(year, month, day)
        raise ValueError(f"no such date; write {near} or {near}T090000") from error
    if match[4] is None:
        return Moment(on, None, utc=False)
    hour, minute, second = (int(part) for part in match.groups()[3:6])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no such time of day; write 000000 to 235959 after the T")
    return Moment(on, hour * 3600 + minute * 60 + second, match[7] is not None)


def _nearest(year: int, month: int, day: int) -> str:
    year, month = max(year, 1), min(max(month, 1), 12)
    for candidate in range(min(max(day, 1), 31), 0, -1):
        try:
            return day_text(date(year, month, candidate).toordinal())
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def day_text(day: int) -> str:
    """``20260105``."""
    on = date.fromordinal(day)
    return f"{on.year:04}{on.month:02}{on.day:02}"


def point_text(day: int, seconds: int, *, all_day: bool = False, utc: bool = False) -> str:
    """``20260105T090000``, with ``Z`` for UTC; ``20260105`` for all-day."""
    if all_day:
        return day_text(day)
    minute, second = divmod(seconds, 60)
    hour, minute = divmod(minute, 60)
    return f"{day_text(day)}T{hour:02}{minute:02}{second:02}{'Z' if utc else ''}"
