"""Guide "Events with attendees" and reference of Events (sendUpdates, attendees): copies, answers, mails."""

from collections.abc import Callable
from typing import Any

import pytest

from cxsync.sandbox.core.run import Sandbox

Account = dict[str, Any]
Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]
OUTSIDE = "candidate@elsewhere.example"


@pytest.fixture
def guest(add_account: Callable[[], Account]) -> Account:
    return add_account()


@pytest.fixture
def guests_events(connect: Callable[[Account], Any], guest: Account) -> Any:
    return connect(guest).events()


@pytest.fixture
def mails(sandbox: Sandbox, account: Account, guest: Account) -> Callable[[], list[tuple[str, str]]]:
    """Kind and receiver of what would have been mailed because of these two since the last look."""
    seen = len(sandbox.world.witness.mails)

    def look() -> list[tuple[str, str]]:
        nonlocal seen
        new = sandbox.world.witness.mails[seen:]
        seen = len(sandbox.world.witness.mails)
        return [(mail.kind, mail.to) for mail in new if mail.owner in (account["owner"], guest["owner"])]

    return look


def invite(events: Any, timed: Body, guest: Account, **params: Any) -> dict[str, Any]:
    people = [{"email": guest["owner"]}, {"email": OUTSIDE}]
    private = {"private": {"mine": "1"}, "shared": {"ours": "2"}}
    body = timed("Meeting", attendees=people, extendedProperties=private)
    made: dict[str, Any] = events.insert(calendarId="primary", body=body, **params).execute()
    return made


def test_a_guest_here_gets_a_copy_of_the_shared_fields(
    events: Any, guests_events: Any, guest: Account, timed: Body
) -> None:
    made = invite(events, timed, guest)
    copy = guests_events.get(calendarId="primary", eventId=made["id"]).execute()
    assert (copy["summary"], copy["iCalUID"], copy["start"]) == ("Meeting", made["iCalUID"], made["start"])
    assert copy["extendedProperties"] == {"shared": {"ours": "2"}}
    mine = next(row for row in copy["attendees"] if row.get("self"))
    assert (mine["email"], mine["responseStatus"]) == (guest["owner"], "needsAction")
    assert "self" not in copy["organizer"]


