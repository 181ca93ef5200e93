"""The server as the sandbox's core uses it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import requests

from cxsync.sandbox.core.canonical import digest
from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import populate
from cxsync.sandbox.core.seed import generated, people
from cxsync.sandbox.core.world import World
from tests.unit.sandbox.carerix.bare_client import BareClient, meeting

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def world(seed: int = 1, more: int = 0) -> World:
    return populate(World(seed, Clock(AT, running=False), [*people(), *generated(more)]), ["carerix"])


def test_same_seed_same_state_and_reset_begins_again() -> None:
    first, second = world(), world()
    system = first.system("carerix")
    assert system.digest() == second.system("carerix").digest() == digest(system.state())
    assert system.digest() != world(2).system("carerix").digest()
    begin = system.digest()
    system.act("demo/anna", {"action": "create", "subject": "x", "start": "2026-03-05T12:00"})
    assert system.digest() != begin
    first.reset(1)
    assert system.digest() == begin
    assert not [entry for entry in first.journal.entries() if entry.action != "seed"]


def test_users_are_known_by_tenant_and_number_or_name(client: BareClient) -> None:
    systems = requests.get(f"{client.sandbox.control}/systems", timeout=20).json()
    users = systems["carerix"]["users"]
    assert [user["owner"] for user in users] == ["demo/101", "demo/102", "demo/103", "harbour/201", "harbour/202"]
    assert users[0]["password"] == "anna-secret"
    by_name = [
        requests.get(f"{client.sandbox.control}/carerix/items", params={"owner": owner}, timeout=20).json()
        for owner in ("demo/101", "demo/anna", "anna", "101")
    ]
    assert by_name[0] == by_name[1] == by_name[2] == by_name[3]
    assert len(by_name[0]) == 6


def test_password_change_signs_out(client: BareClient) -> None:
    answer = client.control("/carerix/password", {"owner": "demo/anna", "password": "changed"})
    assert answer.status_code == 200
    state = requests.get(f"{client.sandbox.control}/state", timeout=20).json()
    assert state["carerix"]["demo"]["passwords"]["101"] == "changed"


def test_newcomers_are_checked(client: BareClient) -> None:
    for body, field in (
        ({}, "user"),
        ({"user": {"user_name": "x"}}, "user"),
        ({"user": {"user_name": "anna", "user_id": 7}}, "user.user_name"),
        ({"user": {"user_name": "x", "user_id": 7, "zone": "Mars/Base"}}, "user.zone"),
        ({"settings": {"name": "Upper Case"}}, "settings.name"),
        ({"surprise": 1}, "body"),
    ):
        answer = client.control("/carerix/users", body)
        assert (answer.status_code, answer.json()["field"]) == (400, field), body


def best_of(number: int, work: Callable[[], object]) -> float:
    times = []
    for _ in range(number):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def test_thousands_of_rows_do_not_slow_a_poll_down(client: BareClient) -> None:
    """A poll reads what changed by index: with forty times the rows it may not take even four times as long."""
    poll = "toDoTypeKey = 1 AND modificationDate >= (NSCalendarDate)'2026-03-02 09:00:00 Etc/GMT'"
    before = best_of(5, lambda: client.page(poll, "_id"))

    def grow() -> None:
        client.sandbox.world.people = (*people(), *generated(600))
        client.sandbox.world.reset(1)

    client.sandbox.call(grow)
    try:
        client.renew()
        assert client.page(None, "_id")["totalElements"] > 4000
        client.create(meeting())  # no list is kept any more
        assert best_of(5, lambda: (client.update("31.1", subject="y"), client.page(poll, "_id"))) < 8 * before + 0.02
    finally:
        client.sandbox.world.people = tuple(people())
