"""Times as a person gives them to the control interface."""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from cxsync.sandbox.core.refusal import BadInput

EXPECTED: Final = "2026-03-02T09:00 on the wall clock, 2026-03-02T09:00+01:00, or a date for whole days"


def moment(field: str, text: str, zone: tzinfo) -> datetime:
    """The point in time, in UTC; a wall clock or date (its 00:00) is one of ``zone``. Raises BadInput."""
    try:
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo is not None else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(field, text, EXPECTED) from None


def midnight(field: str, text: str, zone: tzinfo) -> datetime:
    """00:00 in ``zone`` of the day that ``text`` names, in UTC. Raises BadInput."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(field, text, "a date such as 2026-03-02") from None
