"""Links: pending before a create, unique native ids while not closed, counted writes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from cxsync.store import lease, links
from cxsync.store.database import Database
from cxsync.store.lease import Fenced, Hand, acquire
from cxsync.store.links import AlreadyLinked, LinkMissing, Observed
from tests.integration.store.conftest import Connect


@pytest.fixture
def connection(connect: Connect) -> UUID:
    return connect("jan")


@pytest.fixture
def hand(db: Database, connection: UUID) -> Iterator[Hand]:
    taken = acquire(db, lease.of_connection(connection), "sink")
    assert taken is not None
    with Hand(db, taken) as held:
        yield held


def _pend(conn: Fenced, connection: UUID, native_id: str, *, key: UUID | None = None, generation: int = 0) -> UUID:
    link_id = uuid4()
    links.pend(
        conn,
        link_id=link_id,
        connection_id=connection,
        creation_key=key or uuid4(),
        generation=generation,
        origin="carerix",
        native_id=native_id,
        observed=Observed("v1", b"fingerprint"),
    )
    return link_id


def _pair(conn: Fenced, connection: UUID, carerix_id: str, external_id: str) -> UUID:
    link_id = uuid4()
    links.pair(
        conn,
        link_id=link_id,
        connection_id=connection,
        creation_key=uuid4(),
        generation=0,
        origin="external",
        carerix_id=carerix_id,
        external_id=external_id,
        base=b"sealed base",
        carerix=Observed("c1", b"cf"),
        external=Observed("e1", b"ef"),
    )
    return link_id


def test_a_create_is_announced_then_completed(hand: Hand, connection: UUID) -> None:
    key = uuid4()
    with hand.transaction() as conn:
        link_id = _pend(conn, connection, "42", key=key)
        pending = links.get(conn, link_id)
        assert pending is not None
        assert (pending.state, pending.origin, pending.carerix_id, pending.external_id) == (
            "pending",
            "carerix",
            "42",
            None,
        )
        assert links.find_by_creation_key(conn, connection, key) == pending
        assert links.find(conn, connection, "carerix", "42") == pending
    with hand.transaction() as conn:
        links.complete(conn, link_id, native_id="AAMk", base=b"sealed", target=Observed("ck", b"ef", written=True))
        live = links.find(conn, connection, "external", "AAMk")
    assert live is not None
    assert (live.id, live.state, live.base) == (link_id, "live", b"sealed")
    assert (live.external_version, live.external_fingerprint, live.carerix_version) == ("ck", b"ef", "v1")
    assert live.external_written_at is not None
    assert (live.external_read_at, live.carerix_written_at) == (None, None)


def test_only_a_pending_link_can_be_completed(hand: Hand, connection: UUID) -> None:
    with hand.transaction() as conn:
        link_id = _pair(conn, connection, "42", "AAMk")
    for other in (link_id, uuid4()):
        with pytest.raises(LinkMissing), hand.transaction() as conn:
            links.complete(conn, other, native_id="x", base=b"", target=Observed(None, None))


def test_an_item_has_one_link_that_is_not_closed(hand: Hand, connection: UUID) -> None:
    with hand.transaction() as conn:
        first = _pair(conn, connection, "42", "AAMk")
        pending = _pend(conn, connection, "43")
    with pytest.raises(AlreadyLinked) as caught, hand.transaction() as conn:
        _pend(conn, connection, "42")
    assert caught.value.what == "Carerix id"
    with pytest.raises(AlreadyLinked) as caught, hand.transaction() as conn:
        links.complete(conn, pending, native_id="AAMk", base=b"", target=Observed(None, None))
    assert caught.value.what == "external id"
    with hand.transaction() as conn:
        links.set_state(conn, first, "closed", "deleted")
        second = _pair(conn, connection, "42", "AAMk")
        found = links.find(conn, connection, "carerix", "42")
        assert found is not None
        assert found.id == second
    with pytest.raises(AlreadyLinked), hand.transaction() as conn:
        links.set_state(conn, first, "live", "")


def test_a_native_id_is_compared_to_the_letter(hand: Hand, connection: UUID) -> None:
    with hand.transaction() as conn:
        _pair(conn, connection, "1", "AAMkAb=")
        _pair(conn, connection, "2", "AAMkAB=")
        found = links.find(conn, connection, "external", "AAMkAB=")
        assert found is not None
        assert found.carerix_id == "2"


def test_a_creation_key_is_used_once_also_after_its_link_was_closed(hand: Hand, connection: UUID) -> None:
    key = uuid4()
    with hand.transaction() as conn:
        link_id = _pend(conn, connection, "42", key=key)
        links.set_state(conn, link_id, "closed", "deleted")
    with pytest.raises(AlreadyLinked) as caught, hand.transaction() as conn:
        _pend(conn, connection, "42", key=key)
    assert caught.value.what == "creation key"
    with hand.transaction() as conn:
        assert links.last_generation(conn, connection, "carerix", "42") == 0
        assert links.last_generation(conn, connection, "external", "42") is None
        _pend(conn, connection, "42", generation=1)
        assert links.last_generation(conn, connection, "carerix", "42") == 1


def test_reading_and_writing_a_side_is_remembered_of_that_side_only(hand: Hand, connection: UUID) -> None:
    with hand.transaction() as conn:
        link_id = _pair(conn, connection, "42", "AAMk")
        links.observe(conn, link_id, "carerix", Observed("c2", b"cf2", read=True))
        read = links.get(conn, link_id)
        links.observe(conn, link_id, "external", Observed("e2", b"ef2", written=True))
        links.rebase(conn, link_id, b"sealed anew")
        written = links.get(conn, link_id)
    assert read is not None
    assert written is not None
    assert read.carerix_read_at is not None
    assert (read.carerix_version, read.external_version, read.external_written_at) == ("c2", "e1", None)
    assert written.carerix_read_at == read.carerix_read_at
    assert written.external_written_at is not None
    assert (written.external_fingerprint, written.base) == (b"ef2", b"sealed anew")


def test_content_writes_are_counted_over_the_last_hour(hand: Hand, connection: UUID) -> None:
    with hand.transaction() as conn:
        link_id = _pair(conn, connection, "42", "AAMk")
        assert [links.count_write(conn, link_id) for _ in range(11)] == list(range(1, 12))
        conn.execute(
            "UPDATE links SET content_writes = ARRAY(SELECT at - interval '59 minutes' FROM unnest(content_writes) at)"
        )
        assert links.count_write(conn, link_id) == 12
        conn.execute(
            "UPDATE links SET content_writes = ARRAY(SELECT at - interval '2 minutes' FROM unnest(content_writes) at)"
        )
        assert links.count_write(conn, link_id) == 2
    with pytest.raises(LinkMissing), hand.transaction() as conn:
        links.count_write(conn, uuid4())


def test_links_are_counted_by_state_and_by_how_lately_they_came_into_it(hand: Hand, connection: UUID) -> None:
    with hand.transaction() as conn:
        made = [_pair(conn, connection, str(number), f"A{number}") for number in range(5)]
        for link_id in made[:3]:
            links.set_state(conn, link_id, "closed", "deleted")
        conn.execute("UPDATE links SET state_since = %s WHERE id = %s", [datetime(2026, 1, 1, tzinfo=UTC), made[0]])
        assert links.count(conn, connection, "live") == 2
        assert links.count(conn, connection, "closed") == 3
        assert links.count(conn, connection, "closed", within=3600) == 2
        assert links.count(conn, uuid4(), "live") == 0
    with pytest.raises(LinkMissing), hand.transaction() as conn:
        links.set_state(conn, uuid4(), "closed", "")
