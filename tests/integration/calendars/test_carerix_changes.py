"""Changes of a Carerix tenant: one query for all owners, and no row lost between pages."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from cxsync.calendars.carerix.assumptions import PAGE_SIZE
from cxsync.calendars.carerix.changes import PORTION
from cxsync.calendars.carerix.read import read
from cxsync.calendars.errors import Unavailable
from cxsync.errors import CxSyncError
from cxsync.sandbox.core.run import Sandbox, started
from tests.integration.calendars.carerix_bench import START, asked, begun, client, fill, options, shift
from tests.integration.calendars.contract import Bench, meeting


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with started(only=["carerix"]) as sandbox:
        yield sandbox


@pytest.fixture
def bench(server: Sandbox) -> Iterator[Bench]:
    made = begun(server)
    yield made
    made.calendar.close()


def test_a_quiet_poll_is_one_request_for_all_owners(bench: Bench) -> None:
    cursor = client(bench).present()
    before = asked(bench, "crToDoPage")
    assert client(bench).changes(cursor).found == ()
    for person in ("demo/anna", "demo/bert", "demo/chris"):
        bench.sandbox.act("carerix", person, {"action": "create", "subject": person, "start": START})
    listing = client(bench).changes(cursor)
    assert {(each.owner, read(each, bench.policy).appointment.subject) for each in listing.found} == {
        ("101", "demo/anna"),
        ("102", "demo/bert"),
        ("103", "demo/chris"),
    }
    assert asked(bench, "crToDoPage") - before == 2


def test_a_row_given_to_a_colleague_comes_with_its_new_owner(bench: Bench) -> None:
    item = bench.act("create", subject="Overdracht", start=START)
    cursor = client(bench).present()
    bench.act("hand-over", item=item, to_owner="bert")
    (found,) = client(bench).changes(cursor).found
    assert (found.native_id, found.owner, found.presence) == (item, "102", "present")


def test_deletion_is_a_tombstone_and_restoration_present_again(bench: Bench) -> None:
    item = bench.act("create", subject="Heen en weer", start=START)
    cursor = client(bench).present()
    bench.act("delete", item=item)
    deleted = client(bench).changes(cursor)
    assert [(each.native_id, each.presence, each.owner) for each in deleted.found] == [(item, "tombstone", "101")]
    bench.act("restore", item=item)
    assert [each.presence for each in client(bench).changes(deleted.cursor).found] == ["present"]


def test_a_row_that_vanished_is_confirmed_by_its_id(bench: Bench) -> None:
    item = bench.act("create", subject="Opgeruimd", start=START)
    first = bench.everything()
    bench.act("archive", item=item)
    again = bench.everything()
    assert {each.native_id for each in first.found} - {each.native_id for each in again.found} == {item}
    assert client(bench).fetch(item).presence == "absent"
    client(bench).delete(next(each for each in first.found if each.native_id == item))


def test_tasks_and_notes_are_no_appointments(bench: Bench) -> None:
    kinds = {msgspec.json.decode(each.documents[0].body)["toDoTypeKey"] for each in bench.everything().found}
    assert kinds == {1}


def test_more_rows_in_one_second_than_a_page_holds(bench: Bench) -> None:
    cursor = client(bench).present()
    created = set(fill(bench, 2 * PAGE_SIZE + 30))
    listing = bench.everything(cursor)
    assert {each.native_id for each in listing.found} == created
    system = bench.sandbox.world.system("carerix")

    def touch() -> None:
        for item in sorted(created):
            system.act("demo/bert", {"action": "update", "item": item, "location": "Zaal"})

    bench.sandbox.call(touch)
    again = bench.everything(listing.cursor)
    assert {each.native_id for each in again.found} == created
    assert bench.everything(again.cursor).found == ()


def test_a_row_that_slips_past_the_edge_of_a_page_is_not_lost_though_the_next_poll_comes_late(bench: Bench) -> None:
    """The trap of offset paging over a live list: neither the order nor the total shows it."""
    cursor = client(bench).present()
    items = []
    for _ in range(2 * PAGE_SIZE + 50):
        items.append(bench.act("create", subject="Eerst", start=START))
        shift(bench, 1)
    for item in items:
        bench.act("update", item=item, subject="Gewijzigd")
        shift(bench, 1)
    early = [{"owner": "demo/anna", "action": {"action": "update", "item": item, "subject": "Later"}} for item in items]
    # Whatever was on the first page is changed while the client is about to ask for the next one, again and again.
    for number in range(4):
        edits = early[20 * number : 20 * number + 20]
        bench.fault("crToDoPage", "act", skip=number + 1, params={"actions": edits})
    listing = bench.everything(cursor)
    seen = {each.native_id: each.version for each in listing.found}
    assert set(seen) == set(items)
    shift(bench, 3600)
    later = bench.everything(listing.cursor)
    seen |= {each.native_id: each.version for each in later.found}
    for item in items:
        assert client(bench).fetch(item).version == seen[item]


def test_a_row_dated_in_the_future_hides_no_later_change(bench: Bench) -> None:
    cursor = client(bench).present()
    item = bench.act("create", subject="Tijdreiziger", start=START)
    shift(bench, 86_400 * 400)
    bench.act("update", item=item, location="2030")
    shift(bench, -86_400 * 400)
    listing = bench.everything(cursor)
    assert bench.subjects(listing) == ["Tijdreiziger"]
    other = bench.act("create", subject="Gewoon", start=START)
    further = bench.everything(listing.cursor)
    assert [each.native_id for each in further.found] == [other]
    bench.act("update", item=other, location="Kamer")
    assert [each.native_id for each in bench.everything(further.cursor).found] == [other]


def test_a_row_that_is_stored_late_is_caught_by_the_overlap_and_listed_once(bench: Bench) -> None:
    late, other = (bench.act("create", subject=subject, start=START) for subject in ("Traag", "Vlot"))
    cursor = client(bench).present()
    bench.act("update", item=other, location="Kamer 1")
    listing = client(bench).changes(cursor)
    shift(bench, -540)
    bench.act("update", item=late, location="Kamer 2")
    shift(bench, 540)
    further = client(bench).changes(listing.cursor)
    assert [each.native_id for each in further.found] == [late]
    assert client(bench).changes(further.cursor).found == ()


def test_a_backlog_comes_in_portions_and_each_row_once(bench: Bench) -> None:
    cursor = client(bench).present()
    items = set()
    for _ in range(5):
        items |= set(fill(bench, 500))
        shift(bench, 1)
    portions = []
    more = True
    while more:
        listing = client(bench).changes(cursor)
        portions.append([each.native_id for each in listing.found])
        cursor, more = listing.cursor, listing.more
    assert len(portions) > 1
    assert max(map(len, portions)) <= PORTION + PAGE_SIZE
    assert sorted(item for portion in portions for item in portion) == sorted(items)
    assert len(cursor) < 50_000
    assert client(bench).changes(cursor).found == ()


def test_two_edits_within_one_second_are_two_versions(bench: Bench) -> None:
    bench.sandbox.call(bench.sandbox.world.clock.set, datetime(2026, 3, 2, 8, tzinfo=UTC))
    item = bench.act("create", subject="Snel", start=START)
    bench.act("update", item=item, subject="Sneller")
    cursor = client(bench).present()
    version = client(bench).fetch(item).version
    bench.act("update", item=item, subject="Snelst")
    changed = client(bench).fetch(item)
    assert version is not None
    assert changed.version is not None
    assert changed.version.split("/")[1] != version.split("/")[1]
    assert [each.version for each in client(bench).changes(cursor).found] == [changed.version]


@pytest.mark.parametrize("reason", ["empty", "partial"])
def test_a_list_that_looks_empty_makes_nothing_gone(bench: Bench, reason: str) -> None:
    item = bench.act("create", subject="Er wel", start=START)
    bench.fault("crToDoPage", "reason", params={"reason": reason})
    try:
        listing = client(bench).changes(None)
    except Unavailable:
        listing = client(bench).changes(None)
    assert item in {each.native_id for each in listing.found}
    bench.act("update", item=item, location="Kamer")
    bench.fault("crToDoPage", "reason", params={"reason": reason})
    try:
        first = client(bench).changes(listing.cursor)
    except Unavailable:
        first = listing
    assert [each.native_id for each in client(bench).changes(first.cursor).found] == [item]


def test_a_listing_that_missed_rows_is_made_whole_by_the_servers_count(bench: Bench) -> None:
    items = set(fill(bench, PAGE_SIZE + 20))
    for skip in range(4):
        bench.fault("crToDoPage", "reason", params={"reason": "empty"}, skip=skip)
        assert items <= {each.native_id for each in client(bench).changes(None).found}
        bench.sandbox.call(bench.sandbox.world.faults.clear)
        bench.fault("crToDoPage", "reason", params={"reason": "empty"}, skip=skip)
        assert items <= {each.native_id for each in client(bench).agenda("102", datetime.now(UTC) - timedelta(days=1))}
        bench.sandbox.call(bench.sandbox.world.faults.clear)


def test_what_people_change_while_everything_is_listed_is_listed_afterwards(bench: Bench) -> None:
    items = fill(bench, PAGE_SIZE + 20)
    edit = {"action": "update", "item": items[0], "location": "Intussen"}
    new = {"action": "create", "subject": "Intussen", "start": START}
    actions = [{"owner": "demo/bert", "action": edit}, {"owner": "demo/bert", "action": new}]
    bench.fault("crToDoPage", "act", skip=3, params={"actions": actions})
    listing = client(bench).changes(None)
    listed = {each.native_id: each.version for each in listing.found}
    later = client(bench).changes(listing.cursor)
    listed |= {each.native_id: each.version for each in later.found}
    truth = client(bench).changes(None)
    assert listed == {each.native_id: each.version for each in truth.found}
    assert items[0] in {each.native_id for each in later.found}
    assert len(later.found) <= 2


def test_one_empty_answer_does_not_make_a_marker_unknown(bench: Bench) -> None:
    marker = uuid4()
    made = bench.make(meeting(), marker)
    bench.fault("crToDoPage", "reason", params={"reason": "empty"})
    found = client(bench).find(marker)
    assert found is not None
    assert found.native_id == made.native_id


def test_of_a_row_and_its_copy_the_marker_means_the_older(bench: Bench) -> None:
    marker = uuid4()
    made = bench.make(meeting(), marker)
    bench.act("create", subject="Kopie", start=START, extra={"externalIdentifier": str(marker)})
    found = client(bench).find(marker)
    assert found is not None
    assert found.native_id == made.native_id


@pytest.mark.parametrize("seed", range(6))
def test_a_mirror_fed_by_changes_equals_the_tenant_while_people_work(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    options(bench.sandbox, oversized_page="clamp", max_page_size=5, default_page_size=5)
    listing = client(bench).changes(None)
    mirror = {each.native_id: each for each in listing.found}
    cursor, items = listing.cursor, [each.native_id for each in listing.found if each.presence == "present"]
    people = ("demo/anna", "demo/bert", "demo/chris")

    def deed() -> dict[str, Any]:
        kind = chance.choice(["create", "update", "update", "update", "delete", "restore"])
        action: dict[str, Any] = {"action": kind, "subject": f"S{chance.random()}"}
        action |= {"start": START} if kind == "create" else {"item": chance.choice(items)}
        return {"owner": chance.choice(people), "action": action}

    for _ in range(12):
        for _ in range(chance.randrange(25)):
            doing = deed()
            with suppress(CxSyncError):
                items.append(bench.sandbox.act("carerix", doing["owner"], doing["action"])["item"])
            shift(bench, chance.choice([0, 0, 1, 30]))
        for skip in range(chance.randrange(4)):
            edit = {"action": "update", "item": chance.choice(items), "location": f"L{chance.random()}"}
            owner = "demo/anna"
            if client(bench).fetch(edit["item"]).owner == "101":
                bench.fault("crToDoPage", "act", skip=skip, params={"owner": owner, "action": edit})
        listing = bench.everything(cursor)
        cursor = listing.cursor
        mirror |= {each.native_id: each for each in listing.found}
        shift(bench, chance.choice([5, 1000, 5000]))
    bench.sandbox.call(bench.sandbox.world.faults.clear)
    mirror |= {each.native_id: each for each in bench.everything(cursor).found}
    truth = {each.native_id: each for each in client(bench).changes(None).found}
    assert mirror == truth
