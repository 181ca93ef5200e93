"""Rule 11: one hand on a connection; a holder that lost its lease writes nothing more."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxsync.store import lease
from cxsync.store.database import Database
from cxsync.store.lease import Hand, Lease, LeaseLost, acquire
from tests.integration.store.process import Process, eventually, processes

RESOURCE = "connection:c"


def _taken(db: Database, holder: str, seconds: float = 30.0) -> Lease:
    got: list[Lease] = []

    def attempt() -> bool:
        taken = acquire(db, RESOURCE, holder, seconds)
        got.extend([] if taken is None else [taken])
        return taken is not None

    eventually(attempt)
    return got[0]


def _write(hand: Hand, value: str) -> None:
    with hand.transaction() as conn:
        conn.execute("INSERT INTO reads (who, topic) VALUES (%s, 'lease test')", [value])


def _written(db: Database) -> list[str]:
    with db.transaction() as conn:
        return [row["who"] for row in conn.execute("SELECT who FROM reads ORDER BY id")]


def _expire(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE leases SET expires_at = clock_timestamp() WHERE resource = %s", [RESOURCE])


def test_only_one_holds_a_lease_and_it_can_be_taken_again_once_given_back(db: Database) -> None:
    first = acquire(db, RESOURCE, "a")
    assert first == Lease(RESOURCE, "a", 1)
    assert acquire(db, RESOURCE, "b") is None
    assert acquire(db, RESOURCE, "a") is None, "not re-entrant: threads of a process exclude one another too"
    with Hand(db, first) as hand:
        _write(hand, "a")
    assert acquire(db, RESOURCE, "b") == Lease(RESOURCE, "b", 2)


def test_a_hand_that_gave_its_lease_back_cannot_write_even_before_anybody_took_it(db: Database) -> None:
    with Hand(db, _taken(db, "a")) as hand:
        pass
    with pytest.raises(LeaseLost):
        _write(hand, "a")
    assert hand.lost


def test_a_lease_that_ran_out_but_was_not_taken_still_writes(db: Database) -> None:
    with Hand(db, _taken(db, "a")) as hand:
        _expire(db)
        _write(hand, "a")
    assert _written(db) == ["a"]


def test_a_holder_that_lost_the_lease_writes_nothing(db: Database) -> None:
    with Hand(db, _taken(db, "a")) as former:
        _expire(db)
        with Hand(db, _taken(db, "b")) as present:
            with pytest.raises(LeaseLost) as caught:
                _write(former, "a")
            assert caught.value.lease.holder == "a"
            with pytest.raises(LeaseLost):
                former.check()
            _write(present, "b")
            present.check()
    assert _written(db) == ["b"]


def test_giving_back_a_lost_lease_leaves_the_new_holder_alone(db: Database) -> None:
    with Hand(db, _taken(db, "a")):
        _expire(db)
        taken = _taken(db, "b")
    with Hand(db, taken) as present:
        _write(present, "b")
    assert _written(db) == ["b"]


def test_a_hand_renews_its_lease_for_as_long_as_it_works(db: Database) -> None:
    with Hand(db, _taken(db, "a", seconds=1.0)) as hand:
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert acquire(db, RESOURCE, "b") is None
            time.sleep(0.05)
        assert not hand.lost
        _write(hand, "a")


def test_a_renewal_notices_that_the_lease_was_lost(db: Database) -> None:
    with Hand(db, _taken(db, "a", seconds=0.6)) as hand:
        with db.transaction() as conn:
            conn.execute("UPDATE leases SET lease_no = lease_no + 1, holder = 'b'")
        eventually(lambda: hand.lost)


def test_a_hand_without_a_database_counts_as_lost_when_its_time_is_over(url: str) -> None:
    with Database.open(url, name="test", patience=0.2) as db:
        hand = Hand(db, _taken(db, "a", seconds=0.5))
    with hand:
        eventually(lambda: hand.lost)
        with pytest.raises(LeaseLost):
            hand.check()


def test_taking_over_does_not_overtake_a_transaction_in_progress(db: Database) -> None:
    with Hand(db, _taken(db, "a", seconds=0.3)) as hand:
        with hand.transaction() as conn:
            eventually(lambda: _ran_out(db))  # the renewal waits for our lock too
            assert acquire(db, RESOURCE, "b") is None
            conn.execute("INSERT INTO reads (who, topic) VALUES ('a', 'lease test')")
        assert _written(db) == ["a"]


def _ran_out(db: Database) -> bool:
    with db.transaction() as conn:
        return lease.holder_of(conn, RESOURCE) is None


def test_two_that_take_at_once_never_both_get_it(db: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        for _ in range(30):
            gate = threading.Barrier(8)

            def take(number: int, gate: threading.Barrier = gate) -> Lease | None:
                gate.wait()
                return acquire(db, RESOURCE, f"holder {number}")

            assert sum(taken is not None for taken in threads.map(take, range(8))) == 1
            _expire(db)


# Writes with its lease, stops itself where it is told, and goes on when it is woken.
_STOPPED = """
import os, signal, sys
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.lease import Hand, LeaseLost, acquire
url, where = sys.argv[1:]
db = Database.open(url, name="stopped", idle_timeout=0.5)
lease = acquire(db, "connection:c", "stopped", 0.5)
with Hand(db, lease) as hand:
    print("taken", flush=True)
    try:
        if where == "before":
            os.kill(os.getpid(), signal.SIGSTOP)
        with hand.transaction() as conn:
            conn.execute("INSERT INTO reads (who, topic) VALUES ('stopped', 'first')")
            if where == "inside":
                os.kill(os.getpid(), signal.SIGSTOP)
            conn.execute("INSERT INTO reads (who, topic) VALUES ('stopped', 'second')")
        print("wrote")
    except LeaseLost:
        print("lost")
    except DatabaseUnavailable:
        print("cut", hand.lost)
