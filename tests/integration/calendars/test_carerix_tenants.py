"""Carerix users and zones, and tenants that differ where a real one may."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.assumptions import PAGE_SIZE
from cxsync.calendars.carerix.client import CarerixCalendar
from cxsync.calendars.carerix.read import read
from cxsync.calendars.carerix.zone_probe import SUBJECT, probe_zone
from cxsync.sandbox.core.run import Sandbox, started
from tests.integration.calendars.carerix_bench import START, access, begun, client, options
from tests.integration.calendars.contract import Bench, assert_same, meeting, next_monday, weekly


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with started(only=["carerix"]) as sandbox:
        yield sandbox


@pytest.fixture
def bench(server: Sandbox) -> Iterator[Bench]:
    made = begun(server)
    yield made
    made.calendar.close()


def test_users_are_listed_and_found_by_number(bench: Bench) -> None:
    people = [user for user in client(bench).users() if user.user_id in (101, 102, 103)]
    assert [user.user_name for user in people] == ["anna", "bert", "chris"]
    anna = client(bench).user(101)
    assert anna == people[0]
    assert (anna.email, anna.active, anna.deleted) == ("anna@agency.example", True, False)
    assert client(bench).user(4711) is None


def test_more_users_than_a_page_holds(bench: Bench) -> None:
    system = bench.sandbox.world.system("carerix")

    def add() -> None:
        for number in range(1000, 1000 + PAGE_SIZE + 50):
            user = {"user_name": f"u{number}", "user_id": number, "name": f"U {number}", "email": "u@agency.example"}
            system.add_user({"tenant": "demo", "user": {**user, "password": "x"}})

    bench.sandbox.call(add)
    numbers = [user.user_id for user in client(bench).users()]
    assert numbers == sorted(set(numbers))
    assert set(range(1000, 1000 + PAGE_SIZE + 50)) <= set(numbers)


def test_an_agenda_is_one_owners_and_not_over(bench: Bench) -> None:
    now = datetime.now(UTC)
    bench.act("create", subject="Voorbij", start=(now - timedelta(days=3)).isoformat())
    bench.act("create", subject="Komt nog", start=(now + timedelta(days=3)).isoformat())
    rule = {"frequency": "weekly", "weekdays": ["mo"], "count": 3}
    bench.act("create", subject="Oude reeks", start=f"{next_monday(-10)}T09:00", rule=rule)
    bench.sandbox.act("carerix", "demo/bert", {"action": "create", "subject": "Van bert", "start": START})
    found = client(bench).agenda("101", now)
    subjects = {read(each, bench.policy).appointment.subject for each in found}
    assert {"Komt nog", "Oude reeks"} <= subjects
    assert not {"Voorbij", "Van bert"} & subjects


@pytest.mark.parametrize(("printed", "read_as", "hours"), [("UTC", "UTC", 0), ("Asia/Tokyo", "UTC", 9)])
def test_the_zone_of_the_interface_is_told_by_the_servers_own_clock(
    bench: Bench, printed: str, read_as: str, hours: int
) -> None:
    bench.sandbox.call(
        bench.sandbox.world.system("carerix").add_user, {"settings": {"name": "demo", "api_timezone": printed}}
    )
    try:
        probe = probe_zone(client(bench).gateway, TenantSettings(api_zone=read_as))
    finally:
        bench.sandbox.call(
            bench.sandbox.world.system("carerix").add_user, {"settings": {"name": "demo", "api_timezone": "UTC"}}
        )
    assert probe.agrees == (hours == 0)
    assert probe.offset == timedelta(hours=hours)
    left = [each for each in bench.everything().found if each.presence == "present"]
    assert SUBJECT not in [read(each, bench.policy).appointment.subject for each in left]


SWITCHES: list[dict[str, Any]] = [
    {"date_form": "fraction", "date_input": "lenient"},
    {"date_form": "space", "date_input": "lenient"},
    {"date_form": "Z", "date_input": "lenient"},
    {"date_form": "offset", "date_input": "lenient"},
    {"creation_stamps": True},
    {"modified_by_at_creation": False},
    {"nulls": "first"},
    {"empty_text": "null"},
    {"long_text": "cut"},
    {"oversized_page": "clamp", "max_page_size": 3, "default_page_size": 3},
    {"qualifier_zone": "api"},
    {"idle_update_touches": False},
    {"introspection": False},
]


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda switches: "-".join(switches))
def test_the_whole_round_at_a_tenant_that_differs(bench: Bench, switches: dict[str, Any]) -> None:
    options(bench.sandbox, **switches)
    cursor = client(bench).present()
    marker = uuid4()
    made = bench.make(meeting(recurrence=weekly()), marker)
    assert [each.native_id for each in bench.everything(cursor).found] == [made.native_id]
    found = client(bench).find(marker)
    assert found is not None
    assert found.version == made.version
    updated = client(bench).update(found, meeting(location="", notes="Anders"), ["location", "notes", "recurrence"])
    assert_same(read(updated, bench.policy).appointment, meeting(location="", notes="Anders"))
    client(bench).delete(updated)
    assert client(bench).restore(updated).presence == "present"
    assert len(bench.everything().found) == len({each.native_id for each in bench.everything().found})


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Asia/Kolkata", "America/New_York"])
def test_an_interface_in_another_zone(bench: Bench, zone: str) -> None:
    change: Callable[[dict[str, Any]], Any] = bench.sandbox.world.system("carerix").add_user
    bench.sandbox.call(change, {"settings": {"name": "demo", "api_timezone": zone}})
    try:
        calendar = CarerixCalendar(access(bench.sandbox), TenantSettings(api_zone=zone))
        cursor = calendar.present()
        wanted = meeting(recurrence=weekly(count=None, until=next_monday(6)))
        made = calendar.create(wanted, uuid4(), owner="101")
        assert_same(read(made, bench.policy).appointment, wanted)
        assert [each.native_id for each in calendar.changes(cursor).found] == [made.native_id]
    finally:
        bench.sandbox.call(change, {"settings": {"name": "demo", "api_timezone": "UTC"}})
