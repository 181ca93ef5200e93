"""Zones of items: by id, by delivered rules, and what is not guessed."""

import pytest
from lxml import etree

from cxsync.calendars.exchange.soap import TYPES
from cxsync.calendars.exchange.zone import knows, zone_of
from schemas.records import Policy
from tests.unit.calendars.exchange.items import series, understood

HOME = Policy()
WEEKLY = (
    "<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Tuesday</t:DaysOfWeek>"
    "<t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence>"
)


def change(to: str, month: int, occurrence: int, at: str, day: str = "Sunday") -> str:
    return (
        f'<t:RecurringDayTransition><t:To Kind="Period">{to}</t:To><t:TimeOffset>{at}</t:TimeOffset>'
        f"<t:Month>{month}</t:Month><t:DayOfWeek>{day}</t:DayOfWeek><t:Occurrence>{occurrence}</t:Occurrence>"
        "</t:RecurringDayTransition>"
    )


def definition(
    standard: str, daylight: str | None, *changes: str, name: str = "tzone://Microsoft/Custom", older: bool = False
) -> str:
    """A delivered definition; ``older``: with a group of rules that no longer holds before the present one."""
    periods = f'<t:Period Bias="{standard}" Name="Standard" Id="S"/>'
    if daylight is not None:
        periods += f'<t:Period Bias="{daylight}" Name="Daylight" Id="D"/>'
    groups = f'<t:TransitionsGroup Id="1">{"".join(changes)}</t:TransitionsGroup>'
    transitions = '<t:Transition><t:To Kind="Group">1</t:To></t:Transition>'
    if older:
        old = change("D", 4, 1, "PT2H") + change("S", 9, -1, "PT3H")
        groups = f'<t:TransitionsGroup Id="0">{old}</t:TransitionsGroup>' + groups
        transitions = (
            '<t:Transition><t:To Kind="Group">0</t:To></t:Transition>'
            '<t:AbsoluteDateTransition><t:To Kind="Group">1</t:To>'
            "<t:DateTime>1996-01-01T00:00:00</t:DateTime></t:AbsoluteDateTransition>"
        )
    return (
        f'<t:StartTimeZone Id="{name}" Name=""><t:Periods>{periods}</t:Periods><t:TransitionsGroups>{groups}'
        f"</t:TransitionsGroups><t:Transitions>{transitions}</t:Transitions></t:StartTimeZone>"
    )


CET = (change("D", 3, -1, "PT2H"), change("S", 10, -1, "PT3H"))
NEW_YORK = (change("D", 3, 2, "PT2H"), change("S", 11, 1, "PT2H"))
ONLY_STANDARD = '<t:Transition><t:To Kind="Period">S</t:To></t:Transition>'


def named(zone: str, policy: Policy = HOME) -> str | None:
    item = etree.fromstring(f'<t:CalendarItem xmlns:t="{TYPES}">{zone}</t:CalendarItem>'.encode())
    found = zone_of(item, "StartTimeZone", policy)
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ('<t:StartTimeZone Id="W. Europe Standard Time"/>', "Europe/Amsterdam"),
        ('<t:StartTimeZone Id="GMT Standard Time"/>', "Europe/London"),
        ('<t:StartTimeZone Id="Alberta Standard Time"/>', "America/Edmonton"),
        ('<t:StartTimeZone Id="tzone://Microsoft/Utc"/>', "UTC"),
        ('<t:StartTimeZone Id="Europe/Warsaw"/>', "Europe/Warsaw"),
        (definition("-PT1H", "-PT2H", *CET), "Europe/Amsterdam"),
        (definition("-PT60M", "-PT120M", *CET), "Europe/Amsterdam"),
        (definition("-PT1H", "-PT2H", *reversed(CET), name="Customized Time Zone"), "Europe/Amsterdam"),
        (definition("-PT1H", "-PT2H", *CET, name="Mitteleuropäische Zeit", older=True), "Europe/Amsterdam"),
        (definition("PT5H", "PT4H", *NEW_YORK, name=""), "America/New_York"),
        (definition("PT0H", None, ONLY_STANDARD), "UTC"),
        (definition("-PT5H30M", None, ONLY_STANDARD), "Asia/Kolkata"),
    ],
)
def test_ids_and_rules(zone: str, name: str) -> None:
    assert named(zone) == name


def test_among_zones_with_one_rule_the_user_s_own_is_taken() -> None:
    assert named(definition("-PT1H", "-PT2H", *CET), Policy(user_zone="Europe/Madrid")) == "Europe/Madrid"
    foreign = Policy(user_zone="Asia/Tokyo", home_zone="Europe/Brussels")
    assert named(definition("-PT1H", "-PT2H", *CET), foreign) == "Europe/Brussels"


@pytest.mark.parametrize(
    "zone",
    [
        "<t:StartTimeZone/>",
        '<t:StartTimeZone Id="Mitteleuropäische Zeit"/>',
        '<t:StartTimeZone Id="tzone://Microsoft/Custom"/>',
        definition("soon", "-PT2H", *CET),
        definition("-PT1H", "-PT2H", CET[0], change("S", 10, -1, "PT3H", day="Someday")),
    ],
)
def test_a_zone_that_nobody_knows_is_none(zone: str) -> None:
    assert named(zone) is None


def test_without_a_zone_it_is_the_user_s() -> None:
    assert named("", Policy(user_zone="Europe/Lisbon")) == "Europe/Lisbon"


def test_a_series_in_a_zone_of_its_own_is_not_guessed() -> None:
    # Half an hour of daylight saving in June: nobody has that.
    odd = definition("-PT1H", "-PT1H30M", change("D", 6, 1, "PT2H"), change("S", 7, 1, "PT2H"))
    found = understood(series(WEEKLY, zone=odd)).recurrence
    assert found is not None
    assert found.rules == ()


def test_a_series_by_delivered_rules_is_on_the_clock_of_the_zone_that_has_them() -> None:
    one = understood(series(WEEKLY, zone=definition("-PT1H", "-PT2H", *CET)))
    assert (one.start.wall, one.start.zone) == ("2026-03-10T09:00:00", "Europe/Amsterdam")
    assert one.recurrence is not None
    assert len(one.recurrence.rules) == 1


def test_which_zones_exchange_has_an_id_for() -> None:
    assert knows("Europe/Amsterdam")
    assert knows("UTC")
    assert not knows("Europe/Nergens")
