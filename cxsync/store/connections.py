"""Connections: one Carerix user with one external calendar. Credentials are sealed bytes, never seen here in clear."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec
from psycopg import errors, sql

from cxsync.errors import CxSyncError
from cxsync.store import lease, schedule
from cxsync.store.database import Transaction

State: TypeAlias = Literal["new", "active", "paused", "refused", "suspect", "ended", "removed"]
Provider: TypeAlias = Literal["exchange", "google"]


class NewConnection(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection is made of.

    ``mailbox`` identifies the mailbox as the provider does, or is a digest of that; ``server`` is scheme://host:port;
    ``credentials`` are sealed under the master key ``credential_key_id``, ``details`` (addresses, user name, endpoint)
    under the connection's own key.
    """

    id: UUID
    tenant_id: UUID
    carerix_user: str
    provider: Provider
    mailbox: str
    server: str
    language: str
    credentials: bytes | None
    credential_key_id: str | None
    details: bytes | None


class Connection(NewConnection, frozen=True, kw_only=True):
    """A connection in the database. Times in UTC; ``activated_at`` is T0 of rule 12; ``credentials_worked_at`` is
    None while they never worked (rule 8)."""

    credentials_worked_at: datetime | None
    state: State
    state_reason: str
    state_since: datetime
    activated_at: datetime | None
    created_at: datetime


class UserConnected(CxSyncError):
    """The Carerix user has a live connection."""

    code: ClassVar[str] = "user-connected"

    def __init__(self, connection_id: UUID) -> None:
        super().__init__(
            f"connection {connection_id}: its Carerix user has another connection; use `cxsync connection replace` "
            "for another calendar, or remove the other connection first"
        )


class MailboxConnected(CxSyncError):
    """The mailbox has a live connection."""

    code: ClassVar[str] = "mailbox-connected"

    def __init__(self, connection_id: UUID) -> None:
        super().__init__(
            f"connection {connection_id}: its mailbox has another connection; a mailbox is connected with one Carerix "
            "user only: remove the other connection first"
        )


class ConnectionUnknown(CxSyncError):
    """No connection of that id."""

    code: ClassVar[str] = "connection-unknown"

    def __init__(self, connection_id: UUID) -> None:
        self.connection_id = connection_id
        super().__init__(f"there is no connection {connection_id}; `cxsync connection list` shows those there are")


class TenantGone(CxSyncError):
    """The tenant of a new connection is unknown or removed."""

    code: ClassVar[str] = "tenant-gone"

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        super().__init__(f"tenant {tenant_id} is unknown or removed; add the tenant first")


_SELECT = sql.SQL("SELECT {columns} FROM connections ").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, Connection.__struct_fields__))
)
_INSERT = sql.SQL("INSERT INTO connections ({columns}, state) VALUES ({values}, 'new')").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, NewConnection.__struct_fields__)),
    values=sql.SQL(", ").join(map(sql.Placeholder, NewConnection.__struct_fields__)),
)


def create(conn: Transaction, connection: NewConnection) -> None:
    """Add a connection in state ``new``; nothing is polled before it is ``active``.

    Raises:
        TenantGone: the tenant is unknown or removed.
        UserConnected, MailboxConnected: one that is neither ended nor removed has them; the transaction cannot go on.
    """
    tenant = conn.execute(
        "SELECT 1 FROM tenants WHERE id = %s AND removed_at IS NULL FOR KEY SHARE", [connection.tenant_id]
    ).fetchone()
    if tenant is None:
        raise TenantGone(connection.tenant_id)
    try:
        conn.execute(_INSERT, msgspec.structs.asdict(connection))
    except errors.UniqueViolation as error:
        raise _taken(connection.id, error) from error
    lease.declare(conn, lease.of_mail(connection.id))
    schedule.add(conn, lease.of_connection(connection.id), connection.provider, connection_id=connection.id)


def get(conn: Transaction, connection_id: UUID) -> Connection:
    """The connection, whatever its state.

    Raises:
        ConnectionUnknown: there is none.
    """
    row = conn.execute(_SELECT + sql.SQL("WHERE id = %s"), [connection_id]).fetchone()
    if row is None:
        raise ConnectionUnknown(connection_id)
    return Connection(**row)


