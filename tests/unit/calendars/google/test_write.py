"""From appointments to what is sent."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.appointment.characters import normal
from cxsync.appointment.text import to_text
from cxsync.calendars.errors import NotPermitted, Rejected
from cxsync.calendars.google.write import changed_event, new_event
from schemas.appointment import Appointment, Day, Moment, Override, Recurrence, Rule
from schemas.words import Field
from tests.unit.calendars.google.events import ZONE, context, event, exception, found

KEY = UUID("00112233-4455-6677-8899-aabbccddeeff")


def at(wall: str, zone: str = ZONE) -> Moment:
    local = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    return Moment(wall=wall, zone=zone, instant=local.astimezone(UTC))


def appointment(**changes: Any) -> Appointment:
    """The appointment that ``event`` is."""
    start, end = at("2027-03-15T09:00:00"), at("2027-03-15T10:00:00")
    return replace(Appointment(subject="Intake", start=start, end=end, reminder_minutes=10), **changes)


def patch(fields: list[Field], changes: dict[str, Any], now: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is sent to give an event these fields."""
    return changed_event(found(event(**now or {})), appointment(**changes), fields)


NOWHERE = Moment(wall="2027-03-15T09:00:00", zone="Mars/Olympus", instant=datetime(2027, 3, 15, tzinfo=UTC))
CAKE = Override(original="2027-03-22T09:00:00", changed=("subject",), subject="X")
NO_REMINDER = {"useDefault": False, "overrides": []}
HALF_AN_HOUR = {"useDefault": False, "overrides": [{"method": "popup", "minutes": 30}]}
MONDAYS = Rule(frequency="weekly", days=(Day(weekday="monday"),))


def test_a_new_event_has_id_and_marker_and_no_guests() -> None:
    body = new_event(appointment(location="Kamer 2", notes="a\nb", attendees="noor@example.org"), KEY)
    assert body == {
        "id": KEY.hex,
        "summary": "Intake",
        "location": "Kamer 2",
        "description": "a\nb",
        "start": {"dateTime": "2027-03-15T09:00:00+01:00", "timeZone": ZONE},
        "end": {"dateTime": "2027-03-15T10:00:00+01:00", "timeZone": ZONE},
        "status": "confirmed",
        "transparency": "opaque",
        "visibility": "default",
        "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 10}]},
        "extendedProperties": {"private": {"cxsyncMarker": KEY.hex}},
    }


def test_a_new_series_has_its_lines_and_whole_days_are_dates() -> None:
    days = {"start": Moment(wall="2027-03-15"), "end": Moment(wall="2027-03-16"), "all_day": True}
    rule = Rule(frequency="weekly", days=(Day(weekday="monday"),), until=date(2027, 5, 3))
    body = new_event(appointment(**days, recurrence=Recurrence(rules=(rule,))), KEY)
    assert (body["start"], body["end"]) == ({"date": "2027-03-15"}, {"date": "2027-03-16"})
    assert body["recurrence"] == ["RRULE:FREQ=WEEKLY;UNTIL=20270503;BYDAY=MO"]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"end": at("2027-03-15T08:00:00")}, "end is before"),
        ({"start": Moment(wall="2027-03-15"), "end": Moment(wall="2027-03-15"), "all_day": True}, "later day"),
        ({"end": Moment(wall="2027-03-16")}, "both"),
        ({"reminder_minutes": 50_000}, "reminder"),
        ({"reminder_minutes": -5}, "reminder"),
        ({"recurrence": Recurrence()}, "recurrence"),
        ({"start": NOWHERE}, "zone"),
        ({"recurrence": Recurrence(rules=(MONDAYS,), overrides=(CAKE,))}, "2027-03-22"),
    ],
)  # fmt: skip
def test_what_google_cannot_hold_is_refused_before_it_is_sent(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(Rejected, match=part) as refused:
        new_event(appointment(**changes), KEY)
    assert "Intake" not in str(refused.value)


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("<>&;\" '\n\t\xa0ab#")), max_size=80))
@settings(max_examples=500, deadline=None)
def test_notes_read_back_as_they_were_written(text: str) -> None:
    body = new_event(appointment(notes=text), KEY)
    assert to_text(body.get("description", ""), lines_count=True).text == normal(text)


@pytest.mark.parametrize(
    ("field", "changes", "body"),
    [
        ("subject", {"subject": "Ander"}, {"summary": "Ander"}),
        ("subject", {"subject": ""}, {"summary": None}),
        ("location", {"location": "Zaal"}, {"location": "Zaal"}),
        ("notes", {"notes": "x <y>"}, {"description": "x &lt;y&gt;"}),
        ("busy", {"busy": "tentative"}, {"status": "tentative"}),
        ("busy", {"busy": "free"}, {"transparency": "transparent"}),
        ("busy", {"busy": "out-of-office"}, {}),
        ("private", {"private": True}, {"visibility": "private"}),
        ("attendees", {"attendees": "noor@example.org"}, {}),
        ("reminder", {"reminder_minutes": 30}, {"reminders": HALF_AN_HOUR}),
        ("reminder", {"reminder_minutes": None}, {"reminders": NO_REMINDER}),
        ("reminder", {"reminder_minutes": 10}, {}),
    ],
)  # fmt: skip
def test_a_patch_names_what_changes_and_nothing_else(field: Field, changes: dict[str, Any], body: Any) -> None:
    assert patch([field], changes) == body


