"""From a calendar item's XML to an appointment."""

import re
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxsync.calendars.errors import Unreadable
from cxsync.calendars.exchange.document import corrupt
from cxsync.calendars.exchange.read import read
from cxsync.calendars.exchange.shape import PROPERTY_SET
from cxsync.calendars.port import Found
from schemas.records import Policy
from tests.unit.calendars.exchange.items import found, item, series, understood

HOME = Policy()


def body(html: str) -> str:
    escaped = html.replace("&", "&amp;").replace("<", "&lt;")
    return f'<t:Body BodyType="HTML">{escaped}</t:Body>'


def test_times_are_on_the_clock_of_the_item_s_zone() -> None:
    one = understood(item())
    assert (one.start.wall, one.start.zone) == ("2026-03-10T09:00:00", "Europe/Amsterdam")
    assert one.start.instant is not None
    assert one.start.instant.isoformat() == "2026-03-10T08:00:00+00:00"


def test_of_zones_with_one_windows_id_the_user_s_is_taken_then_the_tenant_s() -> None:
    rome = Policy(user_zone="Europe/Rome", home_zone="Europe/Amsterdam")
    assert understood(item(), policy=rome).start.zone == "Europe/Rome"
    elsewhere = Policy(user_zone="Asia/Tokyo", home_zone="Europe/Vienna")
    assert understood(item(), policy=elsewhere).start.zone == "Europe/Vienna"
    neither = Policy(user_zone="Asia/Tokyo", home_zone="Asia/Tokyo")
    assert understood(item(), policy=neither).start.zone == "Europe/Berlin"


def test_a_single_in_an_unknown_zone_is_its_instant() -> None:
    one = understood(item(zone='<t:StartTimeZone Id="Mitteleuropäische Zeit"/>'))
    assert (one.start.wall, one.start.zone) == ("2026-03-10T09:00:00", "Europe/Amsterdam")
    assert understood(item(zone="")).start.zone == "Europe/Amsterdam"


def test_subject_location_and_texts() -> None:
    one = understood(item("<t:Subject>Intake &amp; co 😀</t:Subject><t:Location>Kamer 2</t:Location>"))
    assert (one.subject, one.location, one.notes, one.notes_plain) == ("Intake & co 😀", "Kamer 2", "", True)
    assert understood(item("<t:Subject/>")).subject == ""


@pytest.mark.parametrize(
    ("given", "text", "plain"),
    [
        ('<t:Body BodyType="Text">een\r\ntwee</t:Body>', "een\ntwee", True),
        (
            body('<html><body><p class="MsoNormal">een</p><p class="MsoNormal">twee</p></body></html>'),
            "een\ntwee",
            True,
        ),
        (body("<p>een <b>vet</b></p>"), "een vet", False),
        (body('<a href="https://teams.example/join">Deelnemen</a>'), None, False),
        ('<t:Body BodyType="HTML"/>', "", True),
    ],
)
def test_notes_are_text_and_say_whether_that_is_all(given: str, text: str | None, plain: bool) -> None:
    one = understood(item(given))
    assert one.notes_plain is plain
    if text is not None:
        assert one.notes.strip() == text


@pytest.mark.parametrize(
    ("status", "busy"),
    [
        ("Free", "free"),
        ("Tentative", "tentative"),
        ("Busy", "busy"),
        ("OOF", "out-of-office"),
        ("WorkingElsewhere", "working-elsewhere"),
        ("NoData", "busy"),
    ],
)
def test_busy_states(status: str, busy: str) -> None:
    assert understood(item(f"<t:LegacyFreeBusyStatus>{status}</t:LegacyFreeBusyStatus>")).busy == busy


@pytest.mark.parametrize(("label", "private"), [("Normal", False), ("Private", True), ("Personal", True),
                                                ("Confidential", True)])  # fmt: skip
def test_every_label_hides(label: str, private: bool) -> None:
    assert understood(item(f"<t:Sensitivity>{label}</t:Sensitivity>")).private is private


def test_a_reminder_that_is_off_has_no_minutes() -> None:
    minutes = "<t:ReminderMinutesBeforeStart>15</t:ReminderMinutesBeforeStart>"
    assert understood(item("<t:ReminderIsSet>false</t:ReminderIsSet>" + minutes)).reminder_minutes is None
    assert understood(item("<t:ReminderIsSet>true</t:ReminderIsSet>" + minutes)).reminder_minutes == 15
    assert understood(item(minutes)).reminder_minutes is None


