"""People at work in Carerix, through the control interface."""

from typing import Any

import requests

from tests.unit.sandbox.carerix.bare_client import SERIES, BareClient

WEEKLY = {"frequency": "weekly", "weekdays": ["tu", "th"], "until": "2026-06-30"}


def items(client: BareClient, owner: str, **bounds: str) -> list[dict[str, Any]]:
    query = {"owner": owner, **bounds}
    answer = requests.get(f"{client.sandbox.control}/carerix/items", params=query, timeout=20)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def item(client: BareClient, owner: str, name: str) -> dict[str, Any]:
    return next(each for each in items(client, owner) if each["id"] == name)


def refused(client: BareClient, action: str, **fields: Any) -> str:
    answer = client.control("/carerix/act", {"owner": "demo/anna", "action": action, **fields})
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) >= {"field", "value", "expected"}
    return str(answer.json()["field"])


def test_person_creates_and_programs_see_who_did(client: BareClient) -> None:
    made = client.act("demo/anna", "create", subject="Lunch", start="2026-03-05T12:00", end="2026-03-05T13:30")
    fields = "subject startDate endDate owner { userID } createdBy { userID } modifiedBy { userID } modificationDate"
    assert client.get(made["item"], fields) == {
        "subject": "Lunch",
        "startDate": "2026-03-05T11:00:00",
        "endDate": "2026-03-05T12:30:00",
        "owner": {"userID": 101},
        "createdBy": {"userID": 101},
        "modifiedBy": {"userID": 101},
        "modificationDate": None,
    }


def test_person_edits_moves_hides_deletes_and_restores(client: BareClient) -> None:
    name = client.act("demo/anna", "create", subject="Lunch", start="2026-03-05T12:00")["item"]
    client.act("demo/anna", "move", item=name, start="2026-03-06T12:30")
    client.act("demo/anna", "update", item=name, notes="Buiten", busy="tentative", reminder=15, guests=["a@b.example"])
    client.act("demo/anna", "make-private", item=name)
    seen = item(client, "demo/anna", name)
    assert (seen["start"], seen["end"]) == ("2026-03-06T12:30:00+01:00", "2026-03-06T13:30:00+01:00")
    assert (seen["private"], seen["busy"], seen["reminder"]) == (True, "tentative", 15)
    assert client.get(name, "notes attendees isConfidential status remind reminderMinutes") == {
        "notes": "Buiten",
        "attendees": "a@b.example",
        "isConfidential": 1,
        "status": 1,
        "remind": 1,
        "reminderMinutes": 15,
    }
    client.act("demo/anna", "dismiss-reminder", item=name)
    client.act("demo/anna", "make-public", item=name)
    client.act("demo/anna", "delete", item=name)
    assert item(client, "demo/anna", name)["deleted"] is True
    that_week = items(client, "demo/anna", start="2026-03-02T00:00:00Z", end="2026-03-09T00:00:00Z")
    assert name not in [each["id"] for each in that_week]
    client.act("demo/anna", "restore", item=name)
    assert client.get(name, "deleted remind isConfidential") == {"deleted": 0, "remind": 0, "isConfidential": 0}


def test_hand_over_moves_it_to_the_colleagues_agenda(client: BareClient) -> None:
    client.act("demo/anna", "hand-over", item="31.1", to_owner="demo/bert")
    assert client.get("31.1", "owner { userID } modifiedBy { userID }") == {
        "owner": {"userID": 102},
        "modifiedBy": {"userID": 101},
    }
    assert "31.1" not in [each["id"] for each in items(client, "demo/anna")]
    assert "31.1" in [each["id"] for each in items(client, "demo/bert")]


def test_series_by_rule_and_its_occurrences(client: BareClient) -> None:
    name = client.act("demo/anna", "create", subject="Overleg", start="2026-03-24T09:00")["item"]
    client.act("demo/anna", "make-series", item=name, rule=WEEKLY)
    seen = client.get(name, SERIES)
    assert (seen["recurrenceDays"], seen["isRangeEndDate"]) == ([2, 4], 1)
    assert seen["recurrenceExpiryDate"] == "2026-06-29T22:00:00"
    bounds = {"start": "2026-03-23T00:00:00Z", "end": "2026-04-04T00:00:00Z"}
    found = [each for each in items(client, "demo/anna", **bounds) if each["id"] == name]
    assert [each["start"] for each in found[0]["occurrences"]] == [
        "2026-03-24T09:00:00+01:00",
        "2026-03-26T09:00:00+01:00",
        "2026-03-31T09:00:00+02:00",
        "2026-04-02T09:00:00+02:00",
    ]
    monthly = {"frequency": "monthly-nth", "weekdays": ["tu"], "nth": -1, "count": 3}
    client.act("demo/anna", "change-rule", item=name, rule=monthly, start="2026-03-31T09:00")
    seen = client.get(name, SERIES)
    assert (seen["recurrenceWeekly"], seen["recurrenceMonthly"], seen["isRelativeMonthDay"]) == (0, 1, 1)
    assert (seen["recurrenceMonthDay"], seen["recurrenceDay"], seen["recurrenceNumberOfTimes"]) == (5, 2, 3)
    assert (seen["recurrenceDays"], seen["recurrenceExpiryDate"], seen["isRangeEndDate"]) == (None, None, 0)


