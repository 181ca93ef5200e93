"""Golden exchanges: reference of Events (insert, import, update, patch, delete, move), guides "Create events",
"Extended properties", "Get specific versions of resources", "Handle API errors"."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from googleapiclient.errors import HttpError

Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]
DAY = {"start": {"date": "2026-03-02"}, "end": {"date": "2026-03-03"}}


def insert(events: Any, body: dict[str, Any], **params: Any) -> dict[str, Any]:
    made: dict[str, Any] = events.insert(calendarId="primary", body=body, **params).execute()
    return made


def test_a_given_id_is_kept_and_names_the_uid(events: Any, timed: Body) -> None:
    made = insert(events, timed(id="abcdefghijklmnopqrstuv0123456789"))
    assert made["iCalUID"] == "abcdefghijklmnopqrstuv0123456789@google.com"
    assert events.get(calendarId="primary", eventId=made["id"]).execute() == made


@pytest.mark.parametrize("name", ["abcd", "ABCDEF", "abc-def", "wxyz0", "abc_de", "a" * 1025])
def test_an_id_outside_base32hex_is_refused(events: Any, timed: Body, refusal: Refusal, name: str) -> None:
    assert refusal(events.insert(calendarId="primary", body=timed(id=name))) == (400, "invalid")


def test_a_taken_id_is_409_and_stays_taken_after_deletion(events: Any, timed: Body, refusal: Refusal) -> None:
    insert(events, timed(id="taken12345"))
    assert refusal(events.insert(calendarId="primary", body=timed(id="taken12345"))) == (409, "duplicate")
    events.delete(calendarId="primary", eventId="taken12345").execute()
    assert refusal(events.insert(calendarId="primary", body=timed(id="taken12345"))) == (409, "duplicate")


def test_a_second_delete_is_410_and_an_unknown_event_404(events: Any, timed: Body, refusal: Refusal) -> None:
    made = insert(events, timed())
    assert events.delete(calendarId="primary", eventId=made["id"]).execute() == ""
    assert refusal(events.delete(calendarId="primary", eventId=made["id"])) == (410, "deleted")
    assert refusal(events.delete(calendarId="primary", eventId="unknown1")) == (404, "notFound")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"end": None}, "required"),
        ({"start": {"date": "2026-03-02"}}, "invalid"),
        ({"start": {"dateTime": "2026-03-02T12:00:00Z"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-03-02T09:00:00", "timeZone": "W. Europe Standard Time"}}, "invalid"),
        ({"start": {"dateTime": "yesterday"}}, "invalid"),
        ({"start": {"date": "2026-03-02", "dateTime": "2026-03-02T08:00:00Z"}}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY"], "start": {"dateTime": "2026-03-02T08:00:00Z"}}, "required"),
        ({"recurrence": ["DTSTART:20260302T080000Z"]}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20260401T080000"]}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3;UNTIL=20260401T080000Z"]}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=FORTNIGHTLY"]}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=-1"]}, "invalid"),
        ({"visibility": "secret"}, "invalid"),
        ({"transparency": "glass"}, "invalid"),
        ({"status": "done"}, "invalid"),
        ({"colorId": "99"}, "invalid"),
        ({"summary": 5}, "invalid"),
        ({"attendees": [{"displayName": "nobody"}]}, "invalid"),
        ({"attendees": {"email": "a@b.example"}}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 1}] * 6}}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "pigeon", "minutes": 1}]}}, "invalid"),
        (
            {"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 1}]}},
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        ({"eventType": "fromGmail"}, "eventTypeRestriction"),
        ({"eventType": "focusTime"}, "invalid"),
        ({"id": "abcde", "iCalUID": "x@example.com"}, "invalid"),
        ({"recurringEventId": "abcde"}, "invalid"),
    ],
)
def test_bodies_outside_the_reference_are_refused(
    events: Any, timed: Body, refusal: Refusal, change: dict[str, Any], reason: str
) -> None:
    assert refusal(events.insert(calendarId="primary", body={**timed(), **change})) == (400, reason)
    assert events.list(calendarId="primary", showDeleted=True).execute()["items"] == []


def test_unknown_and_read_only_fields_are_ignored(events: Any, timed: Body) -> None:
    made = insert(events, timed(nonsense=1, htmlLink="x", created="2001-01-01T00:00:00Z", etag="7"))
    assert "nonsense" not in made
    assert made["htmlLink"].startswith("https://")
    assert not made["created"].startswith("2001")


def test_default_values_are_absent(events: Any, timed: Body) -> None:
    given = timed(transparency="opaque", visibility="default", guestsCanInviteOthers=True, description="", location="")
    made = insert(events, given)
    assert not {"transparency", "visibility", "guestsCanInviteOthers", "description", "location"} & set(made)


def test_times_are_shown_in_the_zone_asked_for(events: Any, timed: Body) -> None:
    made = insert(events, timed())
    assert made["start"] == {"dateTime": "2026-03-02T09:00:00+01:00", "timeZone": "Europe/Amsterdam"}
    shown = events.get(calendarId="primary", eventId=made["id"], timeZone="America/New_York").execute()
    assert shown["start"] == {"dateTime": "2026-03-02T03:00:00-05:00", "timeZone": "Europe/Amsterdam"}
    utc = events.list(calendarId="primary", timeZone="UTC").execute()
    assert (utc["timeZone"], utc["items"][0]["start"]["dateTime"]) == ("UTC", "2026-03-02T08:00:00Z")


def test_a_time_without_offset_and_zone_is_in_the_calendars_zone(events: Any) -> None:
    times = {"start": {"dateTime": "2026-07-01T09:00:00"}, "end": {"dateTime": "2026-07-01T10:00:00"}}
    assert insert(events, times)["start"] == {"dateTime": "2026-07-01T09:00:00+02:00", "timeZone": "Europe/Amsterdam"}


def test_a_time_in_the_gap_takes_the_offset_before_it(events: Any) -> None:
    zone = {"timeZone": "Europe/Amsterdam"}
    times = {"start": {"dateTime": "2026-03-29T02:30:00", **zone}, "end": {"dateTime": "2026-03-29T04:00:00", **zone}}
    assert insert(events, times)["start"]["dateTime"] == "2026-03-29T03:30:00+02:00"


def test_dates_stay_dates(events: Any) -> None:
    made = insert(events, {"summary": "Off", **DAY})
    for zone in ("Pacific/Honolulu", "Pacific/Auckland"):
        shown = events.get(calendarId="primary", eventId=made["id"], timeZone=zone).execute()
        assert (shown["start"], shown["end"]) == ({"date": "2026-03-02"}, {"date": "2026-03-03"})


def test_update_replaces_the_whole_event_and_patch_only_what_is_named(events: Any, timed: Body) -> None:
    made = insert(events, timed(location="Room", description="Text", colorId="3"))
    patched = events.patch(
        calendarId="primary", eventId=made["id"], body={"location": None, "summary": "New"}
    ).execute()
    assert ("location" in patched, patched["description"], patched["summary"]) == (False, "Text", "New")
    updated = events.update(calendarId="primary", eventId=made["id"], body=timed("Bare")).execute()
    assert not {"description", "colorId", "location"} & set(updated)
    assert updated["iCalUID"] == made["iCalUID"]


def test_a_patch_merges_objects_and_replaces_lists(events: Any, timed: Body) -> None:
    properties = {"private": {"a": "1", "b": "2"}}
    reminders = {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}
    made = insert(events, timed(extendedProperties=properties, reminders=reminders))
    change = {
        "extendedProperties": {"private": {"a": None, "c": "3"}},
        "reminders": {"overrides": [{"method": "email", "minutes": 60}]},
    }
    patched = events.patch(calendarId="primary", eventId=made["id"], body=change).execute()
    assert patched["extendedProperties"] == {"private": {"b": "2", "c": "3"}}
    assert patched["reminders"] == {"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]}


def test_from_all_day_to_timed_needs_the_date_taken_away(events: Any, refusal: Refusal) -> None:
    made = insert(events, {"summary": "Off", **DAY})
    times = {"start": {"dateTime": "2026-03-02T09:00:00Z"}, "end": {"dateTime": "2026-03-02T10:00:00Z"}}
    assert refusal(events.patch(calendarId="primary", eventId=made["id"], body=times)) == (400, "invalid")
    cleared = {key: {**value, "date": None} for key, value in times.items()}
    patched = events.patch(calendarId="primary", eventId=made["id"], body=cleared).execute()
    assert patched["start"]["dateTime"] == "2026-03-02T10:00:00+01:00"


def test_long_property_keys_are_dropped_and_long_values_cut_without_a_word(
    events: Any, timed: Body, refusal: Refusal
) -> None:
    made = insert(events, timed(extendedProperties={"private": {"k" * 45: "v", "k" * 44: "v" * 2000}}))
    assert made["extendedProperties"] == {"private": {"k" * 44: "v" * 1024}}
    many = {f"k{number}": "v" for number in range(301)}
    asked = events.insert(calendarId="primary", body=timed(extendedProperties={"shared": many}))
    assert refusal(asked) == (400, "invalid")


def conditional(request: Any, name: str, value: str) -> Any:
    request.headers[name] = value
    return request


def test_conditional_writes(events: Any, timed: Body, refusal: Refusal) -> None:
    made = insert(events, timed())
    place = {"calendarId": "primary", "eventId": made["id"]}
    newer = conditional(events.patch(**place, body={"summary": "2"}), "If-Match", made["etag"]).execute()
    assert newer["etag"] != made["etag"]
    for stale in (
        events.patch(**place, body={"summary": "3"}),
        events.update(**place, body=timed()),
        events.delete(**place),
    ):
        assert refusal(conditional(stale, "If-Match", made["etag"])) == (412, "conditionNotMet")
    assert events.get(**place).execute() == newer
    conditional(events.patch(**place, body={"summary": "4"}), "If-Match", "*").execute()
    conditional(events.delete(**place), "If-Match", events.get(**place).execute()["etag"]).execute()


def test_an_unchanged_event_is_304(events: Any, timed: Body) -> None:
    made = insert(events, timed())
    asked = events.get(calendarId="primary", eventId=made["id"])
    with pytest.raises(HttpError) as caught:
        conditional(asked, "If-None-Match", made["etag"]).execute()
    assert caught.value.status_code == 304


def test_the_etag_is_twice_the_microseconds_of_updated(events: Any, timed: Body) -> None:
    made = insert(events, timed())
    assert int(made["etag"].strip('"')) == round(datetime.fromisoformat(made["updated"]).timestamp() * 1e6) * 2


def test_reminders_alone_leave_updated_and_etag(events: Any, timed: Body, switch: Callable[..., None]) -> None:
    made = insert(events, timed())
    change = {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 3}]}}
    patched = events.patch(calendarId="primary", eventId=made["id"], body=change).execute()
    assert (patched["updated"], patched["etag"]) == (made["updated"], made["etag"])
    assert patched["reminders"] == change["reminders"]
    switch(reminders_move_etag=True)
    assert (
        events.patch(
            calendarId="primary", eventId=made["id"], body={"reminders": {"useDefault": True, "overrides": None}}
        ).execute()["etag"]
        != made["etag"]
    )


def test_a_write_that_changes_nothing_keeps_the_etag_unless_switched(
    events: Any, timed: Body, switch: Callable[..., None]
) -> None:
    made = insert(events, timed())
    same = events.patch(calendarId="primary", eventId=made["id"], body={"summary": "Talk"})
    assert same.execute()["etag"] == made["etag"]
    switch(noop_moves_etag=True)
    assert same.execute()["etag"] != made["etag"]


def test_sequence_rises_with_the_time_and_may_not_fall(events: Any, timed: Body, refusal: Refusal) -> None:
    made = insert(events, timed())
    assert events.patch(calendarId="primary", eventId=made["id"], body={"summary": "x"}).execute()["sequence"] == 0
    moved = events.update(calendarId="primary", eventId=made["id"], body=timed(day=3)).execute()
    assert moved["sequence"] == 1
    assert refusal(events.update(calendarId="primary", eventId=made["id"], body=timed(sequence=0))) == (400, "invalid")


def test_a_deleted_event_is_restored_by_its_status(
    events: Any, timed: Body, refusal: Refusal, switch: Callable[..., None]
) -> None:
    made = insert(events, timed("Back"))
    place = {"calendarId": "primary", "eventId": made["id"]}
    events.delete(**place).execute()
    restored = events.patch(**place, body={"status": "confirmed"}).execute()
    assert (restored["status"], restored["summary"]) == ("confirmed", "Back")
    assert events.patch(**place, body={"status": "cancelled"}).execute()["status"] == "cancelled"
    switch(restore_by_status=False)
    assert refusal(events.patch(**place, body={"status": "confirmed"})) == (410, "deleted")


def test_import_keeps_a_foreign_uid_and_organizer(events: Any, timed: Body, refusal: Refusal) -> None:
    uid = "040000008200E00074C5B7101A82E008@outlook.example"
    organizer = {"email": "chief@client.example"}
    made = events.import_(calendarId="primary", body=timed(iCalUID=uid, organizer=organizer)).execute()
    padded = made["id"][1:].upper() + "=" * (-len(made["id"][1:]) % 8)
    assert (made["id"][0], base64.b32hexdecode(padded).decode()) == ("_", uid)
    assert (made["iCalUID"], made["organizer"], made["privateCopy"]) == (uid, organizer, True)
    again = events.import_(calendarId="primary", body=timed("Second", iCalUID=uid)).execute()
    assert (again["id"], again["summary"]) == (made["id"], "Second")
    assert refusal(events.import_(calendarId="primary", body=timed())) == (400, "required")


def test_move_leaves_a_bare_stub_and_answers_cancelled(
    connect: Callable[[dict[str, Any]], Any], account: dict[str, Any], timed: Body, refusal: Refusal
) -> None:
    service = connect(account)
    events = service.events()
    target = service.calendars().insert(body={"summary": "Second"}).execute()["id"]
    made = insert(events, timed("Moving"))
    answer = events.move(calendarId="primary", eventId=made["id"], destination=target).execute()
    assert answer["status"] == "cancelled"
    there = events.get(calendarId=target, eventId=made["id"]).execute()
    assert (there["status"], there["summary"], there["organizer"]["email"]) == ("confirmed", "Moving", target)
    left = events.get(calendarId="primary", eventId=made["id"]).execute()
    assert set(left) == {"kind", "etag", "id", "status"}
    typed = timed(eventType="focusTime", focusTimeProperties={"chatStatus": "available"})
    focus = insert(events, typed)
    asked = events.move(calendarId="primary", eventId=focus["id"], destination=target)
    assert refusal(asked) == (400, "cannotMoveInstance")


def test_the_type_of_an_event_never_changes(events: Any, timed: Body, refusal: Refusal) -> None:
    made = insert(events, timed())
    asked = events.patch(calendarId="primary", eventId=made["id"], body={"eventType": "outOfOffice"})
    assert refusal(asked) == (400, "eventTypeRestriction")


def test_conference_and_attachments_need_their_parameters(events: Any, timed: Body) -> None:
    conference = {"conferenceId": "abc", "conferenceSolution": {"key": {"type": "hangoutsMeet"}}}
    given = timed(conferenceData=conference, attachments=[{"fileUrl": "https://drive.example/1"}])
    plain = insert(events, given)
    assert not {"conferenceData", "attachments"} & set(plain)
    rich = insert(events, given, conferenceDataVersion=1, supportsAttachments=True)
    kept = events.update(calendarId="primary", eventId=rich["id"], body=timed("Still")).execute()
    assert {"conferenceData", "attachments"} <= set(kept)


def test_calendars_and_their_list(
    connect: Callable[[dict[str, Any]], Any], account: dict[str, Any], refusal: Refusal
) -> None:
    service = connect(account)
    listed = service.calendarList().list().execute()
    assert [(entry["id"], entry["primary"], entry["accessRole"]) for entry in listed["items"]] == [
        (account["owner"], True, "owner")
    ]
    made = service.calendars().insert(body={"summary": "Second", "timeZone": "Europe/London"}).execute()
    more = service.calendarList().list(syncToken=listed["nextSyncToken"]).execute()
    assert [entry["summary"] for entry in more["items"]] == ["Second"]
    service.calendars().delete(calendarId=made["id"]).execute()
    gone = service.calendarList().list(syncToken=more["nextSyncToken"]).execute()["items"]
    assert [(entry["id"], entry["deleted"]) for entry in gone] == [(made["id"], True)]
    assert refusal(service.events().list(calendarId=made["id"])) == (404, "notFound")
    assert refusal(service.calendarList().delete(calendarId="primary"))[0] == 403
    assert service.calendars().get(calendarId="primary").execute()["timeZone"] == "Europe/Amsterdam"


def test_another_accounts_calendar_is_404(
    events: Any, add_account: Callable[[], dict[str, Any]], refusal: Refusal
) -> None:
    assert refusal(events.list(calendarId=add_account()["owner"])) == (404, "notFound")
