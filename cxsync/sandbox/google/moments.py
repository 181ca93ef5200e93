"""Starts and ends: how they are given, kept and shown (guide "Calendars & events", resource EventDateTime).

Kept as ``{"date": …}`` or ``{"dateTime": UTC ending in Z, "timeZone": the event's own zone}``.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from cxsync.sandbox.google.refusals import invalid, required

Kept = dict[str, str]


@lru_cache(maxsize=1000)
def zone_named(name: str) -> ZoneInfo | None:
    """The IANA zone, None if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return None


def zone(name: str) -> ZoneInfo:
    """The IANA zone of a name that was checked before."""
    found = zone_named(name)
    if found is None:
        raise invalid(f"Invalid time zone: {name}")
    return found


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def keep(given: Mapping[str, Any], which: str, calendar_zone: str, *, recurring: bool) -> Kept:
    """What is kept of a given ``start`` or ``end`` (``which``); 400 for what the guides exclude."""
    day, moment, name = given.get("date"), given.get("dateTime"), given.get("timeZone")
    if name is not None and zone_named(name) is None:
        raise invalid(f"Invalid time zone definition for {which} time.")
    if day is not None and moment is not None:
        raise invalid(f"Both date and dateTime are given for the {which} time.")
    if day is not None:
        try:
            return {"date": date.fromisoformat(day).isoformat()}
        except ValueError:
            raise invalid(f"Invalid value for: {which}.date is {day!r}") from None
    if moment is None:
        raise required(f"Missing {which} time.")
    if recurring and name is None:
        raise required(f"Missing time zone definition for {which} time.")
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        raise invalid(f"Invalid value for: {which}.dateTime is {moment!r}") from None
    own = name if name is not None else calendar_zone
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=zone(own))
    return {"dateTime": utc_text(parsed), "timeZone": own}


def is_day(kept: Mapping[str, str]) -> bool:
    """Whether this is a date (of an all-day event)."""
    return "date" in kept


def instant(kept: Mapping[str, str], calendar_zone: str) -> datetime:
    """The moment in UTC; a date begins at midnight in the calendar's zone."""
    if "date" in kept:
        return datetime.combine(date.fromisoformat(kept["date"]), time(), zone(calendar_zone)).astimezone(UTC)
    return datetime.fromisoformat(kept["dateTime"])


def wall(kept: Mapping[str, str]) -> datetime:
    """Wall clock in the event's own zone, without offset; midnight for a date."""
    if "date" in kept:
        return datetime.combine(date.fromisoformat(kept["date"]), time())
    return datetime.fromisoformat(kept["dateTime"]).astimezone(zone(kept["timeZone"])).replace(tzinfo=None)


def from_wall(moment: datetime, like: Mapping[str, str]) -> Kept:
    """Wall clock back to the kept form, in the zone (or as the date) of ``like``."""
    if "date" in like:
        return {"date": moment.date().isoformat()}
    return {"dateTime": utc_text(moment.replace(tzinfo=zone(like["timeZone"]))), "timeZone": like["timeZone"]}


def length(start: Mapping[str, str], end: Mapping[str, str]) -> timedelta:
    """From start to end, in days for dates."""
    if "date" in start:
        return date.fromisoformat(end["date"]) - date.fromisoformat(start["date"])
    return datetime.fromisoformat(end["dateTime"]) - datetime.fromisoformat(start["dateTime"])


def later(kept: Mapping[str, str], by: timedelta, zone_name: str | None = None) -> Kept:
    """``kept`` plus an exact length."""
    if "date" in kept:
        return {"date": (date.fromisoformat(kept["date"]) + by).isoformat()}
    moved = datetime.fromisoformat(kept["dateTime"]) + by
    return {"dateTime": utc_text(moved), "timeZone": zone_name or kept["timeZone"]}


def stamp(kept: Mapping[str, str]) -> str:
    """The last part of an instance's id: ``YYYYMMDDTHHMMSSZ``, or ``YYYYMMDD`` for a date."""
    text = kept["date"] if "date" in kept else kept["dateTime"]
    return text.replace("-", "").replace(":", "")


@lru_cache(maxsize=50_000)
def _shown(moment: str, zone_name: str) -> str:
    local = datetime.fromisoformat(moment).astimezone(zone(zone_name))
    text = local.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def shown(kept: Mapping[str, str], zone_name: str) -> Kept:
    """As answers show it: the moment in ``zone_name`` (of the request or calendar), beside the event's own zone."""
    if "date" in kept:
        return {"date": kept["date"]}
    return {"dateTime": _shown(kept["dateTime"], zone_name), "timeZone": kept["timeZone"]}
