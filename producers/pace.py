"""How soon a connection is polled again: often while its user works, seldom at night, never above the promise."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cxsync.settings import Settings

HOT: Final = timedelta(minutes=15)
"""A connection that changed that lately is hot."""
DAY_BEGINS, DAY_ENDS = 7, 19
"""The working day on the user's wall clock, hours, Monday to Friday."""


def next_in(settings: Settings, now: datetime, last_change_at: datetime | None, zone: str) -> float:
    """Seconds until the next poll; ``now`` and ``last_change_at`` are instants, ``zone`` is the user's."""
    longest = settings.poll_interval
    if last_change_at is not None and now - last_change_at <= HOT:
        return min(settings.poll_interval_hot, longest)
    wall = now.astimezone(ZoneInfo(zone))
    if wall.weekday() < 5 and DAY_BEGINS <= wall.hour < DAY_ENDS:
        return min(settings.poll_interval_workday, longest)
    return longest


def after_failure(failures: int, longest: float, retry_after: float | None = None) -> float:
    """Seconds until a failed poll is tried again: doubling from 2, at most ``longest``; a server's word counts."""
    if retry_after is not None:
        return min(max(retry_after, 1.0), 3600.0)
    return float(min(2.0 ** min(failures + 1, 12), longest))