"""


def test_a_process_stopped_before_its_transaction_writes_nothing_when_it_wakes_up(db: Database, url: str) -> None:
    with Process(_STOPPED, url, "before") as stopped:
        assert stopped.line() == "taken"
        with Hand(db, _taken(db, "b")) as hand:
            _write(hand, "b")
            stopped.signal(signal.SIGCONT)
            assert stopped.line() == "lost"
    assert _written(db) == ["b"]


def test_a_process_stopped_inside_its_transaction_keeps_nobody_waiting_and_writes_nothing(
    db: Database, url: str
) -> None:
    with Process(_STOPPED, url, "inside") as stopped:
        assert stopped.line() == "taken"
        with Hand(db, _taken(db, "b")) as hand:
            _write(hand, "b")
            stopped.signal(signal.SIGCONT)
            assert stopped.line() == "cut True"
    assert _written(db) == ["b"]


def test_a_process_killed_inside_its_transaction_leaves_nothing_behind(db: Database, url: str) -> None:
    with Process(_STOPPED, url, "inside") as stopped:
        assert stopped.line() == "taken"
        eventually(lambda: _stopped_inside(db))
        stopped.signal(signal.SIGKILL)
        stopped.wait()
        taken = _taken(db, "b")
    assert taken.lease_no == 2
    assert _written(db) == []


def _stopped_inside(db: Database) -> bool:
    with db.transaction() as conn:
        return bool(
            conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'cxsync stopped'"
                " AND datname = current_database() AND state = 'idle in transaction'"
            ).fetchall()
        )


# Takes the lease again and again, too short for what it does, and notes its number in each transaction.
_CROWD = """
import random, sys, time
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.lease import Hand, LeaseLost, acquire
url, number = sys.argv[1:]
db = Database.open(url, name=number, idle_timeout=0.3)
chance = random.Random(number)
until = time.monotonic() + 6
while time.monotonic() < until:
    lease = acquire(db, "connection:c", number, 0.1)
    if lease is None:
        time.sleep(0.01)
        continue
    try:
        with Hand(db, lease) as hand:
            for _ in range(5):
                with hand.transaction() as conn:
                    time.sleep(chance.random() * 0.05)
                    conn.execute("INSERT INTO reads (who, topic) VALUES (%s, %s)", [number, str(lease.lease_no)])
                    time.sleep(chance.random() * 0.05)
    except (LeaseLost, DatabaseUnavailable):
        pass
"""


def test_writes_of_a_crowd_that_is_stopped_and_woken_at_random_never_interleave(db: Database, url: str) -> None:
    with processes(3, _CROWD, url) as crowd:
        for turn in range(12):
            victim = crowd[turn % 3]
            time.sleep(0.1)
            victim.signal(signal.SIGSTOP)
            time.sleep(0.5 if turn % 4 == 0 else 0.15)
            victim.signal(signal.SIGCONT)
        for process in crowd:
            process.rest()
    with db.transaction() as conn:
        numbers = [int(row["topic"]) for row in conn.execute("SELECT topic FROM reads ORDER BY id")]
    assert len(set(numbers)) > 5, "the lease must have changed hands"
    assert numbers == sorted(numbers)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["take", "expire", "give back"]), max_size=12))
def test_lease_numbers_only_rise(db: Database, steps: list[str]) -> None:
    numbers = []
    held: Lease | None = None
    for step in steps:
        if step == "take":
            taken = acquire(db, RESOURCE, "a")
            if taken is not None:
                numbers.append(taken.lease_no)
                held = taken
        elif step == "expire":
            _expire(db)
        elif held is not None:
            with Hand(db, held):
                pass
    assert numbers == sorted(set(numbers))
    _expire(db)
