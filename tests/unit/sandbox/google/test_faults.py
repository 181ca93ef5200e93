"""Guides "Handle API errors" and "Manage quotas": the server can be made to fail in each of the ways listed there."""

import http.client
from collections.abc import Callable
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError

from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox

Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]


@pytest.fixture
def fault(sandbox: Sandbox, account: dict[str, Any]) -> Callable[..., Fault]:
    def put(operation: str, kind: Any, **more: Any) -> Fault:
        given = Fault(system="google", operation=operation, kind=kind, owner=account["owner"], **more)
        return sandbox.call(sandbox.world.faults.add, given)

    return put


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("rateLimitExceeded", 403),
        ("userRateLimitExceeded", 403),
        ("quotaExceeded", 403),
        ("forbiddenForNonOrganizer", 403),
        ("insufficientPermissions", 403),
        ("notFound", 404),
        ("duplicate", 409),
        ("conditionNotMet", 412),
        ("internalError", 500),
        ("backendError", 503),
    ],
)
def test_each_reason_can_be_had(
    events: Any, timed: Body, refusal: Refusal, fault: Callable[..., Fault], reason: str, status: int
) -> None:
    fault("events.insert", "reason", params={"reason": reason})
    asked = events.insert(calendarId="primary", body=timed())
    assert refusal(asked) == (status, reason)
    assert events.list(calendarId="primary").execute()["items"] == []
    asked.execute()


def test_429_with_retry_after(events: Any, fault: Callable[..., Fault]) -> None:
    fault("events.list", "reason", params={"reason": "rateLimitExceeded", "status": 429, "retry_after": 5})
    with pytest.raises(HttpError) as caught:
        events.list(calendarId="primary").execute()
    assert (caught.value.status_code, caught.value.resp["retry-after"]) == (429, "5")


@pytest.mark.parametrize("kind", ["drop", "truncate", "garble"])
def test_a_lost_answer_after_the_effect(events: Any, timed: Body, fault: Callable[..., Fault], kind: str) -> None:
    fault("events.insert", kind, when="after")
    with pytest.raises((ConnectionError, http.client.HTTPException, HttpError, ValueError)):
        events.insert(calendarId="primary", body=timed(id="lost12345")).execute()
    assert events.get(calendarId="primary", eventId="lost12345").execute()["summary"] == "Talk"


def test_a_connection_dropped_before_the_effect(events: Any, timed: Body, fault: Callable[..., Fault]) -> None:
    fault("events.insert", "drop", times=2)  # httplib2 sends once more by itself, a POST too
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        events.insert(calendarId="primary", body=timed(id="never12345")).execute()
    assert events.list(calendarId="primary", showDeleted=True).execute()["items"] == []


def test_a_connection_dropped_on_the_second_page(events: Any, timed: Body, fault: Callable[..., Fault]) -> None:
    for day in range(1, 6):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    fault("events.list", "drop", skip=1, times=2)
    request = events.list(calendarId="primary", maxResults=2)
    second = events.list_next(request, request.execute())
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        second.execute()
    assert len(second.execute()["items"]) == 2


def test_somebody_writes_between_two_pages(
    events: Any, timed: Body, account: dict[str, Any], fault: Callable[..., Fault]
) -> None:
    for day in range(1, 4):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    action = {"action": "create", "subject": "Meanwhile", "start": "2026-03-09T09:00"}
    fault("events.list", "act", when="after", params={"owner": account["owner"], "action": action})
    request = events.list(calendarId="primary", maxResults=2)
    page = request.execute()
    last = events.list_next(request, page).execute()
    later = events.list(calendarId="primary", syncToken=last["nextSyncToken"]).execute()["items"]
    assert [item["summary"] for item in later] == ["Meanwhile"]


def test_somebody_writes_between_read_and_write(
    events: Any, timed: Body, account: dict[str, Any], refusal: Refusal, fault: Callable[..., Fault]
) -> None:
    made = events.insert(calendarId="primary", body=timed()).execute()
    action = {"action": "update", "item": made["id"], "location": "Elsewhere"}
    fault("events.patch", "act", params={"owner": account["owner"], "action": action})
    asked = events.patch(calendarId="primary", eventId=made["id"], body={"summary": "Ours"})
    asked.headers["If-Match"] = made["etag"]
    assert refusal(asked) == (412, "conditionNotMet")
    assert events.get(calendarId="primary", eventId=made["id"]).execute()["location"] == "Elsewhere"


def test_one_401_makes_the_library_refresh(sandbox: Sandbox, events: Any, fault: Callable[..., Fault]) -> None:
    events.list(calendarId="primary").execute()
    fault("events.list", "expire-token")
    before = sandbox.world.witness.counts.get(("google", "oauth.refresh"), 0)
    events.list(calendarId="primary").execute()
    assert sandbox.world.witness.counts[("google", "oauth.refresh")] == before + 1


def test_quotas_of_user_and_project_slide(
    sandbox: Sandbox, events: Any, refusal: Refusal, switch: Callable[..., None]
) -> None:
    switch(user_per_minute=3)
    for _ in range(3):
        events.list(calendarId="primary").execute()
    assert refusal(events.list(calendarId="primary")) == (403, "userRateLimitExceeded")
    switch(user_per_minute=3, quota_status=429)
    assert refusal(events.list(calendarId="primary")) == (429, "userRateLimitExceeded")
    sandbox.world.clock.shift(61)
    events.list(calendarId="primary").execute()
    switch(user_per_minute=0, project_per_minute=1, quota_status=403)
    events.list(calendarId="primary").execute()
    assert refusal(events.list(calendarId="primary")) == (403, "rateLimitExceeded")


def test_an_accounts_use_limit(events: Any, timed: Body, refusal: Refusal, switch: Callable[..., None]) -> None:
    switch(creations_an_account=1)
    events.insert(calendarId="primary", body=timed()).execute()
    assert refusal(events.insert(calendarId="primary", body=timed())) == (403, "quotaExceeded")


def test_requests_are_witnessed(sandbox: Sandbox, events: Any, account: dict[str, Any], refusal: Refusal) -> None:
    events.list(calendarId="primary").execute()
    refusal(events.get(calendarId="primary", eventId="unknown1"))
    mine = [each for each in sandbox.world.witness.requests if each.owner == account["owner"]]
    assert [(each.operation, each.status) for each in mine] == [("events.list", 200), ("events.get", 404)]


def test_the_control_interface_puts_faults_in_force(sandbox: Sandbox, events: Any, account: dict[str, Any]) -> None:
    given = {"system": "google", "operation": "events.list", "kind": "status", "owner": account["owner"]}
    made = requests.post(f"{sandbox.control}/faults", json={**given, "params": {"status": 502}}, timeout=10).json()
    assert made["id"] in [each["id"] for each in requests.get(f"{sandbox.control}/faults", timeout=10).json()]
    with pytest.raises(HttpError) as caught:
        events.list(calendarId="primary").execute()
    assert caught.value.status_code == 502
