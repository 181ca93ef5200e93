"""Tenants: named once, removed only when nothing hangs on them."""

from uuid import uuid4

import msgspec
import pytest

from cxsync.store import connections, schedule, tenants
from cxsync.store.connections import TenantGone
from cxsync.store.database import Database
from cxsync.store.lease import of_tenant
from cxsync.store.tenants import NewTenant, TenantExists, TenantInUse, TenantUnknown
from tests.integration.store.conftest import Connect, new_connection


def test_a_tenant_comes_out_as_it_went_in(db: Database, tenant: NewTenant) -> None:
    with db.transaction() as conn:
        found = tenants.get(conn, "acme")
        assert tenants.by_id(conn, tenant.id) == found
        assert tenants.everyone(conn) == [found]
    for name in NewTenant.__struct_fields__:
        assert getattr(found, name) == getattr(tenant, name)
    assert found.removed_at is None


def test_a_name_is_taken_once(db: Database, tenant: NewTenant) -> None:
    with pytest.raises(TenantExists) as caught, db.transaction() as conn:
        tenants.create(conn, msgspec.structs.replace(tenant, id=uuid4()))
    assert caught.value.name == "acme"


def test_an_unknown_tenant_is_named(db: Database) -> None:
    with db.transaction() as conn:
        for call in (tenants.get, tenants.remove):
            with pytest.raises(TenantUnknown, match="nobody"):
                call(conn, "nobody")
        assert tenants.by_id(conn, uuid4()) is None


def test_a_tenant_with_connections_is_not_removed(db: Database, tenant: NewTenant, connect: Connect) -> None:
    connection = connect("jan")
    with pytest.raises(TenantInUse) as caught, db.transaction() as conn:
        tenants.remove(conn, "acme")
    assert caught.value.connections == 1
    with db.transaction() as conn:
        connections.set_state(conn, connection, "ended")
    with pytest.raises(TenantInUse), db.transaction() as conn:
        tenants.remove(conn, "acme")
    with db.transaction() as conn:
        connections.set_state(conn, connection, "removed")
        tenants.remove(conn, "acme")


def test_a_removed_tenant_has_no_secrets_is_not_polled_and_frees_its_name(db: Database, tenant: NewTenant) -> None:
    with db.transaction() as conn:
        tenants.remove(conn, "acme")
        gone = tenants.by_id(conn, tenant.id)
        assert gone is not None
        assert (gone.client_secret, gone.secret_key_id, gone.oidc_secret) == (None, None, None)
        assert gone.removed_at is not None
        assert schedule.of(conn, of_tenant(tenant.id)) == []
        assert tenants.everyone(conn) == []
        tenants.create(conn, msgspec.structs.replace(tenant, id=uuid4()))
    with pytest.raises(TenantGone), db.transaction() as conn:
        connections.create(conn, new_connection(tenant.id, "jan"))
