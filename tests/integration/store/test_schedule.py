"""Who is polled next: due ones only, each by one process at a time, the longest due first, none starved."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from cxsync.store import connections, schedule
from cxsync.store.database import Database
from cxsync.store.lease import Hand, of_connection, of_tenant
from cxsync.store.schedule import DuePoll
from cxsync.store.tenants import NewTenant
from tests.integration.store.conftest import Connect
from tests.integration.store.process import processes


def _set_due(db: Database, connection: UUID, seconds_ago: float) -> None:
    with db.transaction() as conn:
        conn.execute(
            "UPDATE polls SET due_at = clock_timestamp() - make_interval(secs => %s) WHERE connection_id = %s",
            [seconds_ago, connection],
        )


def _seconds_until_due(db: Database, connection: UUID) -> float:
    with db.transaction() as conn:
        return float(
            conn.execute(
                "SELECT extract(epoch FROM due_at - clock_timestamp()) AS s FROM polls WHERE connection_id = %s",
                [connection],
            ).fetchall()[0]["s"]
        )


def _done(db: Database, poll: DuePoll, *, changed: bool = False, next_in: float = 300.0) -> None:
    with Hand(db, poll.lease) as hand, hand.transaction() as conn:
        schedule.done(conn, poll.resource, poll.system, changed=changed, next_in=next_in)


def test_a_tenant_is_polled_from_the_moment_it_exists(db: Database, tenant: NewTenant) -> None:
    (poll,) = schedule.take_due(db, "carerix", "p", 10)
    assert (poll.resource, poll.tenant_id, poll.connection_id) == (of_tenant(tenant.id), tenant.id, None)
    assert schedule.take_due(db, "carerix", "q", 10) == []


def test_only_active_connections_are_polled(db: Database, connect: Connect) -> None:
    connection = connect("jan", active=False)
    for state in ("new", "paused", "refused", "suspect"):
        with db.transaction() as conn:
            connections.set_state(conn, connection, state)
        assert schedule.take_due(db, "exchange", "p", 10) == []
    with db.transaction() as conn:
        connections.set_state(conn, connection, "active")
    (poll,) = schedule.take_due(db, "exchange", "p", 10)
    assert (poll.resource, poll.connection_id) == (of_connection(connection), connection)


def test_the_longest_due_comes_first_and_only_up_to_the_limit(db: Database, connect: Connect) -> None:
    jan, piet, klaas = (connect(user) for user in ("jan", "piet", "klaas"))
    for connection, ago in ((jan, 5), (piet, 50), (klaas, 20)):
        _set_due(db, connection, ago)
    assert [poll.connection_id for poll in schedule.take_due(db, "exchange", "p", 2)] == [piet, klaas]


def test_a_success_sets_the_next_poll_up_to_a_tenth_early_and_never_late(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    delays = []
    for _ in range(20):
        _set_due(db, connection, 1)
        (poll,) = schedule.take_due(db, "exchange", "p", 1)
        _done(db, poll, next_in=1000)
        delays.append(_seconds_until_due(db, connection))
    assert all(890 < delay <= 1000 for delay in delays)
    assert len({round(delay) for delay in delays}) > 5, "spread out"


def test_failures_are_counted_until_a_success_and_a_change_is_remembered(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    for expected in (1, 2):
        _set_due(db, connection, 1)
        (poll,) = schedule.take_due(db, "exchange", "p", 1)
        with Hand(db, poll.lease) as hand, hand.transaction() as conn:
            schedule.failed(conn, poll.resource, "exchange", code="busy", next_in=60)
        with db.transaction() as conn:
            (state,) = schedule.of(conn, of_connection(connection))
        assert (state.failures, state.last_error_code, state.last_success_at) == (expected, "busy", None)
    _set_due(db, connection, 1)
    (poll,) = schedule.take_due(db, "exchange", "p", 1)
    assert (poll.failures, poll.last_error_code) == (2, "busy")
    _done(db, poll, changed=True)
    _set_due(db, connection, 1)
    (poll,) = schedule.take_due(db, "exchange", "p", 1)
    assert (poll.failures, poll.last_error_code) == (0, None)
    assert poll.last_change_at is not None
    assert poll.last_success_at is not None
    assert abs(poll.last_change_at - poll.last_success_at) < timedelta(seconds=1)
    _done(db, poll, changed=False)
    with db.transaction() as conn:
        (state,) = schedule.of(conn, of_connection(connection))
    assert state.last_change_at == poll.last_change_at
    assert state.last_success_at is not None
    assert state.last_success_at > poll.last_change_at


def test_a_hastened_poll_is_due_now(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    (poll,) = schedule.take_due(db, "exchange", "p", 1)
    _done(db, poll)
    assert schedule.take_due(db, "exchange", "p", 1) == []
    with db.transaction() as conn:
        schedule.hasten(conn, of_connection(connection))
    assert len(schedule.take_due(db, "exchange", "p", 1)) == 1


def test_a_poll_whose_process_died_is_taken_by_another(db: Database, connect: Connect) -> None:
    connect("jan")
    (dead,) = schedule.take_due(db, "exchange", "dies", 1, seconds=0.0)
    (poll,) = schedule.take_due(db, "exchange", "p", 1)
    assert poll.lease.lease_no == dead.lease.lease_no + 1


_POLLER = """
import sys, time
from cxsync.store import schedule
from cxsync.store.database import Database
from cxsync.store.lease import Hand
url, number = sys.argv[1:]
db = Database.open(url, name=number)
print("ready", flush=True)
until = time.monotonic() + 4
while time.monotonic() < until:
    for poll in schedule.take_due(db, "exchange", number, 3):
        with Hand(db, poll.lease) as hand, hand.transaction() as conn:
            conn.execute("INSERT INTO reads (who, topic, from_at, to_at) VALUES (%s, %s, clock_timestamp(), NULL)",
                         [number, poll.resource])
            time.sleep(0.005)
            schedule.done(conn, poll.resource, poll.system, changed=False, next_in=0.0)
"""


def test_several_processes_share_the_polls_none_at_the_same_time_and_none_starved(
    db: Database, url: str, connect: Connect
) -> None:
    resources = {of_connection(connect(f"user {number}")) for number in range(12)}
    with processes(3, _POLLER, url) as pollers:
        for poller in pollers:
            assert poller.line() == "ready"
        for poller in pollers:
            assert poller.rest() == []
    with db.transaction() as conn:
        rows = conn.execute("SELECT who, topic FROM reads").fetchall()
        taken = conn.execute("SELECT sum(lease_no) AS n FROM leases WHERE resource LIKE 'connection:%'").fetchall()
    polled = Counter(row["topic"] for row in rows)
    assert set(polled) == resources
    assert len({row["who"] for row in rows}) == 3, "each process does its share"
    assert taken[0]["n"] == len(rows), "one poll a lease"
    assert max(polled.values()) <= 2 * min(polled.values()) + 2, "always due, so polled equally often"
