"""Writes the lines of Google's ``recurrence``: RRULE, EXRULE, EXDATE, RDATE, without DTSTART (RFC 5545)."""

from cxsync.recurrence.held import Held
from cxsync.recurrence.moment import point_text
from cxsync.recurrence.pattern import Count, End, Until
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Point
from cxsync.recurrence.shape import spelled
from cxsync.recurrence.understand import until_point
from cxsync.recurrence.zones import Zone, instant, wall


def pattern_line(series: Held, zone: Zone | None, *, all_day: bool) -> str:
    """The RRULE line of a pattern."""
    return f"RRULE:{spelled(series.pattern, series.first[0]).text(end_part(series.end, zone, all_day=all_day))}"


def rule_line(rule: Rule, zone: Zone | None, *, all_day: bool, name: str = "RRULE", floating: bool = False) -> str:
    """A rule as it was read, strictly spelled: UNTIL in UTC for timed series, a date for all-day ones.

    ``floating``: the series had no zone of its own, so that its UNTIL, even with Z, is wall clock.
    """
    if rule.count is not None:
        end = f"COUNT={rule.count}"
    elif rule.until is not None:
        point = until_point(rule, None if floating else zone)
        end = "" if point is None else _until(point, zone, all_day=all_day)
        if rule.until.is_utc and not all_day and not floating:
            at = rule.until.at
            end = _until((at.toordinal(), at.hour * 3600 + at.minute * 60 + at.second), None, all_day=False)
    else:
        end = ""
    return f"{name}:{rule.text(end)}"


def end_part(end: End, zone: Zone | None, *, all_day: bool) -> str:
    """COUNT or UNTIL; a last day reaches to its last second, so that it reads back as the same day."""
    if isinstance(end, Count):
        return f"COUNT={end.n}"
    return _until((end.day, 86399), zone, all_day=all_day) if isinstance(end, Until) else ""


def date_line(name: str, points: list[Point], zone: Zone | None, *, all_day: bool) -> str:
    """An EXDATE or RDATE line in the series' own zone."""
    if all_day:
        return f"{name};VALUE=DATE:{','.join(point_text(*point, all_day=True) for point in points)}"
    utc = zone is None or zone.name == "UTC"
    tzid = "" if utc or zone is None else f";TZID={zone.name}"
    return f"{name}{tzid}:{','.join(point_text(*point, utc=utc) for point in points)}"


def _until(point: Point, zone: Zone | None, *, all_day: bool) -> str:
    if all_day:
        return f"UNTIL={point_text(*point, all_day=True)}"
    return f"UNTIL={point_text(*wall(None, instant(zone, *point)), utc=True)}"
