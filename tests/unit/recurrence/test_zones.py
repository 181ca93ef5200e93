"""Zones by all the names that calendars use; definitions matched by their rules; unknown ones refused by name."""

from datetime import date

import pytest
from tzlocal.windows_tz import tz_win, win_tz

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.zones import instant, wall, windows_id, zone_defined, zone_named

HOME = zone_named("Europe/Amsterdam")
CET = "CET-1CEST,M3.5.0,M10.5.0/3"


def test_every_windows_id_of_cldr_is_known_with_its_zone() -> None:
    tokyo = zone_named("Asia/Tokyo")
    for name, iana in win_tz.items():
        found = zone_named(name, tokyo).name
        assert found in (iana, "UTC") or (found == "Asia/Tokyo" and iana == "Asia/Tokyo")
    assert {name: windows_id(name) for name in tz_win} == dict(tz_win)


def test_the_users_zone_wins_where_its_windows_id_is_given() -> None:
    assert zone_named("W. Europe Standard Time", HOME).name == "Europe/Amsterdam"
    assert zone_named("Romance Standard Time", HOME).name == "Europe/Paris"


@pytest.mark.parametrize(
    "name",
    [
        "Customized Time Zone",
        "",
        "Mitteleuropäische Zeit",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        "Kamchatka Standard Time",
        "tzone://Microsoft/Custom",
        "localtime",
        "../../etc/passwd",
        "europe/amsterdam",
    ],
)
def test_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnreadableSeriesError) as raised:
        zone_named(name, HOME)
    assert (raised.value.reason, raised.value.offending) == (Reason.ZONE_UNKNOWN, name)


@pytest.mark.parametrize("name", ["UTC", "tzone://Microsoft/Utc"])
def test_names_of_utc(name: str) -> None:
    assert zone_named(name).name == "UTC"


@pytest.mark.parametrize(
    ("rule", "home", "found"),
    [
        (CET, "Europe/Amsterdam", "Europe/Amsterdam"),
        ("XXX-1YYY,M3.5.0/2,M10.5.0/3", "Europe/Amsterdam", "Europe/Amsterdam"),
        ("<+01>-1<+02>-2,M3.5.0,M10.5.0/3", "Asia/Tokyo", "Europe/Berlin"),
        ("GMT0BST,M3.5.0/1,M10.5.0", "Europe/Amsterdam", "Europe/London"),
        ("EST5EDT,M3.2.0,M11.1.0", "Europe/Amsterdam", "America/New_York"),
        ("UTC0", "Europe/Amsterdam", "UTC"),
        ("<-03>3", "Europe/Amsterdam", "Etc/GMT+3"),
    ],
)
def test_definition_is_matched_by_its_rule_not_its_id(rule: str, home: str, found: str) -> None:
    assert zone_defined("Tokyo Standard Time", rule, zone_named(home)).name == found


def test_definition_that_fits_no_zone_is_followed_by_its_own_rule() -> None:
    zone = zone_defined("Odd", "ABC-1:30DEF,M2.1.0,M11.1.0")
    assert zone.name is None
    january, july = date(2026, 1, 5).toordinal(), date(2026, 7, 6).toordinal()
    assert instant(zone, january, 0) == instant(None, january, 0) - 5400
    assert instant(zone, july, 0) == instant(None, july, 0) - 9000


@pytest.mark.parametrize("rule", ["", "CET", "CET-1CEST", "CET-1CEST,M13.9.9,M10.5.0", "CET-99", "CET-1CEST,M3.5.0"])
def test_malformed_definition_is_refused(rule: str) -> None:
    with pytest.raises(UnreadableSeriesError) as raised:
        zone_defined("Odd", rule)
    assert raised.value.reason is Reason.ZONE_UNKNOWN


def test_gap_takes_the_offset_before_it_and_of_two_the_first() -> None:
    spring, autumn = date(2026, 3, 29).toordinal(), date(2026, 10, 25).toordinal()
    assert wall(HOME, instant(HOME, spring, 9000)) == (spring, 12600)
    assert instant(HOME, autumn, 9000) == instant(None, autumn, 1800)
