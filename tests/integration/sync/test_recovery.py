"""Lost sync states, loops, refused passwords, restarts of streams: what a mailbox lives through in years."""

from collections.abc import Callable

import pytest

from cxsync.sandbox.core.faults import Fault
from cxsync.store import connections
from tests.integration.sync.desk import Desk, at


def lose_state(desk: Desk) -> None:
    """The server accepts no state any more that it gave before."""
    sandbox = desk.line.sandbox
    if desk.provider == "google":
        options = sandbox.world.system("google").options
        sandbox.call(lambda: setattr(options, "token_generation", 2))
    else:
        fault = Fault(system="exchange", operation="SyncFolderItems", kind="invalid-state")
        sandbox.call(sandbox.world.faults.add, fault)


def test_after_a_lost_state_everything_is_compared_and_nothing_is_doubled_or_deleted(desk: Desk) -> None:
    for number in range(4):
        desk.outside.makes(f"Buiten {number}")
        desk.carerix.makes(f"Binnen {number}")
    desk.line.settle()
    desk.outside.edits("Buiten 0", location="veranderd")
    desk.outside.deletes("Buiten 1")
    desk.outside.makes("Nieuw intussen")
    lose_state(desk)
    before = desk.line.last
    desk.line.settle()
    assert desk.carerix.only("Buiten 0")["location"] == "veranderd"
    assert not desk.carerix.named("Buiten 1")
    assert desk.carerix.only("Nieuw intussen")
    assert len(desk.line.written(before)) == 3
    for name in ("Buiten 2", "Buiten 3", "Binnen 0", "Binnen 1", "Binnen 2", "Binnen 3"):
        assert desk.carerix.only(name)
        assert desk.outside.only(name)
    assert desk.differences() == []


def test_after_a_lost_state_older_items_stay_untouched(desk: Desk) -> None:
    lose_state(desk)
    desk.line.settle()
    assert "resync" in desk.line.origins(desk.provider)
    assert desk.line.written(desk.begin) == []


def test_a_lost_cursor_of_carerix_changes_nothing(desk: Desk) -> None:
    desk.carerix.makes("Binnen")
    desk.outside.makes("Buiten")
    desk.line.settle()
    before = desk.line.last
    desk.line.sql("UPDATE cursors SET value = NULL WHERE system = 'carerix'")
    desk.line.settle()
    assert desk.line.written(before) == []
    desk.carerix.edits("Buiten", location="daarna")
    desk.line.settle()
    assert desk.outside.only("Buiten")["location"] == "daarna"


def test_more_content_writes_than_a_person_makes_stop_the_link_alone(desk: Desk) -> None:
    desk.carerix.makes("Lus")
    desk.line.settle()
    for number in range(14):
        desk.carerix.edits("Lus", location=f"Kamer {number}")
        desk.line.settle()
    assert desk.outside.only("Lus")["location"] != "Kamer 13"
    held = [outcome.code for outcome, _ in desk.line.outcomes() if outcome.result == "held"]
    assert "loop-suspected" in held
    desk.carerix.makes("Gaat door")
    desk.line.settle()
    assert desk.outside.only("Gaat door")


def test_a_refused_password_stops_after_one_confirming_attempt_and_one_mail(connect: Callable[[str], Desk]) -> None:
    desk = connect("anna")
    system = desk.line.sandbox.world.system("exchange")
    desk.line.sandbox.call(system.set_password, "anna@agency.example", "nieuw-geheim")
    desk.carerix.makes("Wacht")
    for _ in range(4):
        desk.line.poll()
        desk.line.work()
    with desk.line.ground.database.transaction() as conn:
        assert connections.get(conn, desk.connection_id).state == "refused"
    assert len(desk.line.mails("credentials-refused")) == 1
    refused = [login for login in desk.line.sandbox.world.witness.logins if login.system == "exchange"]
    assert len(refused) <= 2, [login.how for login in refused]
    assert not desk.outside.named("Wacht")


@pytest.mark.parametrize("system", ["carerix", "external"])
def test_a_server_that_is_down_for_a_while_loses_nothing(desk: Desk, system: str) -> None:
    name = "carerix" if system == "carerix" else desk.provider
    world = desk.line.sandbox.world
    down = Fault(system=name, operation="*", kind="status", params={"status": 503}, times=-1)
    desk.outside.makes("Buiten")
    desk.carerix.makes("Binnen")
    desk.line.sandbox.call(world.faults.add, down)
    for _ in range(3):
        desk.line.poll()
        desk.line.work()
    desk.line.sandbox.call(world.faults.clear)
    desk.line.settle(faults=True)
    assert desk.line.faults == []
    assert desk.carerix.only("Buiten")
    assert desk.outside.only("Binnen")
    assert desk.differences() == []


def test_text_that_no_calendar_has_seen_yet_survives(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Özlem 🙂 <b>&amp; “{here.system}”"
        here.makes(name, location="ﬁne ‮rtl", notes="<script>\n\n\n  eind\t.", start=at(1), end=at(1))
        desk.line.settle()
        assert there.only(name)
    assert desk.differences() == []


def test_changes_that_come_twice_and_in_the_wrong_order_lose_nothing(desk: Desk) -> None:
    desk.carerix.makes("Volgorde", location="een")
    desk.line.settle()
    desk.outside.edits("Volgorde", location="twee")
    desk.line.poll(desk.provider)
    desk.carerix.edits("Volgorde", notes="drie")
    desk.line.poll("carerix")
    desk.outside.edits("Volgorde", start=at(3, 16), end=at(3, 17))
    desk.line.work(desk.provider)
    prefix = desk.line.ground.settings.topic_prefix
    for topic in ("raw.carerix", f"raw.{desk.provider}", "changes.carerix", f"changes.{desk.provider}"):
        desk.line.topics.rewind(prefix + topic)
    desk.line.settle()
    for agenda in desk.both:
        item = agenda.only("Volgorde")
        assert (item["location"], item["notes"].strip()) == ("twee", "drie"), agenda.system
    assert desk.carerix.starts("Volgorde") == desk.outside.starts("Volgorde")
    assert desk.differences() == []
