"""Dates of the interface (A6): naive text in the tenant's zone to instants in UTC, and back; literals of qualifiers."""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cxsync.calendars.carerix.assumptions import DATE_FORM

_FORM: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)
EXPECTED: Final = "YYYY-MM-DDTHH:MM:SS"


def read_instant(text: str, zone: ZoneInfo, *, not_before: datetime | None = None) -> datetime:
    """The instant in UTC that ``text`` names; naive text is a wall clock of ``zone``.

    An hour that the clock passes twice is the first one, unless ``not_before`` says that it must be the second.
    Raises ValueError, saying what would be right, for any other text.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise ValueError(f"a date is {EXPECTED}")
    day, clock, fraction, offset = form.groups()
    micro = (fraction or ".0")[:7]
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{micro.ljust(7, '0')}{(offset or '').upper()}")
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        first = at.replace(tzinfo=zone).astimezone(UTC)
        if not_before is not None and first < not_before:
            second = at.replace(tzinfo=zone, fold=1).astimezone(UTC)
            return second if second >= not_before else first
        return first
    except (ValueError, OverflowError) as error:
        raise ValueError(f"a date is {EXPECTED}; {error}") from None


def write_instant(at: datetime, zone: ZoneInfo) -> str:
    """An aware instant as the interface takes it, in whole seconds."""
    return at.astimezone(zone).strftime(DATE_FORM).rjust(19, "0")


def literal(at: datetime) -> str:
    """An aware instant as a qualifier takes it; the zone's name is part of it, for without one it is another zone."""
    return f"(NSCalendarDate)'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} Etc/GMT'"
