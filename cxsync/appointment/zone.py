"""What a zone does to a series, whatever it is called.

Exchange names zones by Windows ids, so Europe/Amsterdam comes back as Europe/Berlin: the same clock, another name.
"""

from datetime import UTC, datetime
from functools import lru_cache

from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.zones import zone_named
from schemas.appointment import Moment

_MONTHS = 24


def clock_of(zone: str | None, year: int) -> tuple[int | str, ...]:
    """The zone's UTC offsets in minutes at the start of each month of ``year`` and the next; empty without a zone.

    A zone that nobody knows is its name.
    """
    return () if zone is None else _clock_of(zone, max(1970, min(year, 2100)))


@lru_cache(maxsize=4096)
def _clock_of(zone: str, year: int) -> tuple[int | str, ...]:
    try:
        info = zone_named(zone).info
    except UnreadableSeriesError:
        return (zone,)
    offsets = []
    for month in range(_MONTHS):
        at = datetime(year + month // 12, month % 12 + 1, 1, 12, tzinfo=UTC).astimezone(info)
        offset = at.utcoffset()
        offsets.append(0 if offset is None else int(offset.total_seconds()) // 60)
    return tuple(offsets)


def in_zone(moment: Moment, zone: str | None) -> Moment:
    """The same instant on the wall of ``zone``; as it is without an instant, or in a zone that nobody knows."""
    if moment.instant is None or zone is None or moment.zone == zone:
        return moment
    try:
        info = zone_named(zone).info
    except UnreadableSeriesError:
        return moment
    wall = moment.instant.astimezone(info).replace(tzinfo=None)
    return Moment(wall=wall.isoformat(timespec="seconds"), zone=zone, instant=moment.instant)