def find(conn: Transaction, *, tenant_id: UUID | None = None, removed: bool = False) -> list[Connection]:
    """Connections of one tenant or all, oldest first; removed ones only if asked for."""
    rows = conn.execute(
        _SELECT
        + sql.SQL(
            "WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s) AND (%(removed)s OR state <> 'removed')"
            " ORDER BY created_at, id"
        ),
        {"tenant": tenant_id, "removed": removed},
    )
    return [Connection(**row) for row in rows]


def of_user(conn: Transaction, tenant_id: UUID, carerix_user: str) -> Connection | None:
    """The user's connection that is neither ended nor removed."""
    row = conn.execute(
        _SELECT + sql.SQL("WHERE tenant_id = %s AND carerix_user = %s AND state NOT IN ('ended', 'removed')"),
        [tenant_id, carerix_user],
    ).fetchone()
    return None if row is None else Connection(**row)


def by_user(conn: Transaction, tenant_id: UUID) -> dict[str, UUID]:
    """Connection ids by Carerix user, of all that are not removed: whom the Carerix poller publishes for (rule 11).

    If a user's old connection ended and a new one was made, the new one counts.
    """
    rows = conn.execute(
        "SELECT DISTINCT ON (carerix_user) carerix_user, id FROM connections"
        " WHERE tenant_id = %s AND state <> 'removed' ORDER BY carerix_user, state = 'ended', created_at DESC",
        [tenant_id],
    )
    return {row["carerix_user"]: row["id"] for row in rows}


def set_state(
    conn: Transaction,
    connection_id: UUID,
    state: State,
    *,
    reason: str = "",
    expected: Collection[State] | None = None,
) -> bool:
    """Bring the connection into ``state``; ``reason`` is a code.

    Only an active one is polled and its inbox worked on; in any other state what comes in waits.

    Args:
        expected: the states it must be in now; in another nothing happens and the answer is False. ``removed`` is
            never left.

    Raises:
        ConnectionUnknown: there is none.
        UserConnected, MailboxConnected: revived, and another took its user or mailbox; the transaction cannot go on.
    """
    row = conn.execute("SELECT state FROM connections WHERE id = %s FOR UPDATE", [connection_id]).fetchone()
    if row is None:
        raise ConnectionUnknown(connection_id)
    if row["state"] == "removed" or (expected is not None and row["state"] not in expected):
        return row["state"] == state == "removed" and expected is None
    try:
        conn.execute(
            """
            UPDATE connections SET state = %(state)s, state_reason = %(reason)s,
                   state_since = CASE WHEN state = %(state)s THEN state_since ELSE clock_timestamp() END,
                   activated_at = CASE WHEN %(state)s = 'active' THEN coalesce(activated_at, clock_timestamp())
                                       ELSE activated_at END
             WHERE id = %(id)s
            """,
            {"id": connection_id, "state": state, "reason": reason},
        )
    except errors.UniqueViolation as error:
        raise _taken(connection_id, error) from error
    if state == "removed":
        conn.execute(
            "UPDATE connections SET credentials = NULL, credential_key_id = NULL WHERE id = %s", [connection_id]
        )
    return True


def set_credentials(conn: Transaction, connection_id: UUID, credentials: bytes, key_id: str) -> None:
    """Replace the sealed credentials; they have not worked yet.

    Raises:
        ConnectionUnknown: there is none that is not removed.
    """
    changed = conn.execute(
        "UPDATE connections SET credentials = %s, credential_key_id = %s, credentials_worked_at = NULL"
        " WHERE id = %s AND state <> 'removed'",
        [credentials, key_id, connection_id],
    ).rowcount
    if changed == 0:
        raise ConnectionUnknown(connection_id)


def set_details(conn: Transaction, connection_id: UUID, details: bytes) -> None:
    """Replace the sealed details: the user signs in by another name, or moved to another address."""
    conn.execute("UPDATE connections SET details = %s WHERE id = %s", [details, connection_id])


def credentials_worked(conn: Transaction, connection_id: UUID) -> None:
    """The server accepted the credentials just now."""
    conn.execute("UPDATE connections SET credentials_worked_at = clock_timestamp() WHERE id = %s", [connection_id])


def _taken(connection_id: UUID, error: errors.UniqueViolation) -> Exception:
    match error.diag.constraint_name:
        case "connections_user":
            return UserConnected(connection_id)
        case "connections_mailbox":
            return MailboxConnected(connection_id)
    return error
