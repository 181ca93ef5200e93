"""Connections: one a user, one a mailbox; states; credentials only as sealed bytes."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import msgspec
import pytest

from cxsync.store import connections
from cxsync.store.connections import ConnectionUnknown, MailboxConnected, TenantGone, UserConnected
from cxsync.store.database import Database
from cxsync.store.tenants import NewTenant
from tests.integration.store.conftest import Connect, new_connection
from tests.integration.store.process import eventually


def test_a_connection_comes_out_as_it_went_in(db: Database, tenant: NewTenant) -> None:
    made = new_connection(tenant.id, "jan")
    with db.transaction() as conn:
        connections.create(conn, made)
        found = connections.get(conn, made.id)
        assert connections.find(conn) == [found]
        assert connections.of_user(conn, tenant.id, "jan") == found
        assert connections.of_user(conn, tenant.id, "piet") is None
    for name in type(made).__struct_fields__:
        assert getattr(found, name) == getattr(made, name)
    assert (found.state, found.activated_at, found.credentials_worked_at) == ("new", None, None)


def test_an_unknown_connection_or_tenant_is_named(db: Database) -> None:
    nobody = uuid4()
    with db.transaction() as conn:
        with pytest.raises(ConnectionUnknown, match=str(nobody)):
            connections.get(conn, nobody)
        with pytest.raises(ConnectionUnknown):
            connections.set_state(conn, nobody, "paused")
        with pytest.raises(ConnectionUnknown):
            connections.set_credentials(conn, nobody, b"sealed", "0a1b2c3d")
        with pytest.raises(TenantGone):
            connections.create(conn, new_connection(nobody, "jan"))


def test_a_user_and_a_mailbox_have_one_connection_each(db: Database, tenant: NewTenant, connect: Connect) -> None:
    connect("jan")
    other = new_connection(tenant.id, "piet")
    with pytest.raises(UserConnected), db.transaction() as conn:
        connections.create(conn, msgspec.structs.replace(other, carerix_user="jan"))
    with pytest.raises(MailboxConnected), db.transaction() as conn:
        connections.create(conn, msgspec.structs.replace(other, mailbox="mailbox of jan"))
    with db.transaction() as conn:
        connections.create(conn, msgspec.structs.replace(other, mailbox="mailbox of jan", provider="google"))


def test_an_ended_connection_frees_its_mailbox_and_cannot_come_back_over_its_successor(
    db: Database, tenant: NewTenant, connect: Connect
) -> None:
    old = connect("jan")
    with db.transaction() as conn:
        connections.set_state(conn, old, "ended", reason="user-left")
    successor = msgspec.structs.replace(new_connection(tenant.id, "piet"), mailbox="mailbox of jan")
    with db.transaction() as conn:
        connections.create(conn, successor)
        assert connections.by_user(conn, tenant.id) == {"jan": old, "piet": successor.id}
    with pytest.raises(MailboxConnected), db.transaction() as conn:
        connections.set_state(conn, old, "active")


def test_the_carerix_poller_finds_the_newest_connection_of_each_user_whatever_its_state(
    db: Database, tenant: NewTenant, connect: Connect
) -> None:
    old = connect("jan")
    with db.transaction() as conn:
        connections.set_state(conn, old, "ended")
        assert connections.by_user(conn, tenant.id) == {"jan": old}
    new, gone = connect("jan", active=False), connect("klaas")
    with db.transaction() as conn:
        connections.set_state(conn, gone, "removed")
        assert connections.by_user(conn, tenant.id) == {"jan": new}


def test_a_state_has_a_reason_and_a_time_and_is_only_left_if_it_is_the_expected_one(
    db: Database, connect: Connect
) -> None:
    connection = connect("jan")
    with db.transaction() as conn:
        assert not connections.set_state(conn, connection, "refused", expected={"paused", "suspect"})
        before = connections.get(conn, connection)
        assert connections.set_state(conn, connection, "refused", reason="password", expected={"active"})
        refused = connections.get(conn, connection)
    assert (before.state, refused.state, refused.state_reason) == ("active", "refused", "password")
    assert refused.state_since > before.state_since
    with db.transaction() as conn:
        connections.set_state(conn, connection, "refused", reason="expired")
        again = connections.get(conn, connection)
        assert (again.state_reason, again.state_since) == ("expired", refused.state_since)
        connections.set_state(conn, connection, "active")
        active = connections.get(conn, connection)
    assert active.activated_at == before.activated_at, "the baseline's time stays"


def test_a_removed_connection_has_no_credentials_and_never_comes_back(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    with db.transaction() as conn:
        assert connections.set_state(conn, connection, "removed")
        gone = connections.get(conn, connection)
        assert (gone.credentials, gone.credential_key_id) == (None, None)
        assert not connections.set_state(conn, connection, "active")
        assert connections.get(conn, connection).state == "removed"
        assert connections.find(conn) == []
        assert [found.id for found in connections.find(conn, removed=True)] == [connection]
        with pytest.raises(ConnectionUnknown):
            connections.set_credentials(conn, connection, b"sealed", "0a1b2c3d")
    connect("jan")


def test_new_credentials_have_not_worked_yet(db: Database, connect: Connect) -> None:
    connection = connect("jan")
    with db.transaction() as conn:
        connections.credentials_worked(conn, connection)
        assert connections.get(conn, connection).credentials_worked_at is not None
        connections.set_credentials(conn, connection, b"sealed anew", "11111111")
        found = connections.get(conn, connection)
    assert (found.credentials, found.credential_key_id, found.credentials_worked_at) == (
        b"sealed anew",
        "11111111",
        None,
    )


def test_of_two_that_leave_a_state_at_once_one_is_told_that_it_was_left_already(db: Database, connect: Connect) -> None:
    connection = connect("jan")

    def refuse() -> bool:
        with db.transaction() as conn:
            return connections.set_state(conn, connection, "refused", expected={"active"})

    with ThreadPoolExecutor(1) as thread:
        with db.transaction() as conn:
            assert connections.set_state(conn, connection, "suspect", expected={"active"})
            other = thread.submit(refuse)
            eventually(lambda: _waits_for_a_lock(db))
        assert not other.result(60)
    with db.transaction() as conn:
        assert connections.get(conn, connection).state == "suspect"


def _waits_for_a_lock(db: Database) -> bool:
    with db.transaction() as conn:
        return bool(
            conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchall()
        )
