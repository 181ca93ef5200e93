"""The inbox keeps of each item the newest observation; every other one ends exactly once, superseded or duplicate."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxsync.store import connections, inbox, lease, seen, work
from cxsync.store.database import Database
from cxsync.store.inbox import Arrival, Superseded
from cxsync.store.lease import Fenced, Hand, acquire
from schemas.records import Position
from tests.integration.store.conftest import Connect

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


def arrival(
    connection_id: UUID, native_id: str, observed: int, *, target: str = "exchange", offset: int = 0
) -> Arrival:
    return Arrival(
        connection_id=connection_id,
        target=target,
        native_id=native_id,
        source="carerix",
        change_id=uuid5(connection_id, f"{target} {native_id} {observed}"),
        observed_at=START + timedelta(seconds=observed),
        value=f"sealed {observed}".encode(),
        headers=[("trace_id", b"1"), ("trace_id", b"\xff\x00")],
        position=Position(topic="cx.changes.exchange", partition=3, offset=offset),
    )


def put(db: Database, *rows: Arrival) -> tuple[list[Superseded], int]:
    counted: list[int] = []
    with db.transaction() as conn:
        superseded = inbox.put(conn, rows, duplicates=counted.append)
    return superseded, sum(counted)


@contextmanager
def working(db: Database, connection_id: UUID) -> Iterator[Hand]:
    taken = acquire(db, lease.of_connection(connection_id), "worker")
    assert taken is not None
    with Hand(db, taken) as hand:
        yield hand


def due(db: Database, connection_id: UUID, limit: int = 100) -> list[work.Item]:
    with working(db, connection_id) as hand, hand.transaction() as conn:
        return work.due(conn, connection_id, "exchange", limit)


def test_an_item_comes_out_as_it_went_in(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    sent = arrival(connection, "x", 1, offset=77)
    assert put(db, sent) == ([], 0)
    (item,) = due(db, connection)
    assert (item.change_id, item.value, item.headers, item.position, item.source) == (
        sent.change_id,
        sent.value,
        [("trace_id", b"1"), ("trace_id", b"\xff\x00")],
        sent.position,
        "carerix",
    )
    assert (item.attempts, item.last_code, item.held, item.observed_at) == (0, None, None, sent.observed_at)


def test_a_newer_observation_replaces_an_older_one_which_is_returned(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    old, new = arrival(connection, "x", 1, offset=5), arrival(connection, "x", 2)
    put(db, old)
    superseded, duplicates = put(db, new)
    assert superseded == [
        Superseded(connection, "exchange", "x", old.change_id, old.observed_at, old.position, by=new.change_id)
    ]
    assert duplicates == 0
    assert [item.change_id for item in due(db, connection)] == [new.change_id]


def test_an_older_observation_that_comes_late_is_superseded_by_the_one_at_hand(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    old, new = arrival(connection, "x", 1), arrival(connection, "x", 2)
    put(db, new)
    superseded, duplicates = put(db, old)
    assert [(s.change_id, s.by) for s in superseded] == [(old.change_id, new.change_id)]
    assert duplicates == 0


def test_a_redelivered_record_is_a_duplicate_before_and_after_it_was_dealt_with(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    old, new = arrival(connection, "x", 1), arrival(connection, "x", 2)
    put(db, new)
    assert put(db, new) == ([], 1)
    (item,) = due(db, connection)
    with working(db, connection) as hand, hand.transaction() as conn:
        assert work.finish(conn, item)
    assert put(db, new) == ([], 1)
    assert put(db, old) == ([], 1)
    assert due(db, connection) == []


def test_what_the_baseline_has_seen_is_not_taken_in(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    with working(db, connection) as hand, hand.transaction() as conn:
        seen.record(conn, [seen.Seen(connection, "carerix", "x", b"f", "1", START + timedelta(seconds=5))])
    assert put(db, arrival(connection, "x", 5), arrival(connection, "x", 4)) == ([], 2)
    assert put(db, arrival(connection, "x", 6)) == ([], 0)


def test_finish_leaves_a_newer_observation_that_arrived_meanwhile(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1))
    (item,) = due(db, connection)
    newer = arrival(connection, "x", 2)
    put(db, newer)
    with working(db, connection) as hand, hand.transaction() as conn:
        assert not work.finish(conn, item)
        assert not work.retry(conn, item, "busy", 60)
        assert not work.hold(conn, item, "deletions")
    assert [item.change_id for item in due(db, connection)] == [newer.change_id]
    assert put(db, arrival(connection, "x", 1)) == ([], 1), "it was dealt with: the outcome is written already"


def test_a_newer_observation_starts_anew_where_the_older_one_was_waiting_or_held(
    db: Database, connect: Connect
) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1), arrival(connection, "y", 1))
    first, second = due(db, connection)
    with working(db, connection) as hand, hand.transaction() as conn:
        work.retry(conn, first, "busy", 3600)
        work.hold(conn, second, "deletions")
    assert due(db, connection) == []
    put(db, arrival(connection, "x", 2), arrival(connection, "y", 2))
    assert [(item.native_id, item.attempts, item.held) for item in due(db, connection)] == [
        ("x", 0, None),
        ("y", 0, None),
    ]


def test_targets_and_connections_do_not_touch_one_another(db: Database, connect: Connect) -> None:
    jan, piet = connect("jan"), connect("piet")
    rows = [arrival(jan, "x", 2), arrival(piet, "x", 1), arrival(jan, "x", 1, target="google")]
    assert put(db, *rows) == ([], 0)
    assert len(due(db, jan)) == len(due(db, piet)) == 1


def test_a_record_of_an_unknown_connection_stops_nobody(db: Database, connect: Connect) -> None:
    jan = connect("jan")
    assert put(db, arrival(uuid4(), "x", 1), arrival(jan, "x", 1)) == ([], 0)
    assert [taken.connection_id for taken in work.take_due(db, "exchange", "w", 10)] == [jan]


def test_nothing_is_kept_of_a_batch_whose_transaction_failed(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    with pytest.raises(ZeroDivisionError), db.transaction() as conn:
        inbox.put(conn, [arrival(connection, "x", 1)])
        raise ZeroDivisionError
    assert due(db, connection) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_with_duplicates_ends_with_the_newest_dealt_with_once_and_every_other_accounted_for(
    db: Database, connect: Connect, data: st.DataObject
) -> None:
    connection = connect(f"user {uuid4()}")
    observations = data.draw(st.integers(1, 6))
    deliveries = data.draw(
        st.permutations([*range(observations), *data.draw(st.lists(st.integers(0, observations - 1), max_size=6))])
    )
    handled: Counter[UUID] = Counter()
    superseded: Counter[UUID] = Counter()
    duplicates = 0
    left = list(deliveries)
    while left:
        size = data.draw(st.integers(1, len(left)))
        batch, left = left[:size], left[size:]
        replaced, double = put(db, *(arrival(connection, "x", number) for number in batch))
        superseded.update(entry.change_id for entry in replaced)
        duplicates += double
        if data.draw(st.booleans()) or not left:
            with working(db, connection) as hand:
                _deal_with_all(hand, connection, handled)
    changes = {number: arrival(connection, "x", number).change_id for number in range(observations)}
    assert handled[changes[observations - 1]] == 1
    assert max(handled.values()) == 1
    assert not set(handled) & set(superseded)
    # Each delivery is exactly one of: dealt with, superseded, duplicate.
    assert len(deliveries) == handled.total() + superseded.total() + duplicates


def _deal_with_all(hand: Hand, connection: UUID, handled: Counter[UUID]) -> None:
    while True:
        with hand.transaction() as conn:
            items = work.due(conn, connection, "exchange", 10)
            for item in items:
                handled[item.change_id] += 1
                assert work.finish(conn, item)
        if not items:
            return


def test_a_paused_connection_receives_but_is_not_worked_on(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1))
    with db.transaction() as conn:
        connections.set_state(conn, connection, "paused")
    put(db, arrival(connection, "y", 2))
    assert due(db, connection) == []
    assert work.take_due(db, "exchange", "w", 10) == []
    with db.transaction() as conn:
        assert work.count(conn, connection) == 2
        connections.set_state(conn, connection, "active")
    (taken,) = work.take_due(db, "exchange", "w", 10)
    with Hand(db, taken.lease) as hand, hand.transaction() as conn:
        assert [item.native_id for item in work.due(conn, connection, "exchange", 10)] == ["x", "y"]


def test_held_items_wait_for_a_person_and_are_due_once_released(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1))
    (item,) = due(db, connection)
    with working(db, connection) as hand, hand.transaction() as conn:
        assert work.hold(conn, item, "deletions")
        assert work.due(conn, connection, "exchange", 10) == []
    assert work.take_due(db, "exchange", "w", 10) == []
    with db.transaction() as conn:
        assert work.held(conn, connection, "exchange") == {"deletions": 1}
        assert work.release(conn, connection, "exchange", "deletions") == 1
        assert work.release(conn, connection, "exchange", "deletions") == 0
    assert [taken.connection_id for taken in work.take_due(db, "exchange", "w", 10)] == [connection]


def _retry_all(conn: Fenced, connection: UUID, due_in: float) -> None:
    for item in work.due(conn, connection, "exchange", 100):
        work.retry(conn, item, "busy", due_in)


def test_a_connection_is_offered_again_when_its_next_item_is_due(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1))
    (taken,) = work.take_due(db, "exchange", "w", 10)
    with Hand(db, taken.lease) as hand, hand.transaction() as conn:
        _retry_all(conn, connection, 3600)
        assert work.due(conn, connection, "exchange", 10) == []
    assert work.take_due(db, "exchange", "w", 10) == []
    with db.transaction() as conn:  # an hour later
        conn.execute("UPDATE inbox SET due_at = due_at - interval '2 hours'")
        conn.execute("UPDATE work SET due_at = due_at - interval '2 hours'")
    (taken,) = work.take_due(db, "exchange", "w", 10)
    with Hand(db, taken.lease) as hand, hand.transaction() as conn:
        (item,) = work.due(conn, connection, "exchange", 10)
    assert (item.attempts, item.last_code) == (1, "busy")
