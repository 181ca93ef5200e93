"""Any number of workers share the connections that have work: none twice at a time, none starved, nothing lost."""

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from cxsync.store import connections, inbox, lease, work
from cxsync.store.database import Database
from cxsync.store.lease import Hand
from tests.integration.store.conftest import Connect
from tests.integration.store.process import eventually, processes
from tests.integration.store.test_inbox import arrival, put


def test_the_connection_that_has_waited_longest_comes_first_and_a_settled_one_goes_behind(
    db: Database, connect: Connect
) -> None:
    jan, piet, klaas = (connect(user) for user in ("jan", "piet", "klaas"))
    for connection in (piet, jan, klaas):
        put(db, *(arrival(connection, f"item {number}", number) for number in range(3)))
    (first,) = work.take_due(db, "exchange", "w", 1)
    assert first.connection_id == piet
    with Hand(db, first.lease) as hand, hand.transaction() as conn:
        (item,) = work.due(conn, piet, "exchange", 1)
        work.finish(conn, item)
        work.settle(conn, piet, "exchange")
    order = []
    for _ in range(3):
        (taken,) = work.take_due(db, "exchange", "w", 1)
        order.append(taken.connection_id)
    assert order == [jan, klaas, piet]


def test_a_connection_whose_worker_died_is_offered_again(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1))
    assert len(work.take_due(db, "exchange", "dies", 10, seconds=0.0)) == 1
    (taken,) = work.take_due(db, "exchange", "w", 10)
    assert (taken.connection_id, taken.lease.lease_no) == (connection, 2)


def test_only_the_wanted_target_is_taken_and_not_beyond_the_limit(db: Database, connect: Connect) -> None:
    for number in range(5):
        put(db, arrival(connect(f"user {number}"), "x", 1))
    assert work.take_due(db, "google", "w", 10) == []
    assert len(work.take_due(db, "exchange", "w", 3)) == 3
    assert len(work.take_due(db, "exchange", "w", 3)) == 2


# A worker that notes what it dealt with in the same transaction, and is killed at random.
_WORKER = """
import sys, time
from cxsync.store import work
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.lease import Hand, LeaseLost
url, number = sys.argv[1:]
db = Database.open(url, name=number)
print("ready", flush=True)
while True:
    taken = work.take_due(db, "exchange", number, 1, 1.0)
    for one in taken:
        try:
            with Hand(db, one.lease) as hand:
                for _ in range(5):
                    with hand.transaction() as conn:
                        items = work.due(conn, one.connection_id, "exchange", 5)
                    for item in items:
                        with hand.transaction() as conn:
                            work.finish(conn, item)
                            work.settle(conn, one.connection_id, "exchange")
                            conn.execute("INSERT INTO reads (who, topic, connection_id) VALUES (%s, %s, %s)",
                                         [number, str(item.change_id), one.connection_id])
                    if not items:
                        break
                else:
                    with hand.transaction() as conn:
                        work.settle(conn, one.connection_id, "exchange")
        except LeaseLost:
            pass
    if not taken:
        time.sleep(0.05)
"""


