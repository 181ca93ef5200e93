"""The outbox: what was committed is published in order, at least once, also when its writer died."""

from uuid import UUID, uuid4

import pytest

from cxsync.store import connections, outbox
from cxsync.store.database import Database
from cxsync.store.lease import Hand, acquire, of_connection
from cxsync.store.outbox import Message
from tests.integration.store.conftest import Connect
from tests.integration.store.process import Process


def message(connection_id: UUID, text: str) -> Message:
    return Message(uuid4(), connection_id, "cx.outcomes", connection_id.bytes, text.encode(), [("trace_id", b"1")])


def _pending(db: Database, connection_id: UUID, limit: int = 100) -> list[Message]:
    with db.transaction() as conn:
        return outbox.pending(conn, connection_id, limit)


def test_messages_come_out_as_they_went_in_in_order_of_their_connection(db: Database, connect: Connect) -> None:
    jan, piet = connect("jan"), connect("piet")
    sent = [message(jan, str(number)) for number in range(20)]
    with db.transaction() as conn:
        outbox.add(conn, sent[:3])
        outbox.add(conn, [message(piet, "other")])
        outbox.add(conn, sent[3:])
        outbox.add(conn, [])
    assert _pending(db, jan) == sent
    assert _pending(db, jan, 2) == sent[:2]


def test_an_id_is_owed_once_and_no_more_once_published(db: Database, connect: Connect) -> None:
    jan = connect("jan")
    first, second = message(jan, "first"), message(jan, "second")
    with db.transaction() as conn:
        outbox.add(conn, [first, first])
        outbox.add(conn, [second, first])
    assert _pending(db, jan) == [first, second]
    with db.transaction() as conn:
        outbox.published(conn, [first.id])
        outbox.published(conn, [first.id])
    assert _pending(db, jan) == [second]


def test_nothing_is_owed_by_a_transaction_that_failed(db: Database, connect: Connect) -> None:
    jan = connect("jan")
    with pytest.raises(ZeroDivisionError), db.transaction() as conn:
        outbox.add(conn, [message(jan, "x")])
        raise ZeroDivisionError
    assert _pending(db, jan) == []


_DIES = """
import os, signal, sys
from uuid import UUID
from cxsync.store import outbox
from cxsync.store.database import Database
from cxsync.store.lease import Hand, acquire, of_connection
from tests.integration.store.test_outbox import message
url, connection = sys.argv[1], UUID(sys.argv[2])
db = Database.open(url, name="dies")
with Hand(db, acquire(db, of_connection(connection), "dies", 0.3)) as hand:
    with hand.transaction() as conn:
        outbox.add(conn, [message(connection, "left")])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_found_with_the_lease_whatever_the_state_of_its_connection(
    db: Database, url: str, connect: Connect
) -> None:
    jan, piet = connect("jan"), connect("piet")
    with Process(_DIES, url, str(jan)) as dies:
        assert dies.wait() == -9
    with db.transaction() as conn:
        connections.set_state(conn, jan, "paused")
        outbox.add(conn, [message(piet, "just now")])
    assert outbox.take_leftovers(db, "w", older_than=3600) == []
    with db.transaction() as conn:
        conn.execute("UPDATE outbox SET created_at = created_at - interval '1 hour' WHERE connection_id = %s", [jan])
        conn.execute("UPDATE leases SET expires_at = clock_timestamp()")
    (left,) = outbox.take_leftovers(db, "w", older_than=1800)
    assert (left.connection_id, left.lease.resource) == (jan, of_connection(jan))
    assert outbox.take_leftovers(db, "v", older_than=1800) == [], "its lease is held"
    with Hand(db, left.lease) as hand, hand.transaction() as conn:
        (found,) = outbox.pending(conn, jan, 10)
        outbox.published(conn, [found.id])
    assert found.value == b"left"
    assert acquire(db, of_connection(jan), "w") is not None
