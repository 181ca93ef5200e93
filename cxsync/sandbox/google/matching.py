"""Which events a list shows, and in which order."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.event import Event
from cxsync.sandbox.google.moments import Kept
from cxsync.sandbox.google.refusals import ApiError
from cxsync.sandbox.google.series import Instance

Row = tuple[tuple[str, ...], Event | Instance]
"""A row with its place in the order of the list."""


def removed(each: Event | Instance) -> Event | Instance:
    """The occurrence of a deleted series, as deleted."""
    if isinstance(each, Event):
        return each
    return Instance(each.id, {**each.data, "status": "cancelled"}, each.series)


def stored_of(each: Event | Instance) -> Event:
    """The resource that stands behind a row: the series, for an occurrence without one of its own."""
    return each if isinstance(each, Event) else each.series


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def by_start(each: Event | Instance, calendar: Calendar) -> str:
    """The place in the order ``startTime``."""
    return _stamp(moments.instant(each.data["start"], calendar.zone))


def by_change(each: Event | Instance) -> str:
    """The place in the order ``updated``."""
    return _stamp(stored_of(each).updated)


def by_rank(each: Event | Instance) -> str:
    """The place in the order that means nothing."""
    return stored_of(each).rank


def original_start(each: Event | Instance) -> Kept:
    """Where the rule put an occurrence; the start of any other event."""
    data = each.data
    found: Kept = data["originalStartTime"] if "originalStartTime" in data else data["start"]
    return found


def by_original(found: Iterable[Event | Instance]) -> list[Row]:
    """Occurrences in the order of their original starts."""
    return sorted((((moments.stamp(original_start(each)), each.id), each) for each in found), key=lambda row: row[0])


def starts_at(each: Event | Instance, text: str) -> bool:
    """Whether the original start is the moment or date ``text``."""
    original = original_start(each)
    if "date" in original:
        return bool(original["date"] == text)
    try:
        return moments.instant(original, "UTC") == datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return False


def check_window(lower: datetime | None, upper: datetime | None) -> None:
    """400 for a window that holds nothing."""
    if lower is not None and upper is not None and lower >= upper:
        raise ApiError(
            400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar", location="timeMax"
        )


def matches(data: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Whether an event passes the filters iCalUID, eventTypes, q and extended properties."""
    if params.get("iCalUID") is not None and data["iCalUID"] != params["iCalUID"]:
        return False
    if params.get("eventTypes") and data.get("eventType", "default") not in params["eventTypes"]:
        return False
    for kind, name in (("private", "privateExtendedProperty"), ("shared", "sharedExtendedProperty")):
        for text in params.get(name, ()):
            key, mark, value = text.partition("=")
            if not mark:
                raise ApiError(400, "invalid", "Invalid extended property constraint.", location=name)
            if data.get("extendedProperties", {}).get(kind, {}).get(key) != value:
                return False
    if params.get("q"):
        people = [data.get("organizer", {}), *data.get("attendees", ())]
        texts = [data.get(field, "") for field in ("summary", "description", "location")]
        texts += [person.get(field, "") for person in people for field in ("email", "displayName")]
        whole = " ".join(texts).lower()
        return all(word in whole for word in params["q"].lower().split())
    return True
