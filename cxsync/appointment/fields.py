"""One field of an appointment, taken out and put in. Start, end and all-day are one field; the recurrence is one."""

from typing import TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from schemas.appointment import Appointment, Moment, Recurrence
from schemas.words import Field

FIELDS: tuple[Field, ...] = get_args(Field)
TEXTS: tuple[Field, ...] = ("subject", "location", "notes", "attendees")


class Span(Struct, frozen=True):
    """When it is: the value of the field ``time``."""

    start: Moment
    end: Moment
    all_day: bool


class Body(Struct, frozen=True):
    """The value of the field ``notes``: its text, and whether the body is no more than that."""

    text: str
    plain: bool


Value: TypeAlias = str | bool | int | Span | Body | Recurrence | None


def value_of(field: Field, appointment: Appointment) -> Value:
    """The value of one field."""
    match field:
        case "subject":
            return appointment.subject
        case "location":
            return appointment.location
        case "notes":
            return Body(appointment.notes, appointment.notes_plain)
        case "time":
            return Span(appointment.start, appointment.end, appointment.all_day)
        case "busy":
            return appointment.busy
        case "private":
            return appointment.private
        case "reminder":
            return appointment.reminder_minutes
        case "attendees":
            return appointment.attendees
        case "recurrence":
            return appointment.recurrence


def copied(field: Field, source: Appointment, onto: Appointment) -> Appointment:
    """``onto`` with the value that ``source`` has in ``field``; everything else as it was."""
    match field:
        case "subject":
            return replace(onto, subject=source.subject)
        case "location":
            return replace(onto, location=source.location)
        case "notes":
            return replace(onto, notes=source.notes, notes_plain=source.notes_plain)
        case "time":
            return replace(onto, start=source.start, end=source.end, all_day=source.all_day)
        case "busy":
            return replace(onto, busy=source.busy)
        case "private":
            return replace(onto, private=source.private)
        case "reminder":
            return replace(onto, reminder_minutes=source.reminder_minutes)
        case "attendees":
            return replace(onto, attendees=source.attendees)
        case "recurrence":
            return replace(onto, recurrence=source.recurrence)


def shown(field: Field, appointment: Appointment) -> str:
    """The value as text for outcomes, where people read it in the user's own zone already."""
    value = value_of(field, appointment)
    if isinstance(value, Span):
        zone = f" {value.start.zone}" if value.start.zone else ""
        return f"{value.start.wall} – {value.end.wall}{zone}"
    if isinstance(value, Body):
        return value.text
    if isinstance(value, Recurrence):
        return "; ".join(_rule_text(value))
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rule_text(recurrence: Recurrence) -> list[str]:
    texts = []
    for rule in recurrence.rules:
        days = ",".join(f"{day.nth or ''}{day.weekday[:2].upper()}" for day in rule.days)
        parts = {
            "FREQ": rule.frequency.upper(),
            "INTERVAL": rule.interval if rule.interval != 1 else "",
            "BYDAY": days,
            "BYMONTHDAY": ",".join(map(str, rule.month_days)),
            "BYMONTH": ",".join(map(str, rule.months)),
            "BYSETPOS": ",".join(map(str, rule.positions)),
            "COUNT": rule.count or "",
            "UNTIL": rule.until or "",
        }
        texts.append(";".join(f"{name}={part}" for name, part in parts.items() if part != ""))
    return texts
