"""In which zone a server prints, from its own date and the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.zone_probe import compared
from cxsync.calendars.errors import Unavailable

CLOCK = datetime(2026, 7, 2, 8, 0, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("printed", "zone", "agrees", "hours"),
    [
        ("2026-07-02T08:00:19", "UTC", True, 0),
        ("2026-07-02T10:00:21", "UTC", False, 2),
        ("2026-07-02T10:00:21", "Europe/Amsterdam", True, 2),
        ("2026-07-02T13:30:21", "Asia/Kolkata", True, 5.5),
        ("2026-07-02T10:00:21+02:00", "Asia/Kolkata", True, 0),
        ("2026-07-02T08:03:00", "UTC", True, 0),
        ("2026-07-02T08:09:00", "UTC", False, 0.25),
    ],
)
def test_agreement(printed: str, zone: str, agrees: bool, hours: float) -> None:
    probe = compared(printed, CLOCK, TenantSettings(api_zone=zone))
    assert (probe.agrees, probe.offset) == (agrees, timedelta(hours=hours))


def test_what_is_no_date_says_so() -> None:
    with pytest.raises(Unavailable, match="creationDate"):
        compared("zojuist", CLOCK, TenantSettings())
