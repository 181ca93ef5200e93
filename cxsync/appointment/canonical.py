"""The canonical form of each field: equal for all spellings that mean the same, different for all that do not.

Servers rewrite seconds, the zone's name, spaces, line ends, the order of lists, and HTML around notes; none of that
is in here. Values are made of text, numbers and tuples only, so that they can be digested and kept.
"""

import unicodedata
from datetime import UTC, date, datetime
from typing import TypeAlias

from cxsync.appointment.characters import normal, one_line
from cxsync.appointment.rule import simplest
from cxsync.appointment.zone import clock_of
from schemas.appointment import Appointment, Moment, Override, Recurrence, Rule
from schemas.words import Busy, Field

Canonical: TypeAlias = "bool | int | str | bytes | tuple[Canonical, ...] | None"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def busy_class(busy: Busy) -> str:
    """What Carerix can tell apart (A14): status 1 preliminary, 0 definitive."""
    return "preliminary" if busy == "tentative" else "definitive"


def text(value: str, width: int | None = None) -> str:
    """Text of several lines, cut to ``width`` code points as its holder does."""
    return unicodedata.normalize("NFC", normal(normal(value)[:width])).strip("\n ")


def line(value: str, width: int | None = None) -> str:
    """Text of one line, cut to ``width`` code points."""
    return unicodedata.normalize("NFC", one_line(normal(value)[:width]))


def time(start: Moment, end: Moment, *, all_day: bool) -> Canonical:
    """All-day: the dates. Else the instants, to the minute; a floating time is its wall clock."""
    if all_day:
        return ("days", start.wall[:10], end.wall[:10])
    if start.instant is None or end.instant is None:
        return ("floating", start.wall[:16], end.wall[:16])
    return ("at", _minutes(start.instant), _minutes(end.instant))


def recurrence(appointment: Appointment, *, exceptions: bool) -> Canonical:
    """Rules in their simplest spelling, on the clock of the start's zone; with or without what deviates from them."""
    series = appointment.recurrence
    if series is None:
        return None
    start = _wall(appointment.start.wall)
    clock = () if appointment.all_day else clock_of(appointment.start.zone, start.year)
    rules = tuple(sorted((_rule(rule, start) for rule in series.rules), key=repr))
    excluded_rules = tuple(sorted((_rule(rule, start) for rule in series.excluded_rules), key=repr))
    own = (rules, excluded_rules, tuple(sorted({wall[:16] for wall in series.extra})), clock)
    return (*own, _exceptions(series)) if exceptions else own


def of(field: Field, appointment: Appointment) -> Canonical:
    """One field of an appointment, as exactly as the system holds it that it came from."""
    match field:
        case "subject":
            return line(appointment.subject)
        case "location":
            return line(appointment.location)
        case "notes":
            return text(appointment.notes)
        case "time":
            return time(appointment.start, appointment.end, all_day=appointment.all_day)
        case "busy":
            return busy_class(appointment.busy)
        case "private":
            return appointment.private
        case "reminder":
            return appointment.reminder_minutes
        case "attendees":
            return text(appointment.attendees)
        case "recurrence":
            return recurrence(appointment, exceptions=True)


def _exceptions(series: Recurrence) -> Canonical:
    gone = {wall[:16] for wall in series.excluded} | {one.original[:16] for one in series.overrides if one.cancelled}
    changed = (_override(one) for one in series.overrides if not one.cancelled)
    return (tuple(sorted(gone)), tuple(sorted(changed, key=repr)))


def _override(one: Override) -> Canonical:
    values: list[tuple[Canonical, ...]] = []
    for field in sorted(set(one.changed)):
        values.append((field, _override_value(field, one)))
    return (one.original[:16], tuple(values))


def _override_value(field: Field, one: Override) -> Canonical:
    match field:
        case "subject":
            return line(one.subject or "")
        case "location":
            return line(one.location or "")
        case "notes":
            return text(one.notes or "")
        case "time" if one.start is not None and one.end is not None:
            return time(one.start, one.end, all_day=bool(one.all_day))
        case "busy":
            return None if one.busy is None else busy_class(one.busy)
        case "private":
            return one.private
        case "attendees":
            return text(one.attendees or "")
        case _:
            return None  # a reminder of one occurrence wakes nothing


def _rule(rule: Rule, start: datetime) -> Canonical:
    rule = simplest(rule, start)
    days = tuple((day.weekday, day.nth or 0) for day in rule.days)
    numbers = (rule.month_days, rule.months, rule.year_days, rule.weeks, rule.hours, rule.minutes, rule.seconds)
    end = (rule.count or 0, rule.until.isoformat() if rule.until else "")
    return (rule.frequency, rule.interval, days, *numbers, rule.positions, rule.week_start, rule.short_month, *end)


def _wall(wall: str) -> datetime:
    return (
        datetime.fromisoformat(wall) if "T" in wall else datetime.combine(date.fromisoformat(wall), datetime.min.time())
    )


def _minutes(at: datetime) -> int:
    return int((at - _EPOCH).total_seconds() // 60)
