"""The control interface over HTTP, with the Google server behind it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import Sandbox, started

BERT = "bert@agency.example"
CREATE = {"owner": BERT, "action": "create", "subject": "Intake", "start": "2026-03-02T09:00"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    clock = Clock(datetime(2026, 3, 2, 8, tzinfo=UTC), running=False)
    with started(only=["google"], seed=3, clock=clock) as running:
        yield running


def get(sandbox: Sandbox, path: str, **query: Any) -> Any:
    answer = requests.get(sandbox.control + path, params=query, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(sandbox: Sandbox, path: str, body: Any, status: int = 200) -> Any:
    answer = requests.post(sandbox.control + path, json=body, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_index_names_every_endpoint(sandbox: Sandbox) -> None:
    index = get(sandbox, "/")
    assert {"POST /{system}/act", "GET /journal?system=&owner=&item=&since=", "POST /faults"} <= set(index)


def test_systems_show_addresses_users_and_options(sandbox: Sandbox) -> None:
    google = get(sandbox, "/systems")["google"]
    assert google["urls"]["api"].endswith("/calendar/v3/")
    assert [user["owner"] for user in google["users"]] == [BERT]
    assert google["options"]["user_per_minute"] == 600


def test_acting_shows_in_items_and_journal(sandbox: Sandbox) -> None:
    before = get(sandbox, "/journal")[-1]["seq"]
    item = post(sandbox, "/google/act", CREATE)["item"]
    assert item in {each["id"] for each in get(sandbox, "/google/items", owner=BERT)}
    new = get(sandbox, "/journal", since=before, owner=BERT, system="google", item=item)
    assert [(entry["channel"], entry["author"], entry["content"]["summary"]) for entry in new] == [
        ("person", BERT, "Intake")
    ]


def test_events_stream_the_journal(sandbox: Sandbox) -> None:
    last = get(sandbox, "/journal")[-1]["seq"]
    with requests.get(f"{sandbox.control}/events", params={"since": last - 1}, stream=True, timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(lines) == f"id: {last}".encode()
        post(sandbox, "/google/act", CREATE)
        assert f"id: {last + 1}".encode() in (next(lines) for _ in range(5))


def test_options_are_replaced_field_by_field(sandbox: Sandbox) -> None:
    assert post(sandbox, "/google/options", {"user_per_minute": 0})["user_per_minute"] == 0
    assert get(sandbox, "/systems")["google"]["options"]["project_per_minute"] == 10_000


def test_users_are_added_and_get_new_passwords(sandbox: Sandbox) -> None:
    user = post(sandbox, "/google/users", {"email": "dora@agency.example"})
    post(sandbox, "/google/password", {"owner": user["owner"], "password": "new"})
    assert get(sandbox, "/systems")["google"]["users"][-1]["password"] == "new"


def test_the_clock_is_set_and_shifted(sandbox: Sandbox) -> None:
    assert get(sandbox, "/clock") == {"now": "2026-03-02T08:00:00Z"}
    assert post(sandbox, "/clock", {"shift": 90}) == {"now": "2026-03-02T08:01:30Z"}
    assert post(sandbox, "/clock", {"set": "2026-12-24T20:00:00+01:00"}) == {"now": "2026-12-24T19:00:00Z"}


def test_a_reset_brings_back_the_first_state(sandbox: Sandbox) -> None:
    first = get(sandbox, "/digest")
    post(sandbox, "/google/act", CREATE)
    post(sandbox, "/faults", {"system": "google", "operation": "*", "kind": "drop"})
    assert get(sandbox, "/digest") != first
    post(sandbox, "/reset", {"seed": 3})
    assert get(sandbox, "/digest") == first
    assert get(sandbox, "/faults") == []
    post(sandbox, "/reset", {"seed": 4})
    assert get(sandbox, "/digest") != first


def test_the_state_is_whole(sandbox: Sandbox) -> None:
    events = get(sandbox, "/state")["google"]["calendars"][BERT]["events"]
    assert len(events) == len(get(sandbox, "/google/items", owner=BERT))


def test_faults_are_listed_and_taken_away(sandbox: Sandbox) -> None:
    fault = post(
        sandbox, "/faults", {"system": "google", "operation": "events.list", "kind": "delay", "params": {"seconds": 1}}
    )
    assert get(sandbox, "/faults") == [fault]
    assert requests.delete(f"{sandbox.control}/faults/{fault['id']}", timeout=10).status_code == 200
    assert get(sandbox, "/faults") == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/google/act", {"action": "create"}, "owner"),
        ("/google/act", {"owner": BERT, "action": "fly"}, "action"),
        ("/google/options", {"user_per_minute": "many"}, "user_per_minute"),
        ("/google/options", {"nonsense": 1}, "nonsense"),
        ("/google/users", {"email": "nobody"}, "email"),
        ("/google/password", {"owner": BERT}, "password"),
        ("/faults", {"system": "google", "operation": "x", "kind": "flood"}, "kind"),
        ("/faults", {"system": "google", "operation": "x"}, "kind"),
        ("/faults", {"system": "google", "operation": "x", "kind": "drop", "colour": 1}, "colour"),
        ("/faults", {"system": "google", "operation": "x", "kind": "truncate"}, "when"),
        ("/faults", {"system": "google", "operation": "x", "kind": "delay"}, "params.seconds"),
        ("/faults", {"system": "google", "operation": "x", "kind": "act"}, "params"),
        (
            "/faults",
            {
                "system": "google",
                "operation": "x",
                "kind": "act",
                "params": {"owner": BERT, "action": {"action": "fly"}},
            },
            "action",
        ),
        ("/clock", {"set": "tomorrow"}, "set"),
        ("/clock", {"set": "2026-03-02T09:00"}, "set"),
        ("/clock", {}, "shift"),
        ("/reset", {"seed": "x"}, "seed"),
        ("/reset", [1], "body"),
    ],
)
def test_bad_input_is_400_with_field_value_and_what_would_be_right(
    sandbox: Sandbox, path: str, body: Any, field: str
) -> None:
    refused = post(sandbox, path, body, 400)
    assert refused["field"] == field
    assert refused["expected"]
    assert "value" in refused


def test_what_is_not_there_is_404(sandbox: Sandbox) -> None:
    assert post(sandbox, "/lotus/act", CREATE, 404)["what"] == "system"
    assert post(sandbox, "/google/act", {**CREATE, "owner": "x"}, 404)["what"] == "owner"
    assert requests.delete(f"{sandbox.control}/faults/f99", timeout=10).status_code == 404


def test_pages_of_other_origins_may_not_act(sandbox: Sandbox) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = requests.post(f"{sandbox.control}/google/act", json=CREATE, headers=headers, timeout=10)
    assert answer.status_code == 403
    own = requests.post(f"{sandbox.control}/google/act", json=CREATE, headers={"Origin": sandbox.control}, timeout=10)
    assert own.status_code == 200


def test_a_foreign_name_for_this_machine_is_refused(sandbox: Sandbox) -> None:
    port = sandbox.control.rpartition(":")[2]
    foreign = {"Host": f"evil.example:{port}"}
    assert requests.get(f"{sandbox.control}/state", headers=foreign, timeout=10).status_code == 403
    assert requests.get(f"http://localhost:{port}/clock", timeout=10).status_code == 200


def test_the_page_is_served_with_a_policy(sandbox: Sandbox) -> None:
    for path in ("/people", "/people.js", "/people.css"):
        answer = requests.get(sandbox.control + path, timeout=10)
        assert (answer.status_code, "default-src 'none'" in answer.headers["Content-Security-Policy"]) == (200, True)
