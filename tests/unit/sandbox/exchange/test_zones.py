"""Windows zones, definitions that clients bring along, and clocks that are skipped or shown twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from cxsync.sandbox.exchange.soap import TYPES, ResponseError
from cxsync.sandbox.exchange.zone_xml import definition, duration, read_meeting_zone, read_zone
from cxsync.sandbox.exchange.zones import (
    DefinedZone,
    required_zone,
    to_utc,
    to_wall,
    windows_zones,
    zone_of_place,
)

WESTERN = "W. Europe Standard Time"


def element(xml: str) -> etree._Element:
    return etree.fromstring(xml.replace("<t:TimeZoneDefinition", f'<t:TimeZoneDefinition xmlns:t="{TYPES}"', 1))


def test_a_windows_zone_follows_its_place() -> None:
    zone = required_zone(WESTERN)
    assert zone.offset(datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(hours=1)
    assert zone.offset(datetime(2026, 7, 1, tzinfo=UTC)) == timedelta(hours=2)
    assert zone_of_place("Europe/Amsterdam").id == WESTERN


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ResponseError) as caught:
        required_zone("Customized Time Zone")
    assert caught.value.code == "ErrorTimeZone"


def test_the_definitions_told_give_the_same_offsets() -> None:
    """What GetServerTimeZones tells, read back as rules alone, agrees with each zone in that year.

    Three zones change their clocks by rules that no yearly transition can say; Windows has the same trouble with them.
    """
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=11 * n) for n in range(24 * 365 // 11)]
    irregular = set()
    for known in windows_zones():
        xml = definition(known, "t:TimeZoneDefinition", 2026).replace(f'Id="{known.id}"', 'Id="Own"', 1)
        read = read_zone(element(xml))
        assert isinstance(read, DefinedZone)
        if any(read.offset(moment) != known.offset(moment) for moment in moments):
            irregular.add(known.id)
    assert irregular <= {"Morocco Standard Time", "Egypt Standard Time", "Paraguay Standard Time"}


def test_skipped_and_doubled_clocks() -> None:
    zone = required_zone(WESTERN)
    gap = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - a wall clock
    assert to_utc(zone, gap) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    twice = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - a wall clock
    assert to_utc(zone, twice, "first") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert to_utc(zone, twice, "second") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", [WESTERN, "Eastern Standard Time", "AUS Eastern Standard Time", "India Standard Time"])
def test_wall_clocks_agree_with_the_system(name: str) -> None:
    zone = required_zone(name)
    place = ZoneInfo(zone.zone.key)
    for hours in range(0, 24 * 400, 7):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        wall = moment.astimezone(place).replace(tzinfo=None)
        assert to_wall(zone, moment) == wall
        assert to_utc(zone, wall) == wall.replace(tzinfo=place).astimezone(UTC)


def test_the_zone_of_exchange_2007() -> None:
    """MeetingTimeZone as the page "MeetingTimeZone" shows it."""
    xml = (
        f'<t:MeetingTimeZone xmlns:t="{TYPES}" TimeZoneName="Own"><t:BaseOffset>-PT60M</t:BaseOffset>'
        "<t:Standard><t:Offset>PT0M</t:Offset><t:RelativeYearlyRecurrence><t:DaysOfWeek>Sunday</t:DaysOfWeek>"
        "<t:DayOfWeekIndex>Last</t:DayOfWeekIndex><t:Month>October</t:Month></t:RelativeYearlyRecurrence>"
        "<t:Time>03:00:00</t:Time></t:Standard><t:Daylight><t:Offset>-PT60M</t:Offset><t:RelativeYearlyRecurrence>"
        "<t:DaysOfWeek>Sunday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex><t:Month>March</t:Month>"
        "</t:RelativeYearlyRecurrence><t:Time>02:00:00</t:Time></t:Daylight></t:MeetingTimeZone>"
    )
    zone = read_meeting_zone(etree.fromstring(xml))
    western = required_zone(WESTERN)
    for day in range(730):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        assert zone.offset(moment) == western.offset(moment)


@pytest.mark.parametrize(
    ("text", "minutes"), [("PT60M", 60), ("-PT1H30M", -90), ("P1D", 1440), ("PT0S", 0), ("-P0DT5H0M0.0S", -300)]
)
def test_durations(text: str, minutes: int) -> None:
    assert duration(text) == timedelta(minutes=minutes)
