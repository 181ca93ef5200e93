"""What the Google client writes, and what it leaves alone."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from cxsync.calendars.errors import Gone, NotPermitted, Rejected, Unavailable, VersionChanged
from cxsync.calendars.google.marker import id_of
from cxsync.calendars.google.read import read
from cxsync.sandbox.core.run import Sandbox
from schemas.appointment import Day, Recurrence, Rule
from schemas.records import Policy
from schemas.words import Field
from tests.integration.calendars.contract import at, meeting, weekly, whole_day
from tests.integration.calendars.google_bench import BERT, Desk, appointment_in, desk, of_token, sandbox, token_of

__all__ = ["desk", "sandbox"]

MONDAY = date(2027, 3, 15)
WEEKLY = {"frequency": "weekly", "weekdays": ["mo"], "count": 6}


def series(desk: Desk, **fields: object) -> str:
    """Six Mondays at nine."""
    return desk.act("create", **{"subject": "Overleg", "start": f"{MONDAY}T09:00", "rule": WEEKLY, **fields})


def test_an_update_sends_only_what_it_changes(desk: Desk) -> None:
    item = desk.act(
        "create",
        subject="Gesprek",
        start=f"{MONDAY}T09:00",
        reminder=30,
        guests=["candidate@example.org"],
        send=False,
        extra={
            "colorId": "7",
            "conferenceData": {"createRequest": {"requestId": "1"}},
            "extendedProperties": {"private": {"own": "1"}, "shared": {"theirs": "2"}},
        },
    )
    before = desk.stored(item)
    found = desk.calendar.fetch(item)
    desk.calendar.update(found, meeting(subject="Ander gesprek"), ["subject"])
    after = desk.stored(item)
    assert {name for name in after if after[name] != before.get(name)} == {"etag", "summary"}
    assert before.keys() == after.keys()


def test_an_update_that_changes_nothing_sends_nothing(desk: Desk) -> None:
    wanted = meeting(busy="tentative", private=True, recurrence=weekly())
    made = desk.calendar.create(wanted, uuid4())
    fields: tuple[Field, ...] = (
        "subject", "location", "notes", "time", "busy", "private", "reminder", "attendees", "recurrence",
    )  # fmt: skip
    assert desk.calendar.update(made, wanted, fields) is made
    assert desk.requests("events.patch") == 0


def test_guests_are_never_written_nor_told(desk: Desk) -> None:
    made = desk.calendar.create(meeting(attendees="Noor Visser <noor@example.org>"), uuid4())
    assert "attendees" not in desk.stored(made.native_id)
    item = desk.act("create", subject="Gesprek", start=f"{MONDAY}T09:00", guests=["noor@example.org"], send=False)
    found = desk.calendar.fetch(item)
    assert appointment_in(found).attendees == "noor@example.org"
    changed = desk.calendar.update(found, meeting(attendees=""), ["attendees", "subject", "time"])
    assert [row["email"] for row in desk.stored(item)["attendees"]] == ["noor@example.org"]
    desk.calendar.delete(changed)
    assert desk.calendar.fetch(item).presence == "tombstone"


def test_a_write_to_somebody_elses_meeting_is_not_permitted(sandbox: Sandbox, desk: Desk) -> None:
    action = {"action": "invited", "from": "chef@example.org", "subject": "Overleg", "start": f"{MONDAY}T09:00"}
    item = str(sandbox.act("google", BERT, action)["item"])
    found = desk.calendar.fetch(item)
    read = appointment_in(found)
    assert read.meeting is not None
    assert (read.meeting.role, read.meeting.response, read.busy) == ("attendee", "none", "tentative")
    with pytest.raises(NotPermitted, match="forbiddenForNonOrganizer"):
        desk.calendar.update(found, meeting(), ["subject"])
    desk.act("accept", item=item, send=False)
    answered = appointment_in(desk.calendar.fetch(item))
    assert answered.meeting is not None
    assert (answered.meeting.response, answered.busy) == ("accepted", "busy")


def test_a_declined_occurrence_does_not_take_place(sandbox: Sandbox, desk: Desk) -> None:
    action = {"action": "invited", "from": "chef@example.org", "subject": "Overleg", "start": f"{MONDAY}T09:00"}
    item = str(sandbox.act("google", BERT, {**action, "rule": WEEKLY})["item"])
    desk.act("decline", item=item, occurrence=f"{MONDAY + timedelta(weeks=1)}T09:00", send=False)
    recurrence = appointment_in(desk.calendar.fetch(item)).recurrence
    assert recurrence is not None
    assert [(one.original[:10], one.cancelled) for one in recurrence.overrides] == [
        (str(MONDAY + timedelta(weeks=1)), True)
    ]


@pytest.mark.parametrize("kind", ["outOfOffice", "focusTime"])
def test_special_kinds_are_read_only(desk: Desk, kind: str) -> None:
    block = {"eventType": kind, f"{kind}Properties": {"autoDeclineMode": "declineNone"}}
    found = desk.calendar.fetch(desk.act("create", subject="Weg", start=f"{MONDAY}T09:00", extra=block))
    with pytest.raises(NotPermitted, match=kind):
        desk.calendar.update(found, meeting(), ["subject"])
    with pytest.raises(NotPermitted, match=kind):
        desk.calendar.delete(found)
    assert desk.calendar.fetch(found.native_id) == found


def test_what_we_may_not_see_we_do_not_overwrite(sandbox: Sandbox, desk: Desk) -> None:
    item = desk.act("create", subject="Geheim", start=f"{MONDAY}T09:00", private=True, notes="dokter")
    sandbox.call(desk.system.add_user, {"email": "assistant@agency.example"})

    def share() -> None:
        realm = desk.system._realm  # noqa: SLF001 - the sandbox has no action for sharing a calendar
        realm.directory.calendars[BERT].shared["assistant@agency.example"] = "writerWithoutPrivateAccess"

    sandbox.call(share)
    calendar = of_token(sandbox, token_of(sandbox, "assistant@agency.example"), calendar_id=BERT)
    found = calendar.fetch(item)
    assert (appointment_in(found).private, appointment_in(found).subject) == (True, "")
    with pytest.raises(NotPermitted, match="writerWithoutPrivateAccess"):
        calendar.update(found, meeting(), ["subject"])
    with pytest.raises(NotPermitted, match="writerWithoutPrivateAccess"):
        calendar.delete(found)
    calendar.close()
    assert desk.stored(item)["summary"] == "Geheim"


# The id is the marker.


def test_a_second_create_with_the_same_marker_gives_the_first_event(desk: Desk) -> None:
    marker = uuid4()
    made = desk.calendar.create(meeting(subject="Een"), marker)
    again = desk.calendar.create(meeting(subject="Twee"), marker)
    assert again == made
    assert made.native_id == id_of(marker)


def test_a_marker_whose_event_was_deleted_is_refused_and_nothing_is_doubled(desk: Desk) -> None:
    marker = uuid4()
    desk.calendar.delete(desk.calendar.create(meeting(), marker))
    with pytest.raises(Rejected, match="409"):
        desk.calendar.create(meeting(), marker)
    found = desk.calendar.find(marker)
    assert found is not None
    assert found.presence == "tombstone"


def test_an_id_that_somebody_else_has_is_not_taken_for_ours(desk: Desk) -> None:
    marker = uuid4()
    desk.act("create", subject="Vreemd", start=f"{MONDAY}T09:00", extra={"id": id_of(marker)})
    with pytest.raises(Rejected):
        desk.calendar.create(meeting(), marker)
    assert desk.stored(id_of(marker))["summary"] == "Vreemd"


def test_a_series_that_google_splits_keeps_its_marker_in_the_first_part_only(desk: Desk) -> None:
    marker = uuid4()
    start = at(MONDAY, 9)
    rule = Recurrence(rules=(Rule(frequency="weekly", days=(Day(weekday="monday"),)),))
    made = desk.calendar.create(meeting(start=start, end=at(MONDAY, 10), recurrence=rule), marker)
    occurrence = f"{MONDAY + timedelta(weeks=3)}T09:00"
    rest = desk.act("this-and-following", item=made.native_id, occurrence=occurrence, subject="Anders")
    assert desk.stored(rest)["extendedProperties"]["private"] == {"cxsyncMarker": marker.hex}
    assert read(desk.calendar.fetch(rest), Policy()).marker is None
    assert read(desk.calendar.fetch(made.native_id), Policy()).marker == marker


# Two hands, lost answers.


def test_a_lost_answer_to_an_update_is_seen_as_another_version(desk: Desk) -> None:
    made = desk.calendar.create(meeting(), uuid4())
    desk.fault("events.patch", "drop", when="after")
    with pytest.raises(Unavailable):
        desk.calendar.update(made, meeting(subject="Nieuw"), ["subject"])
    with pytest.raises(VersionChanged):
        desk.calendar.update(made, meeting(subject="Nieuw"), ["subject"])
    assert appointment_in(desk.calendar.fetch(made.native_id)).subject == "Nieuw"
    assert desk.requests("events.patch") == 2


def test_a_lost_answer_to_a_delete_is_settled_by_deleting_again(desk: Desk) -> None:
    made = desk.calendar.create(meeting(), uuid4())
    desk.fault("events.delete", "drop", when="after")
    with pytest.raises(Unavailable):
        desk.calendar.delete(made)
    desk.calendar.delete(made)
    assert desk.calendar.fetch(made.native_id).presence == "tombstone"


def test_an_edit_between_reading_and_writing_survives(desk: Desk) -> None:
    made = desk.calendar.create(meeting(), uuid4())
    action = {"action": "update", "item": made.native_id, "location": "Kamer 9"}
    desk.fault("events.patch", "act", params={"owner": BERT, "action": action})
    with pytest.raises(VersionChanged):
        desk.calendar.update(made, meeting(location="Kamer 1"), ["location"])
    assert desk.stored(made.native_id)["location"] == "Kamer 9"


def test_an_update_of_what_was_deleted_says_that_it_is_gone(desk: Desk) -> None:
    made = desk.calendar.create(meeting(), uuid4())
    desk.act("delete", item=made.native_id)
    with pytest.raises(Gone):
        desk.calendar.update(made, meeting(subject="Nieuw"), ["subject"])


@pytest.mark.parametrize("write", ["delete", "time", "recurrence"])
def test_an_edited_occurrence_stops_whatever_would_take_it_away(desk: Desk, write: str) -> None:
    item = series(desk)
    found = desk.calendar.fetch(item)
    desk.act("change-occurrence", item=item, occurrence=f"{MONDAY + timedelta(weeks=1)}T09:00", subject="Met taart")
    with pytest.raises(VersionChanged):
        if write == "delete":
            desk.calendar.delete(found)
        else:
            later = meeting(start=at(MONDAY, 15), end=at(MONDAY, 16), recurrence=weekly())
            desk.calendar.update(found, later, ["time"] if write == "time" else ["recurrence"])
    assert desk.calendar.fetch(item).presence == "present"


# Series.


def test_the_text_of_a_series_is_written_and_its_exceptions_survive(desk: Desk) -> None:
    item = series(desk)
    desk.act("move-occurrence", item=item, occurrence=f"{MONDAY + timedelta(weeks=1)}T09:00", start="2027-03-22T14:00")
    desk.act("delete-occurrence", item=item, occurrence=f"{MONDAY + timedelta(weeks=2)}T09:00")
    found = desk.calendar.fetch(item)
    before = appointment_in(found).recurrence
    updated = desk.calendar.update(found, meeting(subject="Nieuw", location="Zaal"), ["subject", "location"])
    after = appointment_in(updated)
    assert (after.subject, after.location, after.recurrence) == ("Nieuw", "Zaal", before)


def test_a_rule_from_a_system_without_exceptions_takes_no_exdate_away(desk: Desk) -> None:
    lines = ["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=6", "EXDATE;TZID=Europe/Amsterdam:20270322T090000,20270405T090000"]
    item = series(desk, rule=None, lines=lines)
    rule = Rule(frequency="weekly", interval=3, days=(Day(weekday="monday"),), count=4)
    wanted = meeting(start=at(MONDAY, 9), end=at(MONDAY, 10), recurrence=Recurrence(rules=(rule,)))
    updated = desk.calendar.update(desk.calendar.fetch(item), wanted, ["recurrence"])
    recurrence = appointment_in(updated).recurrence
    assert recurrence is not None
    assert (recurrence.rules, recurrence.excluded) == ((rule,), ("2027-04-05T09:00:00",))


def test_a_series_moved_later_in_the_day_keeps_its_last_occurrence(desk: Desk) -> None:
    # UNTIL at the very minute of the last start, as many programs write it.
    item = series(desk, rule=None, lines=["RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270419T070000Z"])
    found = desk.calendar.fetch(item)
    moved = meeting(start=at(MONDAY, 16), end=at(MONDAY, 17))
    read = appointment_in(desk.calendar.update(found, moved, ["time"]))
    assert read.start.wall == f"{MONDAY}T16:00:00"
    assert read.recurrence is not None
    assert read.recurrence.rules[0].until == date(2027, 4, 19)


def test_a_series_becomes_all_day_and_has_times_again(desk: Desk) -> None:
    wanted = meeting(start=at(MONDAY, 9), end=at(MONDAY, 10), recurrence=weekly(until=date(2027, 6, 1), count=None))
    made = desk.calendar.create(wanted, uuid4())
    days = structs.replace(wanted, start=whole_day(MONDAY), end=whole_day(MONDAY + timedelta(days=1)), all_day=True)
    whole = desk.calendar.update(made, days, ["time"])
    read = appointment_in(whole)
    assert (read.all_day, read.start.wall, read.recurrence) == (True, str(MONDAY), wanted.recurrence)
    timed = appointment_in(desk.calendar.update(whole, wanted, ["time"]))
    assert (timed.start, timed.recurrence) == (wanted.start, wanted.recurrence)


def test_a_series_restored_has_its_exceptions_again(desk: Desk) -> None:
    item = series(desk)
    desk.act("move-occurrence", item=item, occurrence=f"{MONDAY + timedelta(weeks=1)}T09:00", start="2027-03-22T14:00")
    found = desk.calendar.fetch(item)
    desk.calendar.delete(found)
    back = desk.calendar.restore(desk.calendar.fetch(item))
    assert appointment_in(back) == appointment_in(found)


def test_what_cannot_come_back_is_gone(desk: Desk) -> None:
    made = desk.calendar.create(meeting(), uuid4())
    desk.calendar.delete(made)
    desk.switch(restore_by_status=False)
    with pytest.raises(Gone):
        desk.calendar.restore(desk.calendar.fetch(made.native_id))
    desk.switch(restore_by_status=True)
    assert desk.calendar.restore(made).presence == "present"


# Zones and reminders.


def test_a_single_keeps_its_zone_when_its_time_changes(desk: Desk) -> None:
    item = desk.act("create", subject="Call", start=f"{MONDAY}T09:00", zone="America/New_York")
    found = desk.calendar.fetch(item)
    assert appointment_in(found).start.wall == f"{MONDAY}T09:00:00"
    same = meeting(start=at(MONDAY, 14), end=at(MONDAY, 15))
    assert desk.calendar.update(found, same, ["time"]) is found
    moved = desk.calendar.update(found, meeting(start=at(MONDAY, 16), end=at(MONDAY, 17)), ["time"])
    start = appointment_in(moved).start
    assert (start.wall, start.zone) == (f"{MONDAY}T11:00:00", "America/New_York")


def test_a_reminder_changes_without_the_mail_reminders_of_the_user(desk: Desk) -> None:
    overrides = [{"method": "email", "minutes": 1440}, {"method": "popup", "minutes": 30}]
    item = desk.act(
        "create",
        subject="Herinner",
        start=f"{MONDAY}T09:00",
        extra={"reminders": {"useDefault": False, "overrides": overrides}},
    )
    found = desk.calendar.fetch(item)
    assert appointment_in(found).reminder_minutes == 30
    updated = desk.calendar.update(found, meeting(reminder_minutes=5), ["reminder"])
    assert appointment_in(updated).reminder_minutes == 5
    assert {"method": "email", "minutes": 1440} in desk.stored(item)["reminders"]["overrides"]
    assert updated.version != found.version  # although the etag did not move


def test_the_calendars_own_reminder_counts(desk: Desk) -> None:
    item = desk.act("create", subject="Herinner", start=f"{MONDAY}T09:00")
    assert desk.stored(item)["reminders"] == {"useDefault": True}
    assert appointment_in(desk.calendar.fetch(item)).reminder_minutes == 10
