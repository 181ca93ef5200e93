"""Equivalence classes: two values are the same if the systems that hold them cannot tell them apart (rule 4).

Carerix knows two busy states, no exceptions, and texts of limited width (wire contract); Exchange's subject holds 255
characters. A change within a class is no change, so nobody's cut text or "out of office" bounces back as an edit.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from cxsync.appointment import canonical
from cxsync.appointment.canonical import Canonical
from cxsync.appointment.characters import normal
from schemas.appointment import Appointment, Moment, Recurrence
from schemas.words import Busy, Field, System

WIDTHS: Mapping[System, Mapping[Field, int]] = {
    "carerix": {"subject": 1000, "location": 1024, "attendees": 10_000, "notes": 1_000_000},
    "exchange": {"subject": 255},
    "google": {},
}
"""Widest text that a system holds, in code points. Carerix: wire contract, "An appointment is a CRToDo".
Exchange: the client library's limit of a subject. Google: none is documented in the API reference, and a
width that is guessed too small would hide edits behind it."""

_GOOGLE_BUSY: Mapping[Busy, Busy] = {"out-of-office": "busy", "working-elsewhere": "busy"}


def held(field: Field, appointment: Appointment, *systems: System) -> Canonical:
    """What all of ``systems`` can hold of one field: equal for two appointments exactly if they are the same there."""
    widths = [WIDTHS[system][field] for system in systems if field in WIDTHS[system]]
    width = min(widths, default=None)
    match field:
        case "subject":
            return canonical.line(appointment.subject, width)
        case "location":
            return canonical.line(appointment.location, width)
        case "notes":
            return canonical.text(appointment.notes, width)
        case "attendees":
            return canonical.text(appointment.attendees, width)
        case "recurrence":
            return canonical.recurrence(appointment, exceptions="carerix" not in systems)
        case _:
            return canonical.of(field, appointment)


def same(field: Field, a: Appointment, b: Appointment, *systems: System) -> bool:
    """Whether ``systems`` cannot tell the two apart in this field."""
    return held(field, a, *systems) == held(field, b, *systems)


def project(appointment: Appointment, system: System) -> Appointment:
    """What ``system`` would hold of it; projecting twice changes nothing.

    Attendees are written to Carerix only; elsewhere they are the server's own and none are there after a create.
    """
    cut = replace(
        appointment,
        subject=_cut("subject", appointment.subject, system),
        location=_cut("location", appointment.location, system),
        notes=_cut("notes", appointment.notes, system),
        attendees=_cut("attendees", appointment.attendees, system) if system == "carerix" else "",
        start=_whole_minute(appointment.start),
        end=_whole_minute(appointment.end),
        notes_plain=True,
        meeting=None,
        nature="ordinary",
        categories=(),
        no_sync=False,
        web_link=None,
    )
    if system == "carerix":
        definitive = canonical.busy_class(cut.busy) == "definitive"
        return replace(cut, busy="busy" if definitive else "tentative", recurrence=_rules_only(cut.recurrence))
    return replace(cut, busy=_GOOGLE_BUSY.get(cut.busy, cut.busy)) if system == "google" else cut


def _cut(field: Field, value: str, system: System) -> str:
    text = normal(value)
    if field in {"subject", "location"}:
        text = " ".join(text.split("\n"))
    return text[: WIDTHS[system].get(field)].rstrip(" ")


def _whole_minute(moment: Moment) -> Moment:
    if "T" not in moment.wall:
        return moment
    at = moment.instant and moment.instant.replace(second=0, microsecond=0)
    return replace(moment, wall=f"{moment.wall[:16]}:00", instant=at)


def _rules_only(series: Recurrence | None) -> Recurrence | None:
    return series and replace(series, excluded=(), overrides=())
