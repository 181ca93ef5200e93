"""What the audit puts in: connections, numbered edits, and records that nobody can read."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from cxsync import trace
from cxsync.keyring import Keyring
from cxsync.settings import Settings
from cxsync.store import connections, keys, tenants
from cxsync.store.connections import NewConnection
from cxsync.store.database import Database
from cxsync.store.tenants import NewTenant
from schemas.keys import key_id
from schemas.message import Message
from tests.audit.payload import TABLES


def prepare(database: Database, keyring: Keyring, *, count: int) -> list[UUID]:
    """The audit's tables, one tenant, ``count`` active connections with their keys."""
    with database.transaction() as conn:
        conn.execute(TABLES)
    tenant = NewTenant(
        id=trace.derived("audit tenant"),
        name="audit",
        graphql_url="http://localhost/graphql",
        token_url="http://localhost/token",
        client_id="audit",
        client_secret=None,
        secret_key_id=None,
        api_timezone="UTC",
        system_timezone="Europe/Amsterdam",
    )
    made = [trace.derived("audit connection", number) for number in range(count)]
    with database.transaction() as conn:
        tenants.create(conn, tenant)
        for number, connection_id in enumerate(made):
            connections.create(
                conn,
                NewConnection(
                    id=connection_id,
                    tenant_id=tenant.id,
                    carerix_user=str(number),
                    provider="exchange",
                    mailbox=f"mailbox {number}",
                    server="https://localhost:443",
                    language="en",
                    credentials=None,
                    credential_key_id=None,
                    details=None,
                ),
            )
            wrapped = keyring.make(connection_id)
            keys.put(conn, connection_id, wrapped, key_id(wrapped))
            connections.set_state(conn, connection_id, "active")
    return made


def add_edits(database: Database, chosen: random.Random, made: Sequence[UUID], *, count: int) -> None:
    """``count`` edits: four in five make a new item, the others change one that is there."""
    versions: dict[UUID, list[int]] = {connection_id: [] for connection_id in made}
    rows = []
    for _ in range(count):
        connection_id = chosen.choice(made)
        items = versions[connection_id]
        if items and chosen.random() < 0.2:
            item = chosen.randrange(len(items))
            items[item] += 1
        else:
            items.append(1)
            item = len(items) - 1
        rows.append((connection_id, f"item-{item}", items[item]))
    with (
        database.transaction() as conn,
        conn.cursor().copy("COPY audit_inputs (connection_id, item, version) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def unreadable(settings: Settings, made: Sequence[UUID]) -> list[Message]:
    """One record of each kind that ends as a dead letter: no Avro, no headers, Avro of no schema we know."""
    topic = f"{settings.topic_prefix}raw.exchange"
    key = str(made[0]).encode()
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    headers = trace.headers(trace.derived("garbage"), made[0], "exchange", at).to_kafka()
    return [
        Message(topic, key, b"not a record", headers),
        Message(topic, key, b"\xc3\x01" + bytes(8), headers),
        Message(topic, b"no connection", b"{}", []),
    ]
