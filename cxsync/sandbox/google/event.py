"""One event as the server keeps it: a single event, a series, or an exception of a series."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Data = dict[str, Any]
"""The resource without ``kind``, ``etag``, ``created`` and ``updated``; times in kept form; never changed in place."""


class Event:
    """A stored event; a write replaces ``data`` as a whole."""

    __slots__ = ("changed", "created", "data", "details", "etag", "id", "rank", "updated", "with_series")

    def __init__(self, name: str, data: Data, created: datetime, rank: str) -> None:
        self.id = name
        self.data = data
        self.created = created
        self.rank = rank
        self.changed = 0
        """The calendar's counter at the latest change."""
        self.details = True
        """Whether a deleted event still shows its details."""
        self.with_series: Data | None = None
        """What stood here before the exception was deleted together with its series."""
        self.updated = created
        self.etag = etag_of(created)

    @property
    def cancelled(self) -> bool:
        """Deleted, or an occurrence that was removed."""
        return bool(self.data["status"] == "cancelled")

    @property
    def is_series(self) -> bool:
        """Whether it recurs."""
        return bool(self.data.get("recurrence"))

    @property
    def series(self) -> str | None:
        """The id of the series of which this is an exception."""
        found: str | None = self.data.get("recurringEventId")
        return found


def etag_of(updated: datetime) -> str:
    """Twice the microseconds of ``updated``, as seen in public traces of the real API."""
    return f'"{2 * ((updated - EPOCH) // timedelta(microseconds=1))}"'


def rank_of(seed: int, name: str) -> str:
    """Where an event stands in a list: an order that is stable, and means nothing."""
    return hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).hexdigest()


def base_of(name: str) -> str:
    """An id without the ``_R…`` that a split adds."""
    head, mark, tail = name.rpartition("_R")
    return head if mark and tail[:8].isdigit() else name


def attendee(data: Mapping[str, Any], email: str) -> dict[str, Any] | None:
    """The row of ``email`` among the guests."""
    for row in data.get("attendees", ()):
        if row.get("email", "").lower() == email:
            found: dict[str, Any] = row
            return found
    return None
