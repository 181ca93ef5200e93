"""Golden exchanges: guide "Synchronize resources efficiently" and the reference of events.list."""

from collections.abc import Callable
from typing import Any

import pytest

from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox

Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]
FORBIDDEN = {
    "iCalUID": "x@google.com",
    "orderBy": "updated",
    "privateExtendedProperty": "a=b",
    "q": "word",
    "sharedExtendedProperty": "a=b",
    "timeMin": "2026-01-01T00:00:00Z",
    "timeMax": "2027-01-01T00:00:00Z",
    "updatedMin": "2026-01-01T00:00:00Z",
}


def token_of(events: Any, **params: Any) -> str:
    pages = whole(events, **params)
    token: str = pages[-1]["nextSyncToken"]
    return token


def whole(events: Any, **params: Any) -> list[dict[str, Any]]:
    """All pages of a list, as the library's own ``list_next`` finds them."""
    request = events.list(calendarId="primary", **params)
    pages = []
    while request is not None:
        page = request.execute()
        pages.append(page)
        request = events.list_next(request, page)
    return pages


def test_an_increment_holds_what_changed_since_and_a_new_token(events: Any, timed: Body) -> None:
    first = token_of(events)
    made = events.insert(calendarId="primary", body=timed()).execute()
    page = events.list(calendarId="primary", syncToken=first).execute()
    assert [item["id"] for item in page["items"]] == [made["id"]]
    assert events.list(calendarId="primary", syncToken=page["nextSyncToken"]).execute()["items"] == []
    assert [item["id"] for item in events.list(calendarId="primary", syncToken=first).execute()["items"]] == [
        made["id"]
    ]


def test_only_the_last_page_carries_the_token(events: Any, timed: Body) -> None:
    for day in range(1, 8):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    pages = whole(events, maxResults=3)
    assert [("nextPageToken" in page, "nextSyncToken" in page) for page in pages] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert len({item["id"] for page in pages for item in page["items"]}) == 7


def test_a_page_of_deleted_events_is_empty_and_names_the_next(events: Any, timed: Body) -> None:
    for day in range(1, 8):
        made = events.insert(calendarId="primary", body=timed(day=day)).execute()
        events.delete(calendarId="primary", eventId=made["id"]).execute()
    pages = whole(events, maxResults=2)
    assert [page["items"] for page in pages] == [[], [], [], []]
    assert all("nextPageToken" in page for page in pages[:-1])


def test_an_extra_last_page_can_be_switched_on(events: Any, timed: Body, switch: Callable[..., None]) -> None:
    switch(empty_last_page=True)
    for day in range(1, 4):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    pages = whole(events, maxResults=2)
    assert [len(page["items"]) for page in pages] == [2, 1, 0]
    assert "nextSyncToken" in pages[-1]


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_a_parameter_that_is_forbidden_beside_a_token_is_refused(events: Any, refusal: Refusal, name: str) -> None:
    token = token_of(events)
    asked = events.list(calendarId="primary", syncToken=token, **{name: FORBIDDEN[name]})
    assert refusal(asked) == (400, "invalid")


def test_show_deleted_false_is_refused_beside_a_token(events: Any, refusal: Refusal) -> None:
    asked = events.list(calendarId="primary", syncToken=token_of(events), showDeleted=False)
    assert refusal(asked) == (400, "invalid")


@pytest.mark.parametrize("params", [{"singleEvents": True}, {"eventTypes": ["default"]}, {"maxAttendees": 5}])
def test_a_token_is_bound_to_its_query(
    events: Any, refusal: Refusal, switch: Callable[..., None], params: dict[str, Any]
) -> None:
    token = token_of(events)
    assert refusal(events.list(calendarId="primary", syncToken=token, **params)) == (400, "invalid")
    switch(changed_query=410)
    assert refusal(events.list(calendarId="primary", syncToken=token, **params)) == (410, "fullSyncRequired")
    assert events.list(calendarId="primary", syncToken=token_of(events, **params), **params).execute()["items"] == []


def test_a_token_of_another_calendar_is_no_token(
    events: Any,
    connect: Callable[[dict[str, Any]], Any],
    add_account: Callable[[], dict[str, Any]],
    refusal: Refusal,
) -> None:
    other = token_of(connect(add_account()).events())
    assert refusal(events.list(calendarId="primary", syncToken=other)) == (410, "fullSyncRequired")


def test_malformed_tokens_are_answered_as_switched(events: Any, refusal: Refusal, switch: Callable[..., None]) -> None:
    assert refusal(events.list(calendarId="primary", syncToken="garbage")) == (410, "fullSyncRequired")
    switch(malformed_token=400)
    assert refusal(events.list(calendarId="primary", syncToken="garbage")) == (400, "invalid")


