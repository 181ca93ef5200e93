"""Cursors and the observation times that order everything within a connection."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cxsync.store import cursors
from cxsync.store.cursors import CursorMissing
from cxsync.store.database import Database
from cxsync.store.lease import Hand, acquire

RESOURCE = "connection:c"


@pytest.fixture
def hand(db: Database) -> Iterator[Hand]:
    lease = acquire(db, RESOURCE, "p")
    assert lease is not None
    with Hand(db, lease) as held:
        yield held


def test_observation_times_rise_strictly_also_within_one_transaction(hand: Hand) -> None:
    times = []
    for _ in range(3):
        with hand.transaction() as conn:
            times += [cursors.next_observed_at(conn, RESOURCE, "exchange") for _ in range(50)]
    assert times == sorted(set(times))


def test_observation_times_rise_when_the_clock_of_the_database_was_set_back(hand: Hand) -> None:
    with hand.transaction() as conn:
        first = cursors.next_observed_at(conn, RESOURCE, "exchange")
        conn.execute("UPDATE cursors SET observed_at = observed_at + interval '1 day'")
        second = cursors.next_observed_at(conn, RESOURCE, "exchange")
        third = cursors.next_observed_at(conn, RESOURCE, "exchange")
    assert second == first + timedelta(days=1, microseconds=1)
    assert third == second + timedelta(microseconds=1)


def test_several_times_taken_at_once_are_the_takers_alone(hand: Hand) -> None:
    with hand.transaction() as conn:
        for count in (1, 3, 1000, 2, 1):
            first = cursors.next_observed_at(conn, RESOURCE, "exchange", count)
            cursor = cursors.get(conn, RESOURCE, "exchange")
            assert cursor is not None
            assert cursor.observed_at == first + timedelta(microseconds=count - 1)
            conn.execute("UPDATE cursors SET observed_at = observed_at + interval '1 day'")  # the clock does not help
            assert cursors.next_observed_at(conn, RESOURCE, "exchange") > first + timedelta(microseconds=count - 1)


def test_a_cursor_keeps_its_value_and_its_times_each_for_itself(db: Database, hand: Hand) -> None:
    with hand.transaction() as conn:
        first = cursors.next_observed_at(conn, RESOURCE, "exchange")
        cursors.move(conn, RESOURCE, "exchange", b"sync state")
        assert cursors.next_observed_at(conn, RESOURCE, "exchange") > first
    with db.transaction() as conn:
        cursor = cursors.get(conn, RESOURCE, "exchange")
        assert cursor is not None
        assert cursor.value == b"sync state"
        assert cursor.moved_at is not None
        assert cursors.get(conn, RESOURCE, "google") is None
    with hand.transaction() as conn:
        cursors.forget(conn, RESOURCE, "exchange")
        forgotten = cursors.get(conn, RESOURCE, "exchange")
        assert forgotten is not None
        assert forgotten.value is None
        assert cursors.next_observed_at(conn, RESOURCE, "exchange") > cursor.observed_at


def test_a_cursor_is_not_moved_for_what_was_never_observed(hand: Hand) -> None:
    with pytest.raises(CursorMissing), hand.transaction() as conn:
        cursors.move(conn, RESOURCE, "exchange", b"x")