@pytest.mark.parametrize(
    ("given", "no_sync"),
    [
        ("<t:Categories><t:String>nosync</t:String></t:Categories>", True),
        ("<t:Categories><t:String>Blauw</t:String><t:String> NoSync </t:String></t:Categories>", True),
        ("<t:Categories><t:String>NoSyncing</t:String></t:Categories>", False),
        ("<t:Subject>Tandarts #NoSync</t:Subject>", True),
        ("<t:Subject>[nosync] Tandarts</t:Subject>", True),
        ("<t:Subject>Uitleg over nosyncing</t:Subject>", False),
    ],
)
def test_what_is_tagged_is_kept_out(given: str, no_sync: bool) -> None:
    assert understood(item(given)).no_sync is no_sync


@pytest.mark.parametrize(
    ("times", "zone", "days"),
    [
        # Midnight in Amsterdam, as its item says.
        ("2026-03-09T23:00:00Z 2026-03-10T23:00:00Z", "W. Europe Standard Time", ("2026-03-10", "2026-03-11")),
        # Over the change of clocks.
        ("2026-03-28T23:00:00Z 2026-03-29T22:00:00Z", "W. Europe Standard Time", ("2026-03-29", "2026-03-30")),
        # A phone wrote Amsterdam's midnight and called its zone UTC.
        ("2026-03-09T23:00:00Z 2026-03-10T23:00:00Z", "UTC", ("2026-03-10", "2026-03-11")),
        # Nobody knows the zone: the user's midnight.
        ("2026-03-09T23:00:00Z 2026-03-10T23:00:00Z", "Nergens", ("2026-03-10", "2026-03-11")),
        ("2026-03-10T00:00:00Z 2026-03-12T00:00:00Z", "UTC", ("2026-03-10", "2026-03-12")),
        # Midnight in no zone that is known: the nearest.
        ("2026-03-10T04:00:00Z 2026-03-11T04:00:00Z", "Nergens", ("2026-03-10", "2026-03-11")),
        ("2026-03-09T15:00:00Z 2026-03-10T15:00:00Z", "Tokyo Standard Time", ("2026-03-10", "2026-03-11")),
    ],
)
def test_all_day_is_the_same_dates_everywhere(times: str, zone: str, days: tuple[str, str]) -> None:
    start, end = times.split()
    given = f"<t:Start>{start}</t:Start><t:End>{end}</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>"
    one = understood(item(times=given, zone=f'<t:StartTimeZone Id="{zone}"/>'))
    assert (one.start.wall, one.end.wall) == days
    assert one.start.zone is None
    assert one.start.instant is None


def people(tag: str, *names: str) -> str:
    each = "".join(
        f"<t:Attendee><t:Mailbox><t:Name>{n.title()}</t:Name><t:EmailAddress>{n}@x.example</t:EmailAddress></t:Mailbox>"
        f"</t:Attendee>"
        for n in names
    )
    return f"<t:{tag}>{each}</t:{tag}>"


ORGANIZER = (
    "<t:Organizer><t:Mailbox><t:Name>Kim</t:Name><t:EmailAddress>kim@x.example</t:EmailAddress></t:Mailbox>"
    "</t:Organizer>"
)


def test_nobody_invited_is_no_meeting() -> None:
    answer = "<t:MyResponseType>Organizer</t:MyResponseType>"
    assert understood(item(ORGANIZER, answer, "<t:IsMeeting>false</t:IsMeeting>")).meeting is None


def test_an_own_meeting() -> None:
    one = understood(
        item(
            ORGANIZER,
            people("RequiredAttendees", "kim", "bo"),
            people("OptionalAttendees", "di"),
            people("Resources", "kamer"),
            "<t:IsMeeting>true</t:IsMeeting><t:MyResponseType>Organizer</t:MyResponseType>",
            "<t:AppointmentState>1</t:AppointmentState>",
        )
    )
    assert one.meeting is not None
    assert (one.meeting.role, one.meeting.response, one.meeting.guests) == ("organizer", "none", 3)
    assert one.attendees.split("\n") == ["Kim <kim@x.example>", "Bo <bo@x.example>", "Di <di@x.example>"]