def test_raising_the_generation_expires_every_token(events: Any, refusal: Refusal, switch: Callable[..., None]) -> None:
    token = token_of(events)
    switch(token_generation=2)
    assert refusal(events.list(calendarId="primary", syncToken=token)) == (410, "fullSyncRequired")


def test_a_fault_lets_one_token_die(sandbox: Sandbox, events: Any, refusal: Refusal, account: dict[str, Any]) -> None:
    token = token_of(events)
    sandbox.world.faults.add(
        Fault(system="google", operation="events.list", kind="invalid-state", owner=account["owner"])
    )
    assert refusal(events.list(calendarId="primary", syncToken=token)) == (410, "fullSyncRequired")
    assert events.list(calendarId="primary", syncToken=token).execute()["items"] == []


def test_both_kinds_of_cancelled_items_come_bare(events: Any, timed: Body) -> None:
    single = events.insert(calendarId="primary", body=timed()).execute()
    series = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])).execute()
    token = token_of(events)
    events.delete(calendarId="primary", eventId=single["id"]).execute()
    occurrence = f"{series['id']}_20260309T080000Z"
    events.delete(calendarId="primary", eventId=occurrence).execute()
    items = events.list(calendarId="primary", syncToken=token).execute()["items"]
    rows = {item["id"]: {key: value for key, value in item.items() if key not in ("kind", "etag")} for item in items}
    assert rows[single["id"]] == {"id": single["id"], "status": "cancelled"}
    assert rows[occurrence] == {
        "id": occurrence,
        "status": "cancelled",
        "recurringEventId": series["id"],
        "originalStartTime": {"dateTime": "2026-03-09T09:00:00+01:00", "timeZone": "Europe/Amsterdam"},
    }


def test_removed_occurrences_are_listed_even_without_show_deleted(events: Any, timed: Body) -> None:
    series = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])).execute()
    occurrence = f"{series['id']}_20260309T080000Z"
    events.delete(calendarId="primary", eventId=occurrence).execute()
    listed = events.list(calendarId="primary", showDeleted=False).execute()["items"]
    assert {item["id"]: item["status"] for item in listed} == {series["id"]: "confirmed", occurrence: "cancelled"}
    expanded = events.list(calendarId="primary", singleEvents=True).execute()["items"]
    assert len(expanded) == 3
    events.delete(calendarId="primary", eventId=series["id"]).execute()
    assert events.list(calendarId="primary", showDeleted=False).execute()["items"] == []


def test_deleted_events_show_details_when_asked_for_and_in_get(events: Any, timed: Body) -> None:
    made = events.insert(calendarId="primary", body=timed("Gone")).execute()
    events.delete(calendarId="primary", eventId=made["id"]).execute()
    listed = events.list(calendarId="primary", showDeleted=True).execute()["items"]
    got = events.get(calendarId="primary", eventId=made["id"]).execute()
    assert [(item["status"], item["summary"]) for item in (*listed, got)] == [("cancelled", "Gone")] * 2


def test_what_changes_between_two_pages_comes_again(events: Any, timed: Body) -> None:
    for day in range(1, 6):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    request = events.list(calendarId="primary", maxResults=3)
    page = request.execute()
    late = events.patch(calendarId="primary", eventId=page["items"][0]["id"], body={"summary": "Late"}).execute()
    last = events.list_next(request, page).execute()
    items = events.list(calendarId="primary", syncToken=last["nextSyncToken"]).execute()["items"]
    assert [(item["id"], item["summary"]) for item in items] == [(late["id"], "Late")]


def test_a_page_token_belongs_to_its_query(events: Any, timed: Body, refusal: Refusal) -> None:
    for day in range(1, 4):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    token = events.list(calendarId="primary", maxResults=2).execute()["nextPageToken"]
    assert refusal(events.list(calendarId="primary", pageToken=token, q="Talk")) == (400, "invalid")
    assert refusal(events.list(calendarId="primary", pageToken="x")) == (400, "invalid")


def test_the_window_of_a_first_list_does_not_bind_increments_unless_switched(
    events: Any, timed: Body, switch: Callable[..., None]
) -> None:
    window = {"timeMin": "2026-03-01T00:00:00Z", "timeMax": "2026-03-08T00:00:00Z"}
    token = token_of(events, **window)
    outside = events.insert(calendarId="primary", body=timed(day=20)).execute()
    inside = events.insert(calendarId="primary", body=timed(day=3)).execute()
    both = events.list(calendarId="primary", syncToken=token).execute()["items"]
    switch(windowed_sync_filters=True)
    one = events.list(calendarId="primary", syncToken=token).execute()["items"]
    assert {item["id"] for item in both} == {outside["id"], inside["id"]}
    assert [item["id"] for item in one] == [inside["id"]]


