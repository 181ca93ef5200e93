"""Two hands on one Carerix row: nobody's edit is lost where the server knows no conditions."""

from collections.abc import Iterator

import pytest

from cxsync.calendars.carerix.read import read
from cxsync.calendars.errors import Gone, VersionChanged
from cxsync.calendars.port import Found
from cxsync.sandbox.core.run import Sandbox, started
from tests.integration.calendars.carerix_bench import RELATED, START, asked, begun, client, has_related, options
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


def test_an_edit_of_another_field_between_our_reading_and_writing_is_kept_and_told(bench: Bench) -> None:
    made = bench.make(meeting())
    action = {"action": "update", "item": made.native_id, "location": "Van een mens"}
    bench.fault("crToDoUpdate", "act", params={"owner": "demo/anna", "action": action})
    with pytest.raises(VersionChanged, match="location"):
        client(bench).update(made, meeting(subject="Van ons"), ["subject"])
    now = client(bench).fetch(made.native_id)
    appointment = read(now, bench.policy).appointment
    assert (appointment.subject, appointment.location) == ("Van ons", "Van een mens")
    client(bench).update(now, meeting(subject="Weer"), ["subject"])


def test_an_edit_between_our_reading_and_deleting_brings_the_row_back(bench: Bench) -> None:
    made = bench.make(meeting())
    action = {"action": "update", "item": made.native_id, "location": "Toch nodig"}
    bench.fault("crToDoDelete", "act", params={"owner": "demo/anna", "action": action})
    with pytest.raises(VersionChanged, match="location"):
        client(bench).delete(made)
    now = client(bench).fetch(made.native_id)
    assert now.presence == "present"
    assert read(now, bench.policy).appointment.location == "Toch nodig"


def test_a_deletion_between_our_reading_and_writing_is_gone(bench: Bench) -> None:
    made = bench.make(meeting())
    action = {"action": "delete", "item": made.native_id}
    bench.fault("crToDoUpdate", "act", params={"owner": "demo/anna", "action": action})
    with pytest.raises(Gone):
        client(bench).update(made, meeting(subject="Te laat"), ["subject"])
    assert client(bench).fetch(made.native_id).presence == "tombstone"


def test_unknown_ids_are_absent_and_gone(bench: Bench) -> None:
    unknown = Found(native_id="31.999999", version="x", presence="present")
    assert client(bench).fetch("31.999999").presence == "absent"
    client(bench).delete(unknown)
    with pytest.raises(Gone):
        client(bench).update(unknown, meeting(), ["subject"])
    with pytest.raises(Gone):
        client(bench).restore(unknown)


def test_a_tenant_that_restores_nothing(bench: Bench) -> None:
    made = bench.make(meeting())
    client(bench).delete(made)
    options(bench.sandbox, restore=False)
    with pytest.raises(Gone, match="restores nothing"):
        client(bench).restore(client(bench).fetch(made.native_id))


def test_restoring_keeps_the_relations(bench: Bench) -> None:
    item = bench.act("create", subject="Met vacature", start=START, extra=RELATED)
    found = client(bench).fetch(item)
    client(bench).delete(found)
    assert client(bench).restore(found).native_id == item
    assert has_related(bench.sandbox, item)
    before = asked(bench, "crToDoUpdate")
    client(bench).restore(found)
    assert asked(bench, "crToDoUpdate") == before
