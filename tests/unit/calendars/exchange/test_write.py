"""From an appointment to attributes of exchangelib's item."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from msgspec import structs

from cxsync.calendars.errors import Rejected
from cxsync.calendars.exchange.target import Target, also, target_of
from cxsync.calendars.exchange.write import changes, creation
from cxsync.calendars.port import Found
from schemas.appointment import Appointment, Moment, Override, Recurrence, Rule
from tests.unit.calendars.exchange.items import found, item

HOME = "Europe/Amsterdam"
START = Moment(wall="2026-03-10T09:00:00", zone=HOME, instant=datetime(2026, 3, 10, 8, tzinfo=UTC))
END = Moment(wall="2026-03-10T10:00:00", zone=HOME, instant=datetime(2026, 3, 10, 9, tzinfo=UTC))
ONE = Appointment(subject="Intake", start=START, end=END)
DAY, AFTER = Moment(wall="2026-03-29"), Moment(wall="2026-03-30")


def test_only_the_fields_that_are_named_are_written() -> None:
    assert changes(ONE, ["subject"], HOME, 15) == {"subject": "Intake"}
    assert changes(ONE, [], HOME, 15) == {}
    assert changes(ONE, ["attendees"], HOME, 15) == {}


def test_a_new_item_has_its_marker_and_no_recurrence_unless_it_recurs() -> None:
    key = uuid4()
    made = creation(ONE, key, HOME, 15)
    assert made["cx_marker"] == str(key)
    assert "recurrence" not in made
    assert "required_attendees" not in made
    series = structs.replace(ONE, recurrence=Recurrence(rules=(Rule(frequency="daily"),)))
    assert creation(series, key, HOME, 15)["recurrence"] is not None


def test_times_are_instants_and_zones_stand_beside_them() -> None:
    made = changes(ONE, ["time"], HOME, 15)
    assert made["start"].isoformat() == "2026-03-10T08:00:00+00:00"
    assert made["_start_timezone"].ms_id == "W. Europe Standard Time"
    kept = changes(ONE, ["time"], HOME, 15, "America/New_York")
    assert kept["start"] == made["start"]
    assert kept["_end_timezone"].ms_id == "Eastern Standard Time"


def test_the_zone_of_a_series_is_the_appointment_s_for_its_rule_is_meant_there() -> None:
    series = structs.replace(ONE, recurrence=Recurrence(rules=(Rule(frequency="daily"),)))
    assert changes(series, ["time"], HOME, 15, "America/New_York")["_start_timezone"].key == HOME


def test_all_day_is_from_midnight_to_midnight_of_the_home_zone() -> None:
    made = changes(structs.replace(ONE, start=DAY, end=AFTER, all_day=True), ["time"], HOME, 15)
    assert made["is_all_day"]
    assert made["start"].isoformat() == "2026-03-28T23:00:00+00:00"
    moved = changes(structs.replace(ONE, start=DAY, end=AFTER, all_day=True), ["time"], HOME, 15, "Europe/London")
    assert moved["_start_timezone"].key == HOME
    assert made["end"].isoformat() == "2026-03-29T22:00:00+00:00"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (structs.replace(ONE, start=END, end=START), "end lies before"),
        (structs.replace(ONE, start=DAY, end=DAY, all_day=True), "day after its last"),
        (structs.replace(ONE, start=structs.replace(START, zone="Europe/Nergens")), "no zone for Europe/Nergens"),
        (structs.replace(ONE, start=Moment(wall="2026-02-30")), "time"),
    ],
)
def test_times_that_cannot_be_are_refused(one: Appointment, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        changes(one, ["time"], HOME, 15)


def test_texts_lose_what_xml_cannot_hold_and_a_subject_is_cut_where_it_is_compared() -> None:
    odd = structs.replace(ONE, subject="a\x00b\nc" + "é" * 400, notes="x\x0by\r\nz\ud800")
    made = changes(odd, ["subject", "notes"], HOME, 15)
    assert made["subject"].startswith("ab cé")
    assert len(made["subject"]) == 255
    assert made["body"] == "x\ny\nz"
    assert made["body"].body_type == "Text"


def test_states_labels_and_reminders() -> None:
    one = structs.replace(ONE, busy="working-elsewhere", private=True, reminder_minutes=None)
    made = changes(one, ["busy", "private", "reminder"], HOME, 15)
    assert made == {
        "legacy_free_busy_status": "WorkingElsewhere",
        "sensitivity": "Private",
        "reminder_is_set": False,
    }
    assert changes(one, ["busy"], HOME, 14) == {"legacy_free_busy_status": "Busy"}
    on = changes(structs.replace(ONE, reminder_minutes=0), ["reminder"], HOME, 15)
    assert on == {"reminder_is_set": True, "reminder_minutes_before_start": 0}


@pytest.mark.parametrize(
    "gaps", [{"excluded": ("2026-03-11T09:00:00",)}, {"overrides": (Override(original="2026-03-11T09:00:00"),)}]
)
def test_a_new_series_has_no_exceptions(gaps: dict[str, tuple[object, ...]]) -> None:
    recurrence = Recurrence(rules=(Rule(frequency="daily"),), **gaps)  # type: ignore[arg-type]  # either part
    series = structs.replace(ONE, recurrence=recurrence)
    with pytest.raises(Rejected, match=next(iter(gaps))):
        creation(series, uuid4(), HOME, 15)
    assert "recurrence" in changes(series, ["recurrence"], HOME, 15)


def test_the_recurrence_goes_along_only_when_a_series_moves_to_another_day() -> None:
    series = structs.replace(ONE, recurrence=Recurrence(rules=(Rule(frequency="daily"),)))
    here = target_of(found(item()), HOME)
    assert here == Target(HOME, datetime(2026, 3, 10, tzinfo=UTC).date())
    assert also(["time"], series, here) == {"time"}
    there = structs.replace(series, start=structs.replace(START, wall="2026-03-11T09:00:00"))
    assert also(["time"], there, here) == {"time", "recurrence"}
    assert also(["subject"], there, here) == {"subject"}
    assert also(["time"], structs.replace(there, recurrence=None), here) == {"time"}


def test_an_item_in_a_zone_without_id_does_not_keep_it() -> None:
    assert target_of(found(item(zone='<t:StartTimeZone Id="Nergens"/>')), HOME).zone == HOME
    assert target_of(Found(native_id="x", version=None, presence="present"), HOME) == Target()
