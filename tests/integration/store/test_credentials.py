"""Secrets under CREDENTIAL_KEYS: counted and re-sealed, a row at a time."""

from uuid import UUID

import pytest

from cxsync.store import connections, credentials, tenants
from cxsync.store.database import Database
from cxsync.store.tenants import NewTenant
from tests.integration.store.conftest import Connect


def _anew(owner: UUID, sealed: bytes) -> bytes:
    return sealed.replace(b"sealed", b"sealed anew")


def test_every_secret_is_sealed_anew_and_a_run_that_was_cut_off_goes_on(
    db: Database, tenant: NewTenant, connect: Connect
) -> None:
    jan, piet, gone = connect("jan"), connect("piet"), connect("klaas")
    with db.transaction() as conn:
        connections.set_state(conn, gone, "removed")
        assert credentials.counts(conn) == {"0a1b2c3d": 3}
    done: list[UUID] = []

    def cut_off(owner: UUID, sealed: bytes) -> bytes:
        if done:
            raise KeyboardInterrupt
        done.append(owner)
        return _anew(owner, sealed)

    with pytest.raises(KeyboardInterrupt):
        credentials.rewrap(db, "11111111", cut_off)
    with db.transaction() as conn:
        assert credentials.counts(conn) == {"0a1b2c3d": 2, "11111111": 1}
    assert credentials.rewrap(db, "11111111", _anew) == 2
    with db.transaction() as conn:
        assert credentials.counts(conn) == {"11111111": 3}
        for connection in (jan, piet):
            assert connections.get(conn, connection).credentials == b"sealed anew credentials"
        assert connections.get(conn, gone).credentials is None
        found = tenants.get(conn, "acme")
        assert (found.client_secret, found.oidc_secret) == (b"sealed anew secret", None)