def test_this_and_following_is_two_series(client: BareClient) -> None:
    rule = {"frequency": "weekly", "weekdays": ["tu"], "count": 10}
    name = client.act("demo/anna", "create", subject="Overleg", start="2026-03-17T09:00", rule=rule)["item"]
    made = client.act(
        "demo/anna", "this-and-following", item=name, occurrence="2026-04-07T09:00", start="2026-04-07T11:00"
    )
    assert made["first"] == name
    first, second = client.get(name, f"startDate {SERIES}"), client.get(made["item"], f"subject startDate {SERIES}")
    assert first["recurrenceExpiryDate"] == "2026-03-30T22:00:00"
    assert (first["isRangeEndDate"], first["isRangeNumberOfTimes"]) == (1, 0)
    assert (second["subject"], second["startDate"]) == ("Overleg", "2026-04-07T09:00:00")
    assert second["recurrenceNumberOfTimes"] == 7
    for wrong in ("2026-04-08T09:00", "2026-03-17T09:00"):
        assert refused(client, "this-and-following", item=name, occurrence=wrong) == "occurrence"


def test_whole_days_stay_whole_over_the_switch_of_the_clock(client: BareClient) -> None:
    made = client.act("demo/anna", "create", subject="Vrij", all_day=True, start="2026-03-28", end="2026-03-30")
    fields = "isAllDay startDate endDate"
    stored = {"isAllDay": 1, "startDate": "2026-03-27T23:00:00", "endDate": "2026-03-29T22:00:00"}
    assert client.get(made["item"], fields) == stored
    client.act("demo/anna", "move", item=made["item"], start="2026-03-29")
    moved = {"isAllDay": 1, "startDate": "2026-03-28T23:00:00", "endDate": "2026-03-30T22:00:00"}
    assert client.get(made["item"], fields) == moved
    seen = item(client, "demo/anna", made["item"])
    assert (seen["start"], seen["end"]) == ("2026-03-29", "2026-03-31")


def test_row_that_maintenance_removes_vanishes_without_a_trace(client: BareClient) -> None:
    client.act("demo/anna", "archive", item="31.1")
    assert client.get("31.1") is None
    assert client.page("toDoID = 1", norestrict=True)["totalElements"] == 0


def test_related_records_and_participants_by_their_own_names(client: BareClient) -> None:
    related = {"toVacancy": "9.2", "toDoUsers": ["bert"], "priority": 2, "toCompany": None}
    client.act("demo/anna", "update", item="31.1", extra=related)
    seen = client.get("31.1", "toVacancy { _id } toCompany { _id } priority toDoUsers { items { toUser { userID } } }")
    assert seen == {
        "toVacancy": {"_id": "9.2"},
        "toCompany": None,
        "priority": 2,
        "toDoUsers": {"items": [{"toUser": {"userID": 102}}]},
    }


def test_what_carerix_does_not_offer_is_refused_with_a_reason(client: BareClient) -> None:
    when = {"start": "2026-03-24T09:00"}
    assert refused(client, "delete-occurrence", item="31.1", occurrence="2026-03-24T09:00") == "action"
    assert refused(client, "accept", item="31.1") == "action"
    assert refused(client, "create", subject="x") == "start"
    assert refused(client, "create", start="tomorrow") == "start"
    assert refused(client, "create", **when, rule={"frequency": "daily"}) == "rule.frequency"
    assert refused(client, "create", **when, rule={"frequency": "weekly", "weekdays": ["mo"]}) == "startDate"
    assert refused(client, "create", **when, rule={**WEEKLY, "count": 3}) == "rule.until"
    assert refused(client, "create", **when, rule={**WEEKLY, "week_start": "su"}) == "rule.week_start"
    assert refused(client, "create", **when, busy="away") == "busy"
    assert refused(client, "create", **when, zone="Mars/Base") == "zone"
    assert refused(client, "create", **when, extra={"creationDate": "2026-01-01"}) == "extra.creationDate"
    assert refused(client, "create", **when, extra={"toVacancy": "9.99"}) == "extra.toVacancy"
    assert refused(client, "update", item="31.1", end="2020-01-01T00:00") == "endDate"


def test_colleagues_change_what_is_not_confidential(client: BareClient) -> None:
    client.act("demo/bert", "update", item="31.1", notes="van Bert")
    fields = "owner { userID } modifiedBy { userID }"
    assert client.get("31.1", fields) == {"owner": {"userID": 101}, "modifiedBy": {"userID": 102}}
    client.act("demo/anna", "make-private", item="31.1")
    body = {"owner": "demo/bert", "action": "delete", "item": "31.1"}
    assert client.control("/carerix/act", body).status_code == 404


def test_unknown_people_tenants_and_rows_are_404(client: BareClient) -> None:
    for owner, name in (("demo/anna", "31.9999"), ("demo/nobody", "31.1"), ("nowhere/anna", "31.1")):
        body = {"owner": owner, "action": "delete", "item": name}
        assert client.control("/carerix/act", body).status_code == 404


def test_a_series_becomes_a_single_appointment(client: BareClient) -> None:
    rule = {"frequency": "weekly", "weekdays": ["tu"]}
    name = client.act("demo/anna", "create", subject="Overleg", start="2026-03-17T09:00", rule=rule)["item"]
    client.act("demo/anna", "update", item=name, extra={"recurrence": 0})
    assert item(client, "demo/anna", name)["recurrence"] is None


def test_journal_tells_every_version_its_author_and_channel(client: BareClient) -> None:
    name = client.act("demo/anna", "create", subject="Lunch", start="2026-03-05T12:00")["item"]
    client.update(name, location="Kantine")
    client.act("demo/anna", "delete", item=name)
    query = {"system": "carerix", "item": name}
    found = requests.get(f"{client.sandbox.control}/journal", params=query, timeout=20).json()
    told = [(each["version"], each["channel"], each["author"], each["action"], each["owner"]) for each in found]
    assert told == [
        ("1", "person", "demo/101", "create", "demo/101"),
        ("2", "api", "demo/1", "update", "demo/101"),
        ("3", "person", "demo/101", "delete", "demo/101"),
    ]
    assert found[1]["content"]["location"] == "Kantine"
    assert found[2]["content"]["deleted"] == 1