def test_a_body_that_says_the_same_is_left_as_somebody_wrote_it() -> None:
    assert patch(["notes"], {"notes": "een\ntwee"}, {"description": "een<br>twee"}) == {}


@pytest.mark.parametrize(
    ("visibility", "private", "body"),
    [("confidential", True, {}), ("public", False, {}), ("confidential", False, {"visibility": "default"})],
)
def test_visibility_changes_only_with_its_class(visibility: str, private: bool, body: Any) -> None:
    assert patch(["private"], {"private": private}, {"visibility": visibility}) == body


def test_a_date_takes_the_place_of_a_moment_and_back() -> None:
    days = {"start": Moment(wall="2027-03-15"), "end": Moment(wall="2027-03-16"), "all_day": True}
    body = patch(["time"], days)
    assert body["start"] == {"date": "2027-03-15", "dateTime": None, "timeZone": None}
    back = patch(["time"], {}, {"start": {"date": "2027-03-15"}, "end": {"date": "2027-03-16"}})
    assert back["start"] == {"dateTime": "2027-03-15T09:00:00+01:00", "timeZone": ZONE, "date": None}


def test_an_hour_that_the_clock_shows_twice_is_written_as_the_instant_that_is_meant() -> None:
    second = Moment(wall="2027-10-31T02:30:00", zone=ZONE, instant=datetime(2027, 10, 31, 1, 30, tzinfo=UTC))
    body = new_event(appointment(start=second, end=at("2027-10-31T04:00:00")), KEY)
    assert body["start"]["dateTime"] == "2027-10-31T02:30:00+01:00"


def test_a_rule_made_on_another_clock_takes_the_series_there() -> None:
    # 23:00 in New York is 04:00 of the next day in Amsterdam: "Mondays" means another day there.
    late = {"dateTime": "2027-03-14T23:00:00-04:00", "timeZone": "America/New_York"}
    late_end = {"dateTime": "2027-03-14T23:30:00-04:00", "timeZone": "America/New_York"}
    start, end = at("2027-03-15T04:00:00"), at("2027-03-15T04:30:00")
    wanted = {"start": start, "end": end, "recurrence": Recurrence(rules=(MONDAYS,))}
    body = patch(["recurrence"], wanted, {"start": late, "end": late_end})
    assert body["start"] == {"dateTime": "2027-03-15T04:00:00+01:00", "timeZone": ZONE, "date": None}
    assert body["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=MO"]


def test_a_series_becomes_a_single() -> None:
    assert patch(["recurrence"], {}, {"recurrence": ["RRULE:FREQ=DAILY"]}) == {"recurrence": None}


def test_lines_that_cannot_be_read_survive_a_change_of_time() -> None:
    moved = {"start": at("2027-03-15T11:00:00"), "end": at("2027-03-15T12:00:00")}
    body = patch(["time"], moved, {"recurrence": ["RRULE:FREQ=SOMETIMES"]})
    assert body.keys() == {"start", "end"}


def test_the_same_rule_in_another_spelling_is_not_sent() -> None:
    wanted = {"recurrence": Recurrence(rules=(replace(MONDAYS, count=5),))}
    assert patch(["recurrence", "time"], wanted, {"recurrence": ["RRULE:COUNT=5;BYDAY=MO;FREQ=WEEKLY"]}) == {}


def test_overrides_that_exist_are_not_written_again() -> None:
    whole = found(event(recurrence=["RRULE:FREQ=WEEKLY;BYDAY=MO"]), exception(1, status="cancelled"))
    series = Recurrence(
        rules=(replace(MONDAYS, count=9),), overrides=(Override(original="2027-03-22T09:00:00", cancelled=True),)
    )
    body = changed_event(whole, appointment(recurrence=series), ["recurrence"])
    assert body["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=9;BYDAY=MO"]


@pytest.mark.parametrize("kind", ["outOfOffice", "focusTime", "workingLocation", "birthday", "fromGmail"])
def test_special_kinds_are_not_ours_to_write(kind: str) -> None:
    with pytest.raises(NotPermitted, match=kind):
        patch(["subject"], {"subject": "Ander"}, {"eventType": kind})


def test_details_that_are_hidden_are_not_ours_to_write() -> None:
    hidden = found(event(visibility="private", summary=None), said=context(accessRole="writerWithoutPrivateAccess"))
    with pytest.raises(NotPermitted, match="hidden"):
        changed_event(hidden, appointment(), ["subject"])