def test_workers_killed_at_random_deal_with_every_newest_change_exactly_once(
    db: Database, url: str, connect: Connect
) -> None:
    chance = random.Random(7)
    users = [connect(f"user {number}") for number in range(6)]
    sent = {}
    with processes(3, _WORKER, url) as workers:
        for worker in workers:
            assert worker.line() == "ready"
        for turn in range(40):
            batch = [
                arrival(chance.choice(users), f"item {chance.randrange(30)}", turn * 100 + place) for place in range(50)
            ]
            put(db, *batch)
            sent.update({row.change_id: row for row in batch})
            if turn in (10, 20):
                workers[turn // 10 - 1].signal(9)
        _wait_until_empty(db)
    with db.transaction() as conn:
        dealt = [UUID(row["topic"]) for row in conn.execute("SELECT topic FROM reads ORDER BY id")]
    assert len(dealt) == len(set(dealt)), "none twice"
    newest: dict[tuple[UUID, str], UUID] = {}
    for row in sorted(sent.values(), key=lambda row: row.observed_at):
        newest[row.connection_id, row.native_id] = row.change_id
    assert set(newest.values()) <= set(dealt), "none lost"
    by_item: dict[tuple[UUID, str], list[inbox.Arrival]] = {}
    for change in dealt:
        by_item.setdefault((sent[change].connection_id, sent[change].native_id), []).append(sent[change])
    for rows in by_item.values():
        times = [row.observed_at for row in rows]
        assert times == sorted(times), "never an older observation after a newer one"


def _wait_until_empty(db: Database) -> None:
    def empty() -> bool:
        with db.transaction() as conn:
            return not conn.execute("SELECT 1 FROM inbox LIMIT 1").fetchall()

    eventually(empty, 60)


def test_batches_and_workers_of_one_connection_never_wait_for_each_other_forever(
    db: Database, url: str, connect: Connect
) -> None:
    script = """
import random, sys, time
from uuid import UUID
from cxsync.store.database import Database
from tests.integration.store.test_inbox import arrival, put
url, users, number = sys.argv[1:]
chance = random.Random(number)
db = Database.open(url, name=number)
until = time.monotonic() + 4
clock = 0
while time.monotonic() < until:
    clock += 100
    put(db, *(arrival(UUID(chance.choice(users.split(","))), f"item {chance.randrange(20)}", clock + place)
              for place in range(30)))
print("done")
"""
    users = ",".join(str(connect(f"user {number}")) for number in range(3))
    with processes(2, script, url, users) as putters, processes(2, _WORKER, url):
        for putter in putters:
            assert putter.rest() == ["done"]
        _wait_until_empty(db)


def test_finding_due_work_does_not_read_what_waits_behind_it(db: Database, connect: Connect) -> None:
    """A connection with 10,000 items costs no more than one with a single item."""
    crowded, quiet = connect("crowded"), connect("quiet")
    for start in range(0, 10_000, 1000):
        put(db, *(arrival(crowded, f"item {number}", number) for number in range(start, start + 1000)))
    put(db, arrival(quiet, "x", 1))
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) AS n FROM work").fetchall()[0]["n"] == 2
    taken = work.take_due(db, "exchange", "w", 10)
    assert {one.connection_id for one in taken} == {crowded, quiet}
    with Hand(db, taken[0].lease) as hand, hand.transaction() as conn:
        items = work.due(conn, crowded, "exchange", 50)
        plan = conn.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM inbox WHERE connection_id = %s AND target = 'exchange'"
            " AND held IS NULL AND due_at <= clock_timestamp() ORDER BY due_at LIMIT 50",
            [crowded],
        ).fetchall()[0]["QUERY PLAN"][0]["Plan"]
    assert [item.native_id for item in items] == [f"item {number}" for number in range(50)]
    assert plan["Plans"][0]["Index Name"] == "inbox_due"
    assert plan["Plans"][0]["Actual Rows"] == 50


def test_a_batch_put_in_while_a_worker_lets_the_connection_go_is_not_forgotten(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    put(db, arrival(connection, "x", 1))
    (taken,) = work.take_due(db, "exchange", "w", 1)
    with Hand(db, taken.lease) as hand, ThreadPoolExecutor(1) as thread:
        with hand.transaction() as conn:
            (item,) = work.due(conn, connection, "exchange", 10)
            work.finish(conn, item)
        with db.transaction() as conn:
            inbox.put(conn, [arrival(connection, "y", 2)])
            asked = thread.submit(_due_now, hand, connection)
            eventually(lambda: asked.done() or _waits_for_a_lock(db))
        asked.result(60)
    assert [one.connection_id for one in work.take_due(db, "exchange", "w", 1)] == [connection]


def _due_now(hand: Hand, connection: UUID) -> list[work.Item]:
    with hand.transaction() as conn:
        return work.due(conn, connection, "exchange", 10)


def _waits_for_a_lock(db: Database) -> bool:
    with db.transaction() as conn:
        return bool(
            conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchall()
        )


def test_mails_go_out_while_the_connection_is_refused_and_its_own_lease_is_held(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    with db.transaction() as conn:
        connections.set_state(conn, connection, "refused")
    put(db, arrival(connection, "x", 1), arrival(connection, "notification", 1, target="email"))
    assert work.take_due(db, "exchange", "w", 1) == []
    assert lease.acquire(db, lease.of_connection(connection), "sink") is not None
    (taken,) = work.take_due(db, "email", "w", 1)
    assert taken.lease.resource == lease.of_mail(connection)
    with Hand(db, taken.lease) as hand, hand.transaction() as conn:
        (item,) = work.due(conn, connection, "email", 10)
        work.finish(conn, item)
        assert work.due(conn, connection, "email", 10) == []
    put(db, arrival(connection, "another", 2, target="email"))
    with db.transaction() as conn:
        connections.set_state(conn, connection, "removed")
    assert work.take_due(db, "email", "w", 1) == []