@pytest.mark.parametrize(
    ("answer", "response", "busy"),
    [
        ("NoResponseReceived", "none", "tentative"),
        ("Unknown", "none", "tentative"),
        ("Tentative", "tentative", "tentative"),
        ("Accept", "accepted", "busy"),
        ("Decline", "declined", "busy"),
    ],
)
def test_somebody_else_s_meeting(answer: str, response: str, busy: str) -> None:
    one = understood(
        item(
            ORGANIZER,
            f"<t:MyResponseType>{answer}</t:MyResponseType><t:AppointmentState>3</t:AppointmentState>",
            "<t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus>",
        )
    )
    assert one.meeting is not None
    assert (one.meeting.role, one.meeting.response, one.busy) == ("attendee", response, busy)
    assert one.meeting.organizer == "Kim <kim@x.example>"
    assert not one.meeting.cancelled


@pytest.mark.parametrize(
    "given",
    ["<t:IsCancelled>true</t:IsCancelled><t:IsMeeting>1</t:IsMeeting>", "<t:AppointmentState>7</t:AppointmentState>"],
)
def test_a_meeting_that_was_called_off(given: str) -> None:
    one = understood(item(ORGANIZER, given))
    assert one.meeting is not None
    assert one.meeting.cancelled


def test_marker_uid_and_version() -> None:
    key = UUID("f84cf641-6bb7-4283-8903-0d2796dc8bec")
    path = f'<t:ExtendedFieldURI PropertySetId="{PROPERTY_SET}" PropertyName="CxCalendarSync" PropertyType="String"/>'
    marked = f"<t:ExtendedProperty>{path}<t:Value>{{}}</t:Value></t:ExtendedProperty><t:UID>u1</t:UID>"
    one = read(found(item(marked.format(key))), HOME)
    assert (one.marker, one.uid, one.version, one.native_id) == (key, "u1", "k1", "one")
    assert read(found(item(marked.format("no key"))), HOME).marker is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"", "no XML"),
        (b"<a", "no XML"),
        (b"<a/>", "no CalendarItem"),
        (corrupt("ErrorItemCorrupt"), "ErrorItemCorrupt"),
        (item(times=""), "missing"),
        (item(times="<t:Start>soon</t:Start><t:End>2026-03-10T09:00:00Z</t:End>"), "no moment"),
        (item(times="<t:Start>2026-03-10T08:00:00</t:Start><t:End>2026-03-10T09:00:00Z</t:End>"), "no offset"),
        (item(times="<t:Start>0001-01-01T00:00:00Z</t:Start><t:End>9999-12-31T23:59:59Z</t:End>"), "no moment"),
    ],
)
def test_what_is_no_appointment_says_where_and_why(given: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(why)) as caught:
        read(found(given), HOME)
    assert "one" in caught.value.why


def test_what_is_gone_cannot_be_read() -> None:
    for presence in ("tombstone", "absent", "left"):
        with pytest.raises(Unreadable):
            read(Found(native_id="one", version=None, presence=presence), HOME)


def test_entities_are_not_followed() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    one = understood(bomb + item("<t:Subject>a&e;b</t:Subject>"))
    assert "root" not in one.subject


WHOLE = series(
    "<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Tuesday Friday</t:DaysOfWeek>"
    "<t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence>",
    "<t:NumberedRecurrence><t:StartDate>2026-03-10</t:StartDate><t:NumberOfOccurrences>9</t:NumberOfOccurrences>"
    "</t:NumberedRecurrence>",
    "<t:Subject>Overleg</t:Subject><t:Sensitivity>Normal</t:Sensitivity><t:AppointmentState>3</t:AppointmentState>",
    "<t:ModifiedOccurrences><t:Occurrence><t:ItemId Id='two'/><t:Start>2026-03-24T08:00:00Z</t:Start>"
    "<t:End>2026-03-24T09:00:00Z</t:End><t:OriginalStart>2026-03-24T08:00:00Z</t:OriginalStart></t:Occurrence>"
    "</t:ModifiedOccurrences><t:DeletedOccurrences><t:DeletedOccurrence><t:Start>2026-04-07T07:00:00Z</t:Start>"
    "</t:DeletedOccurrence></t:DeletedOccurrences>",
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 12), st.binary(max_size=8))
def test_whatever_a_document_holds_it_is_read_or_refused(at: int, cut: int, put: bytes) -> None:
    changed = WHOLE[:at] + put + WHOLE[at + cut :]
    with suppress(Unreadable):
        understood(changed)
