"""Dates as text: A6 for fields, the cast literal for qualifiers."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.refusals import InvalidQuery

_FIELD: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?P<gap>[T ])(?P<clock>\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,6})?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_LITERAL: Final = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)(?: (?P<clock>\d\d:\d\d:\d\d)(?: ?(?P<zone>\S+))?)?", re.ASCII)
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)", re.ASCII)
FIRST_YEAR: Final = 1000
LAST_YEAR: Final = 9998  # far enough from the end of the calendar for every zone
EXPECTED: Final = {
    "T": "YYYY-MM-DDTHH:MM:SS",
    "fraction": "YYYY-MM-DDTHH:MM:SS.mmm",
    "space": "YYYY-MM-DD HH:MM:SS",
    "Z": "YYYY-MM-DDTHH:MM:SSZ",
    "offset": "YYYY-MM-DDTHH:MM:SS+HH:MM",
}


def printed(moment: datetime, zone: tzinfo, options: Options) -> str:
    """``moment`` (aware) as the interface prints it."""
    match options.date_form:
        case "T":
            return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
        case "fraction":
            return moment.astimezone(zone).isoformat(timespec="milliseconds")[:23]
        case "space":
            return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        case "Z":
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "offset":
            return moment.astimezone(zone).isoformat(timespec="seconds")


def read_field(text: str, zone: tzinfo, options: Options) -> datetime:
    """The point in time that a request names, in UTC; a text without a zone is meant in ``zone`` (A6).

    Raises InvalidQuery for any other form.
    """
    found = _FIELD.fullmatch(text)
    if found is None or (options.date_input == "strict" and not _has_form(found, options)):
        raise InvalidQuery(f"{text!r} is not a date of the form {EXPECTED[options.date_form]}")
    return _moment(text, found["day"], found["clock"] + (found["fraction"] or ""), found["zone"], zone)


def _has_form(found: re.Match[str], options: Options) -> bool:
    gap = " " if options.date_form == "space" else "T"
    zoned = options.date_form in ("Z", "offset")
    if found["gap"] != gap or (found["zone"] is not None) != zoned:
        return False
    return (found["fraction"] is not None) == (options.date_form == "fraction")


def read_literal(text: str, zone: tzinfo) -> datetime:
    """The point in time of a literal ``(NSCalendarDate)'…'``: a date, a time of day, a zone name or offset.

    Raises InvalidQuery; a literal without a zone is meant in ``zone``.
    """
    found = _LITERAL.fullmatch(text)
    if found is None:
        raise InvalidQuery(f"{text!r} is not a date of the form YYYY-MM-DD HH:MM:SS Etc/GMT")
    return _moment(text, found["day"], found["clock"] or "00:00:00", found["zone"], zone)


def _moment(text: str, day: str, clock: str, zone: str | None, default: tzinfo) -> datetime:
    try:
        naive = datetime.fromisoformat(f"{day}T{clock}")
        if not FIRST_YEAR <= naive.year <= LAST_YEAR:
            raise InvalidQuery(f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
        return naive.replace(tzinfo=default if zone is None else _zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidQuery(f"{text!r} is not a date: {error}") from None
    except KeyError:
        raise InvalidQuery(f"{text!r} names a time zone that is not known: {zone!r}") from None


def _zone(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None:
        return ZoneInfo(text)
    minutes = int(found["hours"]) * 60 + int(found["minutes"])
    return timezone(timedelta(minutes=-minutes if found["sign"] == "-" else minutes))
