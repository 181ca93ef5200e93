"""A calendar's items in the words that fit all three systems, for the people page and for tests."""

from datetime import datetime
from typing import Any

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Account, Calendar
from cxsync.sandbox.google.event import Data, Event, attendee
from cxsync.sandbox.google.realm import Realm
from cxsync.sandbox.google.series import Instance, instances, overlaps


def neutral(realm: Realm, account: Account, start: datetime | None, end: datetime | None) -> list[dict[str, Any]]:
    """See ``System.items``: single events and series, each series with the occurrences that overlap the range."""
    found = []
    for entry in account.entries.values():
        if entry.deleted:
            continue
        calendar = realm.directory.calendars[entry.calendar]
        for event in calendar.after(None):
            if event.series is None or event.series not in calendar.events:
                found.append(_item(realm, account, calendar, event, start, end))
    return sorted(found, key=lambda item: (str(item["start"]), item["id"]))


def _item(
    realm: Realm, account: Account, calendar: Calendar, event: Event, start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    data = event.data
    guest = attendee(data, calendar.id)
    minutes = [row["minutes"] for row in data["reminders"].get("overrides", ())]
    dates: list[dict[str, Any]] = []
    if start is not None and end is not None and not event.cancelled:
        each: list[Event | Instance] = [event]
        if event.is_series:
            each = list(instances(calendar, event, realm.options, end))
        dates = [
            _occurrence(one, calendar)
            for one in each
            if one.data["status"] != "cancelled" and overlaps(one.data, calendar, start, end)
        ]
    return {
        "id": event.id,
        "version": event.etag.strip('"'),
        "folder": "primary" if calendar.id == account.email else calendar.summary,
        "subject": data.get("summary", ""),
        "start": _text(data, "start"),
        "end": _text(data, "end"),
        "all_day": moments.is_day(data["start"]),
        "zone": data["start"].get("timeZone"),
        "location": data.get("location", ""),
        "notes": data.get("description", ""),
        "recurrence": "\n".join(data["recurrence"]) if event.is_series else None,
        "private": data.get("visibility") in ("private", "confidential"),
        "busy": "free" if data.get("transparency") == "transparent" else "busy",
        "reminder": minutes[0] if minutes else None,
        "status": data["status"],
        "response": guest["responseStatus"] if guest else None,
        "deleted": event.cancelled,
        "occurrences": dates,
    }


def _text(data: Data, which: str) -> str:
    kept = data[which]
    if "date" in kept:
        return str(kept["date"])
    return moments.shown(kept, kept["timeZone"])["dateTime"]


def _occurrence(one: Event | Instance, calendar: Calendar) -> dict[str, Any]:
    data = one.data
    original = {"start": data.get("originalStartTime", data["start"])}
    return {
        "id": one.id,
        "original": _text(original, "start"),
        "start": _text(data, "start"),
        "end": _text(data, "end"),
        "subject": data.get("summary", ""),
        "changed": isinstance(one, Event) and one.series is not None,
    }
