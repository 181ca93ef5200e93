"""Time zones by any of the names that calendars use, and clock times as instants.

Rules come from the ``tzdata`` package alone, never from the machine: same series in, same answer out, everywhere.
Names are kept as they were chosen and never followed through links (tz 2022b made Europe/Amsterdam one).
"""

import json
import re
import struct
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from zoneinfo import ZoneInfo

from msgspec import Struct

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError

EPOCH = date(1970, 1, 1).toordinal()
EARLIEST, LATEST = (2 - EPOCH) * 86400, (date.max.toordinal() - 1 - EPOCH) * 86400
UTC_NAMES = frozenset({"UTC", "tzone://Microsoft/Utc"})
_OFFSET = r"[+-]?\d{1,3}(?::\d{2}){0,2}"
_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
_DATE = rf"(?:M\d{{1,2}}\.\d\.\d|J\d{{1,3}}|\d{{1,3}})(?:/{_OFFSET})?"
_POSIX = re.compile(rf"{_NAME}({_OFFSET})(?:{_NAME}({_OFFSET})?(?:,({_DATE}),({_DATE}))?)?")


class Zone(Struct, frozen=True):
    """``name``: IANA, None for a delivered definition that fits no known zone (then ``rule`` is its POSIX TZ form)."""

    name: str | None
    info: ZoneInfo
    id: str = ""
    rule: str = ""

    @property
    def shown(self) -> str:
        """A name for people and for the ``offending`` part."""
        return self.name or self.id or self.rule


def zone_named(name: str, home: Zone | None = None) -> Zone:
    """The zone of an IANA name or a Windows id; the ``home`` zone wins where its Windows id is the one given.

    Raises UnreadableSeriesError with ZONE_UNKNOWN.
    """
    text = name.strip()
    if text in UTC_NAMES:
        return Zone("UTC", _info("UTC"))
    if text in _iana_names():
        return Zone(text, _info(text))
    default = _windows_ids().get(text.casefold())
    if default is None:
        raise UnreadableSeriesError(Reason.ZONE_UNKNOWN, name, "an IANA name or a Windows id of CLDR")
    if home is not None and home.name and windows_id(home.name) == windows_id(default):
        return home
    return Zone(default, _info(default))


def zone_defined(id_: str, rule: str, home: Zone | None = None) -> Zone:
    """The zone of a delivered definition: matched by its rule, for its id is not to be trusted.

    The home zone is preferred, then the zones that Windows ids stand for, then any; no match: the rule itself.
    """
    wanted = _normal(rule)
    if wanted is None:
        raise UnreadableSeriesError(
            Reason.ZONE_UNKNOWN, id_ or rule, "a POSIX TZ rule such as CET-1CEST,M3.5.0,M10.5.0/3"
        )
    if home is not None and home.name and _rule_of(home.name) == wanted:
        return home
    if wanted == ("0",):
        return Zone("UTC", _info("UTC"))
    match = _zones_by_rule().get(wanted)
    if match is not None:
        return Zone(match, _info(match))
    return Zone(None, _from_rule(rule), id_, rule)


def windows_id(name: str) -> str | None:
    """The Windows id under which Exchange knows an IANA zone."""
    return _cldr()["windows"].get(name)


@lru_cache(maxsize=65536)
def _offset(info: ZoneInfo, day: int, seconds: int) -> int:
    minute, second = divmod(seconds, 60)
    hour, minute = divmod(minute, 60)
    on = date.fromordinal(day)
    offset = datetime(on.year, on.month, on.day, hour, minute, second, tzinfo=info).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def instant(zone: Zone | None, day: int, seconds: int) -> int:
    """Seconds since 1970 UTC of a wall clock; a time in a gap takes the offset before it, of two the first counts
    (RFC 5545 3.3.5). Without a zone: the wall clock itself as if it were UTC."""
    wall = (day - EPOCH) * 86400 + seconds
    return wall if zone is None else wall - _offset(zone.info, day, seconds)


def wall(zone: Zone | None, at: int) -> tuple[int, int]:
    """The clock in ``zone`` at an instant: (ordinal day, seconds since midnight)."""
    if zone is not None:
        # A day from either end of the calendar, the local date may lie outside it.
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(max(at, EARLIEST), LATEST))
        offset = moment.astimezone(zone.info).utcoffset()
        at += 0 if offset is None else int(offset.total_seconds())
    day, seconds = divmod(at, 86400)
    return min(max(day + EPOCH, 1), date.max.toordinal()), seconds


@cache
def _cldr() -> dict[str, dict[str, str]]:
    data: dict[str, dict[str, str]] = json.loads(
        resources.files("cxsync.recurrence").joinpath("windows_zones.json").read_bytes()
    )
    return data


@cache
def _windows_ids() -> dict[str, str]:
    return {name.casefold(): iana for name, iana in _cldr()["iana"].items()}


@cache
def _iana_names() -> frozenset[str]:
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


@cache
def _info(name: str) -> ZoneInfo:
    return ZoneInfo.from_file(BytesIO(_data(name)), key=name)


def _data(name: str) -> bytes:
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


@cache
def _rule_of(name: str) -> tuple[str, ...] | None:
    # RFC 8536 3.3: the last line of the file is the POSIX TZ string for all later times.
    footer = _data(name).rstrip(b"\n").rsplit(b"\n", 1)
    return _normal(footer[1].decode()) if len(footer) == 2 else None


@cache
def _zones_by_rule() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    defaults = sorted(set(_cldr()["iana"].values()))
    fixed = [f"Etc/GMT{hours:+d}" for hours in (*range(-14, 0), *range(1, 13))]
    for name in (*_PREFERRED, *fixed, *defaults, *sorted(_iana_names())):
        rule = _rule_of(name)
        if rule is not None:
            found.setdefault(rule, name)
    return found


# Where many zones share one rule, the one that most people mean.
_PREFERRED = ("Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago",
              "America/Denver", "America/Los_Angeles", "Asia/Tokyo", "Asia/Shanghai", "Asia/Kolkata")  # fmt: skip


def _normal(rule: str) -> tuple[str, ...] | None:
    """A POSIX TZ rule without its abbreviations and defaults, for comparing; None if it is malformed."""
    match = _POSIX.fullmatch(rule.strip())
    if match is None:
        return None
    standard, daylight, start, end = match.groups()
    base = -_seconds(standard)
    if abs(base) > 86400 or (start is None and "," in rule):
        return None
    if not re.search(rf"{_OFFSET}{_NAME}", rule):
        return (str(base),)
    summer = base + 3600 if daylight is None else -_seconds(daylight)
    if start is None or end is None:  # POSIX leaves the dates open
        return None
    return (str(base), str(summer), _switch(start), _switch(end))


def _switch(text: str) -> str:
    day, _, at = text.partition("/")
    return f"{day}/{_seconds(at) if at else 7200}"


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def _from_rule(rule: str) -> ZoneInfo:
    """A zone that follows a POSIX TZ rule at all times: a TZif file (RFC 8536) with nothing but that footer."""
    match = _POSIX.fullmatch(rule.strip())
    standard = -_seconds(match[1]) if match else 0
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lbb4s", standard, 0, 0, b"STD\0")
    try:
        return ZoneInfo.from_file(BytesIO((header + body) * 2 + b"\n" + rule.strip().encode() + b"\n"))
    except ValueError as error:
        raise UnreadableSeriesError(
            Reason.ZONE_UNKNOWN, rule, "a POSIX TZ rule such as CET-1CEST,M3.5.0,M10.5.0/3"
        ) from error
