"""What a person does in Google's own program, as the API and the journal show it afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.core.run import Sandbox

Account = dict[str, Any]
Person = Callable[..., str]
WEEKLY = {"frequency": "weekly", "weekdays": ["mo", "we"], "count": 6}


def get(events: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = events.get(calendarId="primary", eventId=name).execute()
    return found


def test_creating_editing_moving_and_deleting(events: Any, person: Person) -> None:
    item = person("create", subject="Intake", start="2026-03-02T09:00", end="2026-03-02T09:45", location="Room 1")
    assert get(events, item)["end"]["dateTime"] == "2026-03-02T09:45:00+01:00"
    person("update", item=item, subject="Intake Noor", notes="CV", reminder=15, busy="free")
    person("move", item=item, start="2026-03-03T14:00")
    event = get(events, item)
    assert (event["summary"], event["description"], event["transparency"]) == ("Intake Noor", "CV", "transparent")
    assert event["reminders"] == {"useDefault": False, "overrides": [{"method": "popup", "minutes": 15}]}
    assert (event["start"]["dateTime"], event["end"]["dateTime"]) == (
        "2026-03-03T14:00:00+01:00",
        "2026-03-03T14:45:00+01:00",
    )
    person("update", item=item, all_day=True, start="2026-03-04")
    assert get(events, item)["start"] == {"date": "2026-03-04"}
    person("make-private", item=item)
    assert get(events, item)["visibility"] == "private"
    person("make-public", item=item)
    person("delete", item=item)
    assert get(events, item)["status"] == "cancelled"
    person("restore", item=item)
    assert get(events, item)["status"] == "confirmed"


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=6;BYDAY=MO,WE"),
        (
            {"frequency": "daily", "interval": 2, "until": "2026-03-31"},
            "RRULE:FREQ=DAILY;UNTIL=20260331T215959Z;INTERVAL=2",
        ),
        ({"frequency": "monthly", "day": 31}, "RRULE:FREQ=MONTHLY;BYMONTHDAY=31"),
        ({"frequency": "monthly-nth", "nth": -1, "weekdays": ["fr"]}, "RRULE:FREQ=MONTHLY;BYDAY=-1FR"),
        (
            {"frequency": "yearly-nth", "nth": 1, "weekdays": ["mo", "tu"], "month": 5},
            "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=MO,TU;BYSETPOS=1",
        ),
        ({"frequency": "yearly"}, "RRULE:FREQ=YEARLY"),
        ({"frequency": "weekly", "week_start": "su", "interval": 2}, "RRULE:FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=MO"),
    ],
)
def test_a_series_by_the_dialogs_rule(events: Any, person: Person, rule: dict[str, Any], line: str) -> None:
    item = person("create", subject="Series", start="2026-03-02T09:00", rule=rule)
    assert get(events, item)["recurrence"] == [line]


def test_one_occurrence_changed_moved_and_removed(events: Any, person: Person) -> None:
    item = person("create", subject="Series", start="2026-03-02T09:00", rule=WEEKLY)
    changed = person("change-occurrence", item=item, occurrence="2026-03-04T09:00", subject="Special")
    moved = person("move-occurrence", item=item, occurrence="2026-03-09T09:00", start="2026-03-10T11:00")
    person("delete-occurrence", item=item, occurrence="2026-03-11T09:00")
    titles = [each["summary"] for each in events.instances(calendarId="primary", eventId=item).execute()["items"]]
    assert titles == ["Series", "Special", "Series", "Series", "Series"]
    assert get(events, changed)["recurringEventId"] == item
    assert get(events, moved)["start"]["dateTime"] == "2026-03-10T11:00:00+01:00"


def test_a_single_event_becomes_a_series_and_its_rule_changes(events: Any, person: Person) -> None:
    item = person("create", subject="Once", start="2026-03-02T09:00")
    person("make-series", item=item, rule=WEEKLY)
    person("change-rule", item=item, rule={"frequency": "daily", "count": 3})
    assert get(events, item)["recurrence"] == ["RRULE:FREQ=DAILY;COUNT=3"]


def test_this_and_following_removed_ends_the_series(events: Any, person: Person) -> None:
    item = person("create", subject="Series", start="2026-03-02T09:00", rule=WEEKLY)
    person("this-and-following", item=item, occurrence="2026-03-09T09:00", extra={"delete": True})
    assert len(events.instances(calendarId="primary", eventId=item).execute()["items"]) == 2


def test_this_and_following_of_the_first_changes_the_whole_series(events: Any, person: Person) -> None:
    item = person("create", subject="Series", start="2026-03-02T09:00", rule=WEEKLY)
    assert person("this-and-following", item=item, occurrence="2026-03-02T09:00", subject="All") == item
    assert get(events, item)["summary"] == "All"


def test_an_all_day_series_is_split_by_dates(events: Any, person: Person) -> None:
    rule = {"frequency": "weekly", "count": 4}
    item = person("create", subject="Days", start="2026-03-02", all_day=True, rule=rule)
    later = person("this-and-following", item=item, occurrence="2026-03-16", subject="Later")
    assert later == f"{item}_R20260316"
    assert get(events, item)["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260315"]


def test_dismissing_a_reminder_leaves_no_trace(sandbox: Sandbox, events: Any, person: Person) -> None:
    item = person("create", subject="Quiet", start="2026-03-02T09:00")
    before = get(events, item), sandbox.world.journal.last
    person("dismiss-reminder", item=item)
    assert (get(events, item), sandbox.world.journal.last) == before


def test_moving_to_another_calendar_takes_the_event_away(
    events: Any, connect: Callable[[Account], Any], account: Account, person: Person
) -> None:
    item = person("create", subject="Away", start="2026-03-02T09:00")
    person("move-folder", item=item, folder="Private")
    assert set(get(events, item)) == {"kind", "etag", "id", "status"}
    calendars = connect(account).calendarList().list().execute()["items"]
    other = next(each["id"] for each in calendars if each["summary"] == "Private")
    assert events.get(calendarId=other, eventId=item).execute()["summary"] == "Away"


def test_items_show_what_the_person_sees(sandbox: Sandbox, account: Account, person: Person) -> None:
    item = person("create", subject="Series", start="2026-03-02T09:00", rule=WEEKLY, private=True)
    person("move-occurrence", item=item, occurrence="2026-03-04T09:00", start="2026-03-05T11:00")
    query = {"owner": account["owner"], "start": "2026-03-02T00:00:00Z", "end": "2026-03-09T00:00:00Z"}
    found = requests.get(f"{sandbox.control}/google/items", params=query, timeout=10).json()
    assert [(each["subject"], each["private"], each["recurrence"]) for each in found] == [
        ("Series", True, "RRULE:FREQ=WEEKLY;COUNT=6;BYDAY=MO,WE")
    ]
    assert [(each["original"], each["start"], each["changed"]) for each in found[0]["occurrences"]] == [
        ("2026-03-02T09:00:00+01:00", "2026-03-02T09:00:00+01:00", False),
        ("2026-03-04T09:00:00+01:00", "2026-03-05T11:00:00+01:00", True),
    ]


def test_the_journal_tells_persons_from_programs(
    sandbox: Sandbox, events: Any, account: Account, person: Person
) -> None:
    item = person("create", subject="A", start="2026-03-02T09:00")
    events.patch(calendarId="primary", eventId=item, body={"summary": "B"}).execute()
    entries = sandbox.world.journal.entries(system="google", owner=account["owner"], item=item)
    assert [(each.channel, each.action, each.content["summary"]) for each in entries] == [
        ("person", "insert", "A"),
        ("api", "patch", "B"),
    ]


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"action": "dance"}, "action"),
        ({"action": "create", "subject": 5}, "subject"),
        ({"action": "create", "subject": "x"}, "start"),
        ({"action": "create", "start": "soon"}, "start"),
        ({"action": "update"}, "item"),
        ({"action": "create", "start": "2026-03-02T09:00", "rule": {"frequency": "hourly"}}, "rule.frequency"),
        ({"action": "create", "start": "2026-03-02T09:00", "rule": {"frequency": "monthly-nth", "nth": 5}}, "rule.nth"),
        ({"action": "create", "start": "2026-03-02T09:00", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_done_is_refused_by_field(
    sandbox: Sandbox, account: Account, action: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        sandbox.act("google", account["owner"], action)
    assert caught.value.field == field
    answer = requests.post(f"{sandbox.control}/google/act", json={"owner": account["owner"], **action}, timeout=10)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_unknown_owners_and_items_are_named(sandbox: Sandbox, account: Account, person: Person) -> None:
    with pytest.raises(NotThere):
        person("update", item="unknown1", subject="x")
    with pytest.raises(NotThere):
        sandbox.act("google", "nobody@agency.example", {"action": "create", "start": "2026-03-02T09:00"})
