"""Faults on demand at Carerix."""

from typing import Any

import pytest
import requests

from tests.unit.sandbox.carerix.bare_client import CREATE, LIST, BareClient, meeting

USER = '{ crUser(_id: "4.101") { userName } }'


def fault(client: BareClient, operation: str, kind: str, **fields: Any) -> None:
    body = {"system": "carerix", "operation": operation, "kind": kind, **fields}
    answer = client.control("/faults", body)
    assert answer.status_code == 200, answer.text


def test_operations_are_named_by_their_root_fields(client: BareClient) -> None:
    fault(client, "crToDoPage", "status", params={"status": 503})
    assert client.post(USER).status_code == 200
    assert client.post(LIST % "_id").status_code == 503
    assert client.post(LIST % "_id").status_code == 200
    fault(client, "token", "status", params={"status": 500})
    assert client.token().status_code == 500


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("service-error", 500, "SERVICE_ERROR"),
        ("rate-limit", 429, "RATE_LIMIT"),
        ("token-expired", 401, "UNAUTHENTICATED"),
        ("missing-scope", 403, "FORBIDDEN"),
        ("invalid-query", 400, "BAD_REQUEST"),
        ("rule", 200, "RULE"),
    ],
)
def test_reasons_answer_in_the_protocols_own_form(client: BareClient, reason: str, status: int, code: str) -> None:
    fault(client, "crToDoCreate", "reason", params={"reason": reason})
    before = client.page(None)["totalElements"]
    answer = client.post(CREATE % "_id", request=meeting())
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    if status == 200:
        assert answer.json()["data"] == {"crToDoCreate": None}
    assert client.page(None)["totalElements"] == before


def test_lists_that_look_empty_with_and_without_an_error(client: BareClient) -> None:
    for reason in ("partial", "empty"):
        fault(client, "crToDoPage", "reason", params={"reason": reason})
        answer = client.post(LIST % "_id")
        body = answer.json()
        assert answer.status_code == 200
        assert (body["data"]["crToDoPage"]["items"], body["data"]["crToDoPage"]["last"]) == ([], True)
        assert ("errors" in body) == (reason == "partial")


def test_answer_lost_after_the_effect(client: BareClient) -> None:
    fault(client, "crToDoCreate", "drop", when="after")
    key = "0b8f3f44-76a5-5b0e-9f0e-2f6f0c0a7a11"
    with pytest.raises(requests.ConnectionError):
        client.post(CREATE % "_id", request=meeting(externalIdentifier=key))
    assert client.page(f'externalIdentifier = "{key}"')["totalElements"] == 1


def test_request_lost_before_the_effect(client: BareClient) -> None:
    before = client.page(None)["totalElements"]
    fault(client, "crToDoCreate", "drop")
    with pytest.raises(requests.ConnectionError):
        client.post(CREATE % "_id", request=meeting())
    assert client.page(None)["totalElements"] == before


def test_cut_and_garbled_answers(client: BareClient) -> None:
    fault(client, "crUser", "truncate", when="after")
    with pytest.raises(requests.RequestException):
        client.post(USER)
    fault(client, "crUser", "garble", when="after")
    with pytest.raises(requests.JSONDecodeError):
        client.post(USER).json()


def test_token_expires_on_demand_for_everyone_of_the_tenant(client: BareClient) -> None:
    fault(client, "crUser", "expire-token", owner="demo")
    assert client.post(USER).status_code == 401
    assert client.post(USER).status_code == 401
    client.renew()
    assert client.post(USER).status_code == 200


def test_a_user_acts_between_two_pages(client: BareClient) -> None:
    total = client.page("toDoTypeKey = 1")["totalElements"]
    action = {"action": "create", "subject": "tussendoor", "start": "2026-03-05T12:00"}
    fault(client, "crToDoPage", "act", skip=1, params={"owner": "demo/anna", "action": action})
    assert client.page("toDoTypeKey = 1", page=0, size=2)["totalElements"] == total
    assert client.page("toDoTypeKey = 1", page=1, size=2)["totalElements"] == total + 1
