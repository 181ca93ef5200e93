"""Time zones as Exchange knows them: Windows ids, and definitions that a client brings along."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec
from babel.core import get_global

from cxsync.sandbox.exchange.soap import ResponseError

Overlap = Literal["first", "second"]
UTC_IDS = frozenset({"UTC", "tzone://Microsoft/Utc", "Etc/UTC"})
DAY = timedelta(days=1)


class Zone(Protocol):
    """A rule that says how far wall clocks are from UTC. ``id`` is empty for a definition that carries none."""

    id: str
    name: str

    def offset(self, instant: datetime) -> timedelta:
        """How far ahead of UTC the wall clock is at ``instant`` (aware)."""


class NamedZone:
    """A zone that Windows knows by ``id``."""

    def __init__(self, name: str, zone: ZoneInfo) -> None:
        self.id = name
        self.name = name
        self.zone = zone

    def offset(self, instant: datetime) -> timedelta:
        """As the system's own time zone data has it."""
        return instant.astimezone(self.zone).utcoffset() or timedelta()


class Change(msgspec.Struct, frozen=True):
    """A yearly switch to an offset of ``to``: at ``time`` after midnight of a date, by the wall clock before it.

    ``weekday`` None: day ``day`` of ``month``. Else the ``occurrence``-th such weekday (0 Monday; -1 the last).
    """

    to: timedelta
    time: timedelta
    month: int
    day: int = 0
    weekday: int | None = None
    occurrence: int = 0

    def at(self, year: int) -> datetime:
        """The naive wall clock at which it happens in ``year``."""
        if self.weekday is None:
            found = date(year, self.month, min(self.day, days_in(year, self.month)))
        else:
            found = nth_weekday(year, self.month, self.weekday, self.occurrence)
        return datetime(found.year, found.month, found.day) + self.time  # noqa: DTZ001 - a wall clock


class Group(msgspec.Struct, frozen=True):
    """The yearly rules that hold from ``since`` (naive wall clock, None: ever): a fixed offset or two changes."""

    since: datetime | None
    offset: timedelta
    changes: tuple[Change, ...]


class DefinedZone:
    """A zone given by its rules (MS-OXWSDLGM's TimeZoneDefinition, or the older MeetingTimeZone)."""

    def __init__(self, name: str, display: str, groups: tuple[Group, ...]) -> None:
        self.id = name
        self.name = display
        self.groups = groups
        self._years: dict[int, tuple[list[datetime], list[timedelta]]] = {}

    def _group(self, year: int) -> Group:
        found = self.groups[0]
        for group in self.groups[1:]:
            if group.since is not None and group.since.year <= year:
                found = group
        return found

    def _year(self, year: int) -> tuple[list[datetime], list[timedelta]]:
        """The instants (naive UTC) at which the offset changes in ``year``, and the offsets before and after each."""
        known = self._years.get(year)
        if known is not None:
            return known
        group = self._group(year)
        ordered = sorted(group.changes, key=lambda change: change.at(year))
        offset = ordered[-1].to if ordered else group.offset
        instants: list[datetime] = []
        offsets = [offset]
        for change in ordered:
            instants.append(change.at(year) - offset)
            offset = change.to
            offsets.append(offset)
        self._years[year] = instants, offsets
        return self._years[year]

    def offset(self, instant: datetime) -> timedelta:
        """By the rules of the year that ``instant`` lies in."""
        naive = instant.astimezone(UTC).replace(tzinfo=None)
        instants, offsets = self._year(naive.year)
        return offsets[bisect_right(instants, naive)]


def days_in(year: int, month: int) -> int:
    """Number of days of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - DAY).day


def nth_weekday(year: int, month: int, weekday: int, occurrence: int) -> date:
    """The ``occurrence``-th ``weekday`` (0 Monday) of a month; -1 and the fifth mean the last."""
    if occurrence == -1 or occurrence >= 5:
        last = date(year, month, days_in(year, month))
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (occurrence - 1))


def to_wall(zone: Zone, instant: datetime) -> datetime:
    """The naive wall clock of ``zone`` at ``instant`` (aware)."""
    return (instant + zone.offset(instant)).replace(tzinfo=None)


def to_utc(zone: Zone, wall: datetime, overlap: Overlap = "first") -> datetime:
    """The instant at which ``zone``'s clocks show ``wall`` (naive).

    A clock that is skipped is read with the offset before the gap; of one that is shown twice ``overlap`` decides.
    """
    near = wall.replace(tzinfo=UTC)
    before, after = zone.offset(near - DAY), zone.offset(near + DAY)
    fitting = sorted({near - o for o in (before, after) if zone.offset(near - o) == o})
    if not fitting:
        return near - before
    return fitting[0] if overlap == "first" else fitting[-1]


@cache
def windows_zone(name: str) -> NamedZone | None:
    """The zone that Windows calls ``name``, by the Unicode consortium's list; None if there is none."""
    if name in UTC_IDS:
        return NamedZone(name, ZoneInfo("Etc/UTC"))
    mapping: Mapping[str, str] = get_global("windows_zone_mapping")
    iana = mapping.get(name)
    return None if iana is None else NamedZone(name, ZoneInfo(iana))


def required_zone(name: str) -> NamedZone:
    """As ``windows_zone``, raising the ResponseError that Exchange answers."""
    zone = windows_zone(name)
    if zone is None:
        raise ResponseError("ErrorTimeZone", f"The time zone '{name}' is not known to this server.")
    return zone


def windows_zones() -> list[NamedZone]:
    """Every zone this server knows, by id."""
    mapping: Mapping[str, str] = get_global("windows_zone_mapping")
    return [required_zone(name) for name in sorted(mapping)]


@cache
def zone_of_place(iana: str) -> NamedZone:
    """The Windows zone of a place such as Europe/Amsterdam; UTC for places that have none."""
    territories: Mapping[str, str] = get_global("windows_zone_mapping")
    for name, place in territories.items():
        if place == iana:
            return required_zone(name)
    wanted = ZoneInfo(iana)
    probes = [datetime(2024, month, 1, tzinfo=UTC) for month in range(1, 13)]
    offsets = [probe.astimezone(wanted).utcoffset() for probe in probes]
    for name in sorted(territories, key=lambda each: (each != "W. Europe Standard Time", each)):
        zone = required_zone(name)
        if [zone.offset(probe) for probe in probes] == offsets:
            return zone
    return required_zone("UTC")


UTC_ZONE = required_zone("UTC")