def test_updated_min_that_is_too_old_is_410_with_a_reason_of_its_own(events: Any, refusal: Refusal) -> None:
    asked = events.list(calendarId="primary", updatedMin="2020-01-01T00:00:00Z")
    assert refusal(asked) == (410, "updatedMinTooLongAgo")


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"timeMin": "2026-03-01T00:00:00"}, 400),
        ({"timeMin": "2026-03-02T00:00:00Z", "timeMax": "2026-03-01T00:00:00Z"}, 400),
        ({"orderBy": "startTime"}, 400),
        ({"timeZone": "Mars/Base"}, 400),
    ],
)
def test_queries_outside_the_reference_are_refused(
    events: Any, refusal: Refusal, params: dict[str, Any], status: int
) -> None:
    assert refusal(events.list(calendarId="primary", **params))[0] == status


def test_filters_find_by_window_words_uid_and_properties(events: Any, timed: Body) -> None:
    tagged = timed("Interview with Noor", 3, extendedProperties={"private": {"k": "v"}, "shared": {"s": "t"}})
    made = events.insert(calendarId="primary", body=tagged).execute()
    events.insert(calendarId="primary", body=timed("Other", 20)).execute()
    for params in (
        {"timeMin": "2026-03-03T00:00:00Z", "timeMax": "2026-03-04T00:00:00Z"},
        {"q": "noor interview"},
        {"iCalUID": made["iCalUID"]},
        {"privateExtendedProperty": ["k=v"], "sharedExtendedProperty": ["s=t"]},
    ):
        page = events.list(calendarId="primary", **params).execute()
        assert [item["id"] for item in page["items"]] == [made["id"]], params
        assert ("nextSyncToken" in page) == ("timeMin" in params)
    assert events.list(calendarId="primary", privateExtendedProperty="k=w").execute()["items"] == []


def test_the_end_bound_is_exclusive_in_a_list_and_inclusive_in_instances(events: Any, timed: Body) -> None:
    series = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=1"])).execute()
    bound = "2026-03-02T10:00:00+01:00"
    assert events.list(calendarId="primary", singleEvents=True, timeMin=bound).execute()["items"] == []
    found = events.instances(calendarId="primary", eventId=series["id"], timeMin=bound).execute()["items"]
    assert len(found) == 1


def test_vanished_tombstones_take_old_tokens_with_them(
    sandbox: Sandbox, events: Any, timed: Body, refusal: Refusal, switch: Callable[..., None]
) -> None:
    token = token_of(events)
    made = events.insert(calendarId="primary", body=timed()).execute()
    events.delete(calendarId="primary", eventId=made["id"]).execute()
    switch(tombstone_days=30)
    sandbox.world.clock.shift(31 * 86_400)
    assert refusal(events.list(calendarId="primary", syncToken=token)) == (410, "fullSyncRequired")
    assert events.list(calendarId="primary", showDeleted=True).execute()["items"] == []


def test_ordering_by_start_and_by_change(events: Any, timed: Body) -> None:
    late = events.insert(calendarId="primary", body=timed(day=9)).execute()["id"]
    early = events.insert(calendarId="primary", body=timed(day=3)).execute()["id"]
    by_start = events.list(calendarId="primary", singleEvents=True, orderBy="startTime").execute()["items"]
    by_change = events.list(calendarId="primary", orderBy="updated").execute()["items"]
    assert [item["id"] for item in by_start] == [early, late]
    assert [item["id"] for item in by_change] == [late, early]


def test_with_single_events_one_change_of_a_series_fans_out(events: Any, timed: Body) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])).execute()["id"]
    token = token_of(events, singleEvents=True)
    single = {"calendarId": "primary", "singleEvents": True}
    events.delete(calendarId="primary", eventId=f"{name}_20260309T080000Z").execute()
    page = events.list(**single, syncToken=token).execute()
    assert [(item["id"], item["status"]) for item in page["items"]] == [(f"{name}_20260309T080000Z", "cancelled")]
    events.patch(calendarId="primary", eventId=name, body={"summary": "New"}).execute()
    request = events.list(**single, syncToken=page["nextSyncToken"], maxResults=2)
    rows: list[dict[str, Any]] = []
    while request is not None:
        page = request.execute()
        rows += page["items"]
        request = events.list_next(request, page)
    assert len({row["id"] for row in rows}) == len(rows) == 4  # the removed one did not change again
    assert {row["summary"] for row in rows} == {"New"}
    events.delete(calendarId="primary", eventId=name).execute()
    gone = events.list(**single, syncToken=page["nextSyncToken"]).execute()["items"]
    assert {row["status"] for row in gone} == {"cancelled"}
    assert name not in {row["id"] for row in gone}