def test_who_is_mailed_is_the_callers_choice(
    events: Any, guest: Account, timed: Body, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    invite(events, timed, guest)
    invite(events, timed, guest, sendUpdates="none")
    assert mails() == []
    invite(events, timed, guest, sendUpdates="externalOnly")
    assert mails() == [("invitation", OUTSIDE)]
    made = invite(events, timed, guest, sendUpdates="all")
    assert sorted(mails()) == sorted([("invitation", guest["owner"]), ("invitation", OUTSIDE)])
    place = {"calendarId": "primary", "eventId": made["id"], "sendUpdates": "all"}
    events.patch(**place, body={"location": "Room 2"}).execute()
    events.delete(**place).execute()
    assert sorted(mails()) == sorted(
        (kind, to) for kind in ("update", "cancellation") for to in (guest["owner"], OUTSIDE)
    )


def test_the_organizers_changes_reach_the_copy_and_leave_what_is_the_guests(
    events: Any, guests_events: Any, guest: Account, timed: Body
) -> None:
    made = invite(events, timed, guest)
    place = {"calendarId": "primary", "eventId": made["id"]}
    own = {"extendedProperties": {"private": {"guest": "x"}}, "colorId": "5"}
    guests_events.patch(**place, body=own).execute()
    events.patch(**place, body={"summary": "Renamed"}).execute()
    copy = guests_events.get(**place).execute()
    assert (copy["summary"], copy["colorId"]) == ("Renamed", "5")
    assert copy["extendedProperties"] == {"private": {"guest": "x"}, "shared": {"ours": "2"}}


def test_a_guest_may_answer_but_not_change(
    events: Any, guests_events: Any, guest: Account, timed: Body, refusal: Refusal
) -> None:
    made = invite(events, timed, guest)
    place = {"calendarId": "primary", "eventId": made["id"]}
    for body in ({"summary": "Mine"}, {"location": "Here"}, {"extendedProperties": {"shared": {"ours": "3"}}}):
        assert refusal(guests_events.patch(**place, body=body)) == (403, "forbiddenForNonOrganizer")
    rows = guests_events.get(**place).execute()["attendees"]
    answered = [{**row, "responseStatus": "accepted"} if row.get("self") else row for row in rows]
    guests_events.patch(**place, body={"attendees": answered}).execute()
    main = events.get(**place).execute()["attendees"]
    assert {row["email"]: row["responseStatus"] for row in main} == {guest["owner"]: "accepted", OUTSIDE: "needsAction"}


def test_an_update_by_a_guest_that_leaves_out_guest_rights_sets_their_defaults(
    events: Any, guests_events: Any, guest: Account, timed: Body, refusal: Refusal
) -> None:
    body = timed(attendees=[{"email": guest["owner"]}], guestsCanInviteOthers=False)
    made = events.insert(calendarId="primary", body=body).execute()
    place = {"calendarId": "primary", "eventId": made["id"]}
    whole = guests_events.get(**place).execute()
    guests_events.update(**place, body=whole).execute()
    del whole["guestsCanInviteOthers"]
    assert refusal(guests_events.update(**place, body=whole)) == (403, "forbiddenForNonOrganizer")


def test_a_guest_who_may_modify_changes_the_event_for_all(
    events: Any, guests_events: Any, guest: Account, timed: Body
) -> None:
    body = timed(attendees=[{"email": guest["owner"]}], guestsCanModify=True)
    made = events.insert(calendarId="primary", body=body).execute()
    place = {"calendarId": "primary", "eventId": made["id"]}
    guests_events.patch(**place, body={"summary": "Better"}).execute()
    assert events.get(**place).execute()["summary"] == "Better"


def test_deleting_the_copy_declines(events: Any, guests_events: Any, guest: Account, timed: Body) -> None:
    made = invite(events, timed, guest)
    place = {"calendarId": "primary", "eventId": made["id"]}
    guests_events.delete(**place).execute()
    rows = {row["email"]: row["responseStatus"] for row in events.get(**place).execute()["attendees"]}
    assert rows[guest["owner"]] == "declined"
    assert events.get(**place).execute()["status"] == "confirmed"
    events.patch(**place, body={"summary": "Changed"}).execute()
    assert guests_events.get(**place).execute()["status"] == "cancelled"


@pytest.mark.parametrize(("send", "left"), [("all", "cancelled"), ("none", "confirmed")])
def test_deleting_without_updates_leaves_the_copy(
    events: Any, guests_events: Any, guest: Account, timed: Body, send: str, left: str
) -> None:
    made = invite(events, timed, guest)
    place = {"calendarId": "primary", "eventId": made["id"]}
    events.delete(**place, sendUpdates=send).execute()
    assert guests_events.get(**place).execute()["status"] == left


def test_a_series_and_its_exceptions_stand_in_both_calendars(
    events: Any, guests_events: Any, guest: Account, timed: Body
) -> None:
    body = timed("Weekly", attendees=[{"email": guest["owner"]}], recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    made = events.insert(calendarId="primary", body=body).execute()
    second = f"{made['id']}_20260309T080000Z"
    events.patch(calendarId="primary", eventId=second, body={"location": "Room 9"}).execute()
    items = guests_events.instances(calendarId="primary", eventId=made["id"]).execute()["items"]
    assert [item.get("location") for item in items] == [None, "Room 9", None]


def test_a_guest_of_one_occurrence_only_cannot_read_the_series(
    events: Any, guests_events: Any, guest: Account, timed: Body, refusal: Refusal
) -> None:
    made = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])).execute()
    second = f"{made['id']}_20260309T080000Z"
    people = {"attendees": [{"email": guest["owner"]}]}
    events.patch(calendarId="primary", eventId=second, body=people).execute()
    assert [item["id"] for item in guests_events.list(calendarId="primary").execute()["items"]] == [second]
    assert refusal(guests_events.get(calendarId="primary", eventId=made["id"])) == (404, "notFound")


def test_too_many_guests_are_left_out_when_asked(events: Any, guest: Account, timed: Body) -> None:
    made = invite(events, timed, guest)
    short = events.get(calendarId="primary", eventId=made["id"], maxAttendees=1).execute()
    assert (short["attendees"], short["attendeesOmitted"]) == ([], True)


def test_an_invitation_from_outside_waits_for_an_answer(
    events: Any, account: Account, person: Callable[..., str], mails: Callable[[], list[tuple[str, str]]]
) -> None:
    fields = {"from": "chief@client.example", "subject": "Come", "start": "2026-03-02T09:00"}
    item = person("invited", **fields)
    got = events.get(calendarId="primary", eventId=item).execute()
    mine = next(row for row in got["attendees"] if row.get("self"))
    assert (got["organizer"]["email"], mine["responseStatus"]) == ("chief@client.example", "needsAction")
    person("accept", item=item)
    mine = next(row for row in events.get(calendarId="primary", eventId=item).execute()["attendees"] if row.get("self"))
    assert mine["responseStatus"] == "accepted"
    assert mails() == [("response", "chief@client.example")]


def test_a_private_copy_tells_nobody(
    events: Any, guests_events: Any, guest: Account, timed: Body, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    body = timed(iCalUID="foreign@x.example", attendees=[{"email": guest["owner"]}])
    events.import_(calendarId="primary", body=body).execute()
    assert guests_events.list(calendarId="primary").execute()["items"] == []
    assert mails() == []
