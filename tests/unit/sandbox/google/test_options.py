"""The switches that no other test turns: each leads to the other answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import Sandbox, populate
from cxsync.sandbox.core.world import World

Account = dict[str, Any]
Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]
Switch = Callable[..., None]


def test_exrule_can_be_refused(events: Any, timed: Body, refusal: Refusal, switch: Switch) -> None:
    switch(exrule_accepted=False)
    lines = ["RRULE:FREQ=DAILY;COUNT=7", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU"]
    assert refusal(events.insert(calendarId="primary", body=timed(recurrence=lines))) == (400, "invalid")


def test_a_second_import_can_be_a_duplicate(events: Any, timed: Body, refusal: Refusal, switch: Switch) -> None:
    switch(repeated_import="duplicate")
    body = timed(iCalUID="foreign@client.example")
    events.import_(calendarId="primary", body=body).execute()
    assert refusal(events.import_(calendarId="primary", body=body)) == (409, "duplicate")


def test_reminders_can_stay_out_of_increments(events: Any, timed: Body, switch: Switch) -> None:
    made = events.insert(calendarId="primary", body=timed()).execute()
    token = events.list(calendarId="primary").execute()["nextSyncToken"]
    body = {"reminders": {"useDefault": False}}
    events.patch(calendarId="primary", eventId=made["id"], body=body).execute()
    assert len(events.list(calendarId="primary", syncToken=token).execute()["items"]) == 1
    token = events.list(calendarId="primary").execute()["nextSyncToken"]
    switch(reminders_in_sync=False)
    events.patch(calendarId="primary", eventId=made["id"], body={"reminders": {"useDefault": True}}).execute()
    assert events.list(calendarId="primary", syncToken=token).execute()["items"] == []


def test_exceptions_can_keep_the_old_title(events: Any, timed: Body, switch: Switch) -> None:
    switch(exceptions_inherit=False)
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])).execute()["id"]
    one = f"{name}_20260309T080000Z"
    events.patch(calendarId="primary", eventId=one, body={"location": "Room"}).execute()
    events.patch(calendarId="primary", eventId=name, body={"summary": "New"}).execute()
    assert events.get(calendarId="primary", eventId=one).execute()["summary"] == "Talk"


def test_none_may_still_mail(sandbox: Sandbox, events: Any, account: Account, timed: Body, switch: Switch) -> None:
    switch(none_still_mails=True)
    body = timed(attendees=[{"email": "guest@client.example"}])
    made = events.insert(calendarId="primary", body=body, sendUpdates="none").execute()
    mails = [mail for mail in sandbox.world.witness.mails if mail.item == made["id"]]
    assert [(mail.kind, mail.to, mail.channel) for mail in mails] == [("invitation", "guest@client.example", "api")]


def test_guests_copies_can_go_without_updates(
    events: Any, connect: Callable[[Account], Any], add_account: Callable[[], Account], timed: Body, switch: Switch
) -> None:
    switch(delete_none_leaves_copies=False)
    guest = add_account()
    made = events.insert(calendarId="primary", body=timed(attendees=[{"email": guest["owner"]}])).execute()
    events.delete(calendarId="primary", eventId=made["id"], sendUpdates="none").execute()
    copy = connect(guest).events().get(calendarId="primary", eventId=made["id"]).execute()
    assert copy["status"] == "cancelled"


def test_a_moved_event_can_be_answered_as_it_is(
    connect: Callable[[Account], Any], account: Account, timed: Body, switch: Switch
) -> None:
    switch(move_answers_cancelled=False)
    service = connect(account)
    target = service.calendars().insert(body={"summary": "Second"}).execute()["id"]
    made = service.events().insert(calendarId="primary", body=timed()).execute()
    moved = service.events().move(calendarId="primary", eventId=made["id"], destination=target).execute()
    assert moved["status"] == "confirmed"


def test_two_writes_in_one_millisecond_share_an_etag_only_when_switched() -> None:
    world = populate(World(1, Clock(datetime(2026, 3, 2, 9, tzinfo=UTC), running=False)), ["google"])
    system: Any = world.system("google")
    owner = "bert@agency.example"

    def two() -> int:
        items = [
            system.act(owner, {"action": "create", "subject": text, "start": "2026-03-02T09:00"})["item"]
            for text in ("one", "two")
        ]
        return len({item["version"] for item in system.items(owner) if item["id"] in items})

    assert two() == 2
    world.clock.shift(10)
    system.options.etags_may_repeat = True
    assert two() == 1
