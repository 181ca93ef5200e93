"""Guides "Improve performance" and "Sending batch requests", and the discovery document's parameters."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
import requests

from cxsync.sandbox.core.run import Sandbox

Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]


@pytest.fixture
def ask(sandbox: Sandbox, account: dict[str, Any]) -> Callable[..., requests.Response]:
    """A bare request below the API's address."""
    urls = sandbox.urls["google"]
    form = {"grant_type": "refresh_token", "refresh_token": account["refresh_token"]}
    form |= {"client_id": urls["client_id"], "client_secret": urls["client_secret"]}
    token = requests.post(urls["token"], data=form, timeout=10).json()["access_token"]

    def asked(method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        whole = {"Authorization": f"Bearer {token}", **(headers or {})}
        return requests.request(method, urls["api"] + path, headers=whole, timeout=10, **more)

    return asked


@pytest.mark.parametrize(
    "query",
    ["nonsense=1", "maxResults=0", "maxResults=x", "showDeleted=maybe", "orderBy=colour", "timeMin=2026-03-01",
     "showDeleted=true&showDeleted=true", "alt=xml"],
)  # fmt: skip
def test_parameters_that_the_document_does_not_allow_are_400(ask: Callable[..., requests.Response], query: str) -> None:
    answer = ask("GET", f"calendars/primary/events?{query}")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidParameter")


def test_a_body_that_is_no_json_is_400(ask: Callable[..., requests.Response]) -> None:
    answer = ask("POST", "calendars/primary/events", data=b"{nope")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "parseError")


def test_an_error_has_googles_form(ask: Callable[..., requests.Response]) -> None:
    assert ask("GET", "calendars/primary/events/unknown1").json() == {
        "error": {
            "errors": [{"domain": "global", "reason": "notFound", "message": "Not Found"}],
            "code": 404,
            "message": "Not Found",
        }
    }


def test_a_get_may_come_as_a_post_with_override(
    ask: Callable[..., requests.Response], events: Any, timed: Body
) -> None:
    made = events.insert(calendarId="primary", body=timed("Found")).execute()
    headers = {"x-http-method-override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    answer = ask("POST", "calendars/primary/events", headers, data={"q": "Found"})
    assert [item["id"] for item in answer.json()["items"]] == [made["id"]]


def test_the_library_sends_long_queries_so(events: Any, timed: Body) -> None:
    events.insert(calendarId="primary", body=timed()).execute()
    assert events.list(calendarId="primary", q="x" * 3000).execute()["items"] == []


def test_long_answers_are_zipped_when_asked_for(
    ask: Callable[..., requests.Response], events: Any, timed: Body
) -> None:
    for day in range(1, 9):
        events.insert(calendarId="primary", body=timed(day=day)).execute()
    answer = ask("GET", "calendars/primary/events", {"Accept-Encoding": "gzip"}, stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.raw.read()).startswith(b'{"kind":"calendar#events"')
    plain = ask("GET", "calendars/primary/events", {"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_partial_answers(events: Any, timed: Body, refusal: Refusal) -> None:
    made = events.insert(calendarId="primary", body=timed(location="Room")).execute()
    fields = "nextSyncToken,items(id,start/dateTime,organizer(email))"
    page = events.list(calendarId="primary", fields=fields).execute()
    assert set(page) == {"items", "nextSyncToken"}
    assert page["items"] == [
        {
            "id": made["id"],
            "start": {"dateTime": "2026-03-02T09:00:00+01:00"},
            "organizer": {"email": made["organizer"]["email"]},
        }
    ]
    assert events.get(calendarId="primary", eventId=made["id"], fields="start").execute() == {"start": made["start"]}
    assert events.get(calendarId="primary", eventId=made["id"], fields="*").execute() == made
    for wrong in ("items(id", "nonsense", "items/colour", ""):
        asked = events.list(calendarId="primary", fields=wrong)
        assert refusal(asked) == (400, "invalidParameter")


def test_a_batch_answers_each_part_by_its_id(
    sandbox: Sandbox, connect: Callable[[dict[str, Any]], Any], account: dict[str, Any], timed: Body
) -> None:
    service = connect(account)
    answers: dict[str, Any] = {}

    def take(name: str, answer: Any, problem: Any) -> None:
        answers[name] = answer if problem is None else problem.status_code

    batch = service.new_batch_http_request(callback=take)
    setattr(batch, "_batch_uri", sandbox.urls["google"]["batch"])  # noqa: B010 - the library has no public way
    for number in range(3):
        batch.add(service.events().insert(calendarId="primary", body=timed(f"b{number}")), request_id=f"i{number}")
    batch.add(service.events().get(calendarId="primary", eventId="unknown1"), request_id="missing")
    batch.execute()
    assert {name: each["summary"] for name, each in answers.items() if name != "missing"} == {
        "i0": "b0",
        "i1": "b1",
        "i2": "b2",
    }
    assert answers["missing"] == 404


def test_a_batch_of_more_than_fifty_is_refused(
    sandbox: Sandbox, connect: Callable[[dict[str, Any]], Any], account: dict[str, Any]
) -> None:
    service = connect(account)
    batch = service.new_batch_http_request()
    setattr(batch, "_batch_uri", sandbox.urls["google"]["batch"])  # noqa: B010 - the library has no public way
    for number in range(51):
        batch.add(service.events().get(calendarId="primary", eventId=f"unknown{number}"))
    with pytest.raises(Exception, match="400"):
        batch.execute()


def test_a_list_that_did_not_change_is_304(ask: Callable[..., requests.Response]) -> None:
    first = ask("GET", "calendars/primary/events")
    assert ask("GET", "calendars/primary/events", {"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_calendars_id_may_be_escaped(ask: Callable[..., requests.Response], account: dict[str, Any]) -> None:
    for name in (account["owner"], account["owner"].replace("@", "%40")):
        assert ask("GET", f"calendars/{name}/events").status_code == 200
