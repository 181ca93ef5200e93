"""Keys are kept wrapped, re-wrapped one by one, and destroyed for good."""

from uuid import UUID, uuid4

import pytest

from cxsync.store import keys
from cxsync.store.database import Database
from cxsync.store.keys import KeyDestroyed, KeyMissing


def _put(db: Database, count: int, key_id: str) -> list[UUID]:
    made = [uuid4() for _ in range(count)]
    with db.transaction() as conn:
        for connection in made:
            keys.put(conn, connection, b"wrapped " + connection.bytes, key_id)
    return made


def test_a_key_is_found_until_it_is_destroyed_for_good(db: Database) -> None:
    (connection,) = _put(db, 1, "old")
    with db.transaction() as conn:
        assert keys.get(conn, connection) == b"wrapped " + connection.bytes
        keys.destroy(conn, connection)
        keys.destroy(conn, connection)
        with pytest.raises(KeyDestroyed):
            keys.get(conn, connection)
        with pytest.raises(KeyDestroyed):
            keys.put(conn, connection, b"another", "old")
        assert keys.counts(conn) == {}


def test_a_key_that_never_was_is_told_from_a_destroyed_one(db: Database) -> None:
    nobody = uuid4()
    with db.transaction() as conn:
        with pytest.raises(KeyMissing):
            keys.get(conn, nobody)
        keys.destroy(conn, nobody)
        with pytest.raises(KeyDestroyed):
            keys.get(conn, nobody)


def test_rewrapping_goes_on_where_it_was_cut_off(db: Database) -> None:
    made = _put(db, 5, "old")
    rewrapped: list[UUID] = []

    class Killed(Exception):
        pass

    def rewrap_three(connection: UUID, wrapped: bytes) -> bytes:
        if len(rewrapped) == 3:
            raise Killed
        rewrapped.append(connection)
        return wrapped.replace(b"wrapped", b"rewrapped")

    with pytest.raises(Killed):
        keys.rewrap(db, "new", rewrap_three)
    with db.transaction() as conn:
        assert keys.counts(conn) == {"old": 2, "new": 3}
    assert keys.rewrap(db, "new", lambda connection, wrapped: wrapped.replace(b"wrapped", b"rewrapped")) == 2
    with db.transaction() as conn:
        assert keys.counts(conn) == {"new": 5}
        assert {keys.get(conn, connection) for connection in made} == {b"rewrapped " + each.bytes for each in made}


def test_a_destroyed_key_is_not_rewrapped(db: Database) -> None:
    (connection,) = _put(db, 1, "old")
    with db.transaction() as conn:
        keys.destroy(conn, connection)
    assert keys.rewrap(db, "new", lambda connection, wrapped: wrapped) == 0
