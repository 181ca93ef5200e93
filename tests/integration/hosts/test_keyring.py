"""The keyring over the real table: asked once a minute, erased everywhere within that minute."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from cxsync.account import Details, details_of, seal_details, secret_of
from cxsync.keyring import KEEP, Keyring, credential_keys, encryption_keys
from cxsync.settings import Settings
from cxsync.store import connections, keys
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.keys import KeyMissing
from schemas.errors import Erased, UnknownMasterKey
from schemas.keys import as_text, new_key
from tests.integration.hosts.faults import database_away


class Clock:
    """Seconds that stand still until they are moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_kept_for_a_minute_and_its_end_is_noticed_then(
    ground: Settings, database: Database, owners: list[UUID]
) -> None:
    clock = Clock()
    keyring = Keyring(database, encryption_keys(ground), clock)
    assert not keyring.has(owners[0])
    key = keyring.key_of(owners[0])
    with database.transaction() as conn:
        keys.destroy(conn, owners[0])
    clock.now += KEEP - 0.1
    assert keyring.has(owners[0])
    assert keyring.key_of(owners[0]) == key
    clock.now += 0.1
    assert not keyring.has(owners[0])
    with pytest.raises(Erased):
        keyring.key_of(owners[0])
    assert keyring.has(owners[0]), "that it was erased is known without asking too"


def test_a_key_at_hand_outlives_the_database_for_its_minute(
    ground: Settings, database: Database, owners: list[UUID]
) -> None:
    with Database.open(ground.database_url, name="short", patience=0.5) as short:
        keyring = Keyring(short, encryption_keys(ground))
        key = keyring.key_of(owners[0])
        with database_away(ground):
            assert keyring.key_of(owners[0]) == key
            with pytest.raises(DatabaseUnavailable):
                keyring.key_of(owners[1])
        # The pool asks for a connection again with growing pauses.
        assert eventually(lambda: keyring.key_of(owners[1])) != key


def eventually(asked: Callable[[], bytes]) -> bytes:
    """The answer, once the database gives one."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return asked()
        except DatabaseUnavailable:
            if time.monotonic() > deadline:
                raise


def test_a_missing_key_is_asked_for_again_and_a_wrong_master_key_is_named(
    ground: Settings, database: Database, owners: list[UUID]
) -> None:
    keyring = Keyring(database, encryption_keys(ground))
    unknown = uuid4()
    with pytest.raises(KeyMissing, match=str(unknown)):
        keyring.key_of(unknown)
    assert not keyring.has(unknown)
    other = ground.model_copy(update={"encryption_keys": as_text(new_key())})
    with pytest.raises(UnknownMasterKey, match="add the missing key to CXSYNC_ENCRYPTION_KEYS"):
        Keyring(database, encryption_keys(other)).key_of(owners[0])


def test_who_has_the_connections_key_reads_details_and_no_password(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID]
) -> None:
    owner, masters = owners[0], credential_keys(ground)
    details = Details(endpoint="https://mail.example.com/EWS/Exchange.asmx", email="a@example.com", zone="Asia/Tokyo")
    with database.transaction() as conn:
        connections.set_credentials(conn, owner, masters.wrap(owner, b"hunter2"), masters.first_id)
        conn.execute(
            "UPDATE connections SET details = %s WHERE id = %s",
            [seal_details(keyring.key_of(owner), owner, details), owner],
        )
        found = connections.get(conn, owner)
    assert details_of(keyring.key_of(owner), found) == details
    assert secret_of(masters, found) == "hunter2"
    assert b"hunter2" not in (found.credentials or b"")
    with pytest.raises(UnknownMasterKey):
        secret_of(encryption_keys(ground), found)
