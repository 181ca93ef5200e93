"""In which zone the interface's dates are: what the server itself wrote, against the clock.

A date that we write and read back proves nothing, for both ways are wrong by the same hours. So a probe is created, the
``creationDate`` that the server gave it is compared with the clock, and the probe is deleted again. It stands in the
API client's own agenda, confidential, years ago.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.assumptions import APPOINTMENT, DATE_FORM, TRUE
from cxsync.calendars.carerix.documents import CREATE, DELETE
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.row import held
from cxsync.calendars.carerix.times import read_instant
from cxsync.calendars.errors import Unavailable

TOLERANCE: Final = timedelta(minutes=5)
"""How far apart two clocks may be; the smallest difference between two zones is 15 minutes."""
SUBJECT: Final = "CxCalendarSync: check of the time zone"
_LONG_AGO: Final = datetime(2001, 1, 1, 12, tzinfo=UTC)
_UTC: Final = ZoneInfo("UTC")
_QUARTER: Final = timedelta(minutes=15)


class ZoneProbe(Struct, frozen=True, kw_only=True):
    """``printed``: the server's own date as it came; ``ahead``: how far it is ahead of the clock, read in the tenant's
    ``api_timezone``; ``offset``: the offset from UTC that the server really prints in, to the quarter of an hour."""

    printed: str
    ahead: timedelta
    offset: timedelta

    @property
    def agrees(self) -> bool:
        """Whether the tenant's ``api_timezone`` holds, today at least: London and UTC differ in summer only."""
        return abs(self.ahead) <= TOLERANCE


def probe_zone(gateway: Gateway, settings: TenantSettings) -> ZoneProbe:
    """Create, compare, delete.

    Raises:
        CalendarError: the probe could not be created, or not be deleted again.
    """
    written = _LONG_AGO.strftime(DATE_FORM)
    request = {
        "_kind": "CRToDo",
        "toDoTypeKey": APPOINTMENT,
        "subject": SUBJECT,
        "startDate": written,
        "endDate": written,
        "isConfidential": TRUE,
    }
    before = gateway.now()
    body = gateway.ask(CREATE, {"request": request})
    after = gateway.now()
    if body is None:
        raise Unavailable(SYSTEM, "zone probe", "the answer holds no row")
    row = held(CREATE.name, body).row
    gateway.ask(DELETE, {"id": row.id})
    return compared(row.creation_date or "", before + (after - before) / 2, settings)


def compared(printed: str, clock: datetime, settings: TenantSettings) -> ZoneProbe:
    """What a ``creationDate`` says that was printed at ``clock``; raises Unavailable if it is no date."""
    try:
        ahead = read_instant(printed, settings.wire) - clock
        wall = read_instant(printed, _UTC) - clock
    except ValueError as error:
        raise Unavailable(SYSTEM, "zone probe", f"creationDate: {error}") from None
    return ZoneProbe(printed=printed, ahead=ahead, offset=round(wall / _QUARTER) * _QUARTER)
