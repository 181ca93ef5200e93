"""What an update has to know of the item that it changes."""

from collections.abc import Collection
from datetime import date

from lxml import etree
from msgspec import Struct

from cxsync.calendars.exchange import document
from cxsync.calendars.exchange.zone import knows, own_zone, wall, zone_of
from cxsync.calendars.port import Found
from cxsync.recurrence.zones import Zone
from schemas.appointment import Appointment
from schemas.records import Policy
from schemas.words import Field


class Target(Struct, frozen=True):
    """``zone``: the item's own, None if Exchange has no id for it; ``first``: the date of its start."""

    zone: str | None = None
    first: date | None = None


def target_of(found: Found, home: str) -> Target:
    """The item as it was found. Raises Unreadable."""
    if not found.documents:
        return Target()
    item = document.load(found.documents[0].body, found.native_id)
    zone = zone_of(item, "StartTimeZone", Policy(user_zone=home, home_zone=home)) or own_zone(home)
    name = zone.name if zone is not None and zone.name is not None and knows(zone.name) else None
    return Target(name, None if zone is None else _first(item, zone))


def _first(item: etree._Element, zone: Zone) -> date | None:
    try:
        start = document.moment(item, "Start")
        return None if start is None else date.fromisoformat(wall(start, zone)[:10])
    except (ValueError, OverflowError):
        return None


def also(fields: Collection[Field], appointment: Appointment, target: Target) -> set[Field]:
    """The fields to write. A series that moves to another day takes its recurrence along, whose range begins on the
    day of its start; else the recurrence is left alone, for rewriting it may cost its exceptions."""
    wanted: set[Field] = set(fields)
    moved = appointment.start.wall[:10] != (target.first.isoformat() if target.first else None)
    if "time" in wanted and appointment.recurrence is not None and moved:
        wanted.add("recurrence")
    return wanted
