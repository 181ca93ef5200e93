"""The tables that remember: seen, sent, history, dead letters, reads; and what is forgotten after its time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cxsync.store import dead_letters, history, lease, reads, seen, sent
from cxsync.store.database import Database
from cxsync.store.dead_letters import Letter, NotOpen
from cxsync.store.history import Entry
from cxsync.store.lease import Hand, acquire
from cxsync.store.retention import purge
from cxsync.store.seen import Seen
from schemas.records import Position

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=401)


def _hand(db: Database, connection: UUID) -> Hand:
    taken = acquire(db, lease.of_connection(connection), "test")
    assert taken is not None
    return Hand(db, taken)


def _entry(connection: UUID, link: UUID | None, at: datetime, *, carerix: str | None, external: str | None) -> Entry:
    return Entry(
        uuid4(),
        connection,
        link,
        carerix,
        external,
        "updated",
        at,
        Position(topic="cx.outcomes", partition=1, offset=9),
        b"sealed",
    )


def _letter(at: datetime, connection: UUID | None = None) -> Letter:
    return Letter(uuid4(), connection, "undecodable", Position(topic="cx.dead-letters", partition=2, offset=7), at)


def test_seen_keeps_what_the_newest_observation_showed(db: Database) -> None:
    connection = uuid4()
    old = Seen(connection, "exchange", "A", b"f1", "v1", NOW)
    new = Seen(connection, "exchange", "A", b"f2", "v2", NOW + timedelta(seconds=1))
    with _hand(db, connection) as hand, hand.transaction() as conn:
        seen.record(conn, [])
        seen.record(conn, [new])
        seen.record(conn, [old])
        assert seen.get(conn, connection, "exchange", "A") == new
        assert seen.get(conn, connection, "google", "A") is None


def test_all_that_was_seen_is_listed_once_also_over_several_batches(db: Database) -> None:
    connection = uuid4()
    rows = [Seen(connection, "exchange", f"A{number:02}", b"f", None, NOW) for number in range(25)]
    with _hand(db, connection) as hand, hand.transaction() as conn:
        seen.record(conn, rows)
        seen.record(conn, [Seen(connection, "carerix", "1", b"f", None, NOW)])
        for batch in (1, 5, 7, 25, 100):
            assert list(seen.everything(conn, connection, "exchange", batch)) == rows
        assert seen.forget(conn, connection, "exchange") == 25
        assert list(seen.everything(conn, connection, "exchange")) == []
        assert len(list(seen.everything(conn, connection, "carerix"))) == 1


def test_a_notification_is_sent_once(db: Database) -> None:
    notification, connection = uuid4(), uuid4()
    with db.transaction() as conn:
        assert sent.get(conn, notification) is None
        assert sent.record(conn, notification, connection_id=connection, message_id="<1@x>", to_hash=b"h")
        assert not sent.record(conn, notification, connection_id=connection, message_id="<2@x>", to_hash=b"h")
        found = sent.get(conn, notification)
    assert found is not None
    assert (found.message_id, found.to_hash, found.connection_id) == ("<1@x>", b"h", connection)


def test_history_is_found_by_link_and_by_native_id_of_either_side_in_order(db: Database) -> None:
    connection, link = uuid4(), uuid4()
    entries = [
        _entry(connection, None, NOW, carerix="42", external=None),
        _entry(connection, link, NOW + timedelta(seconds=1), carerix="42", external="A"),
        _entry(connection, link, NOW + timedelta(seconds=2), carerix=None, external="A"),
        _entry(uuid4(), None, NOW, carerix="42", external=None),
    ]
    with db.transaction() as conn:
        assert history.put(conn, list(reversed(entries))) == 4
        assert history.put(conn, entries) == 0
        assert history.put(conn, []) == 0
        assert history.of_link(conn, link) == entries[1:3]
        assert history.of_item(conn, connection, "42") == entries[:2]
        assert history.of_item(conn, connection, "A") == entries[1:3]


def test_a_dead_letter_is_decided_once(db: Database) -> None:
    letter = _letter(NOW, uuid4())
    with db.transaction() as conn:
        assert dead_letters.put(conn, letter)
        assert not dead_letters.put(conn, letter)
        assert dead_letters.get(conn, letter.id) == letter
        assert list(dead_letters.find(conn)) == [letter]
        assert dead_letters.count_open(conn) == 1
        dead_letters.decide(conn, letter.id, "retried", "ann")
        for unknown in (letter.id, uuid4()):
            with pytest.raises(NotOpen):
                dead_letters.decide(conn, unknown, "dropped", "bob")
        decided = dead_letters.get(conn, letter.id)
        assert decided is not None
        assert (decided.state, decided.decided_by) == ("retried", "ann")
        assert decided.decided_at is not None
        assert not dead_letters.put(conn, letter), "a replay of the topic does not open it again"
        assert list(dead_letters.find(conn)) == []
        assert list(dead_letters.find(conn, state=None)) == [decided]


def test_who_read_what_leaves_a_trace(db: Database) -> None:
    with db.transaction() as conn:
        reads.record(conn, who="ann", topic="cx.outcomes", from_at=NOW)
        reads.record(conn, who="bob", topic="cx.raw.google", connection_id=uuid4())
        newest, oldest = reads.latest(conn)
    assert (newest.who, oldest.who, oldest.from_at, oldest.to_at) == ("bob", "ann", NOW, None)


def test_only_what_is_older_than_its_time_is_deleted_and_open_dead_letters_stay(db: Database) -> None:
    still_open, dropped, fresh = _letter(LONG_AGO), _letter(LONG_AGO), _letter(NOW)
    with db.transaction() as conn:
        history.put(conn, [_entry(uuid4(), None, LONG_AGO, carerix=None, external=None) for _ in range(25)])
        history.put(conn, [_entry(uuid4(), None, NOW, carerix=None, external=None)])
        for letter in (still_open, dropped, fresh):
            dead_letters.put(conn, letter)
        for letter in (dropped, fresh):
            dead_letters.decide(conn, letter.id, "dropped", "ann")
        for _ in range(2):
            sent.record(conn, uuid4(), connection_id=None, message_id="<1@x>", to_hash=b"h")
            reads.record(conn, who="ann", topic="t")
        conn.execute(
            "UPDATE sent SET sent_at = %s WHERE notification_id = (SELECT min(notification_id::text)::uuid FROM sent)",
            [LONG_AGO],
        )
        conn.execute("UPDATE reads SET at = %s WHERE id = 1", [LONG_AGO])
    assert purge(db, 400, batch=10) == {"history": 25, "sent": 1, "dead_letters": 1, "reads": 1}
    assert purge(db, 400, batch=10) == {"history": 0, "sent": 0, "dead_letters": 0, "reads": 0}
    with db.transaction() as conn:
        assert {letter.id for letter in dead_letters.find(conn, state=None)} == {still_open.id, fresh.id}
