"""Who is polled next: decided in PostgreSQL, so that any number of processes share the work."""

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import sql

from cxsync.store.database import Database, Transaction
from cxsync.store.lease import SECONDS, TAKEN, Fenced, Lease, declare


class DuePoll(msgspec.Struct, frozen=True):
    """A poll to do now, with the lease that was taken for it; enter a ``Hand`` on it at once. Times in UTC."""

    lease: Lease
    system: str
    tenant_id: UUID | None
    connection_id: UUID | None
    due_at: datetime
    last_success_at: datetime | None
    last_change_at: datetime | None
    failures: int
    last_error_code: str | None

    @property
    def resource(self) -> str:
        """What is polled: a connection, or a tenant for Carerix."""
        return self.lease.resource


class Poll(msgspec.Struct, frozen=True):
    """The state of a poll, for people to see. Times in UTC."""

    resource: str
    system: str
    due_at: datetime
    last_success_at: datetime | None
    last_change_at: datetime | None
    failures: int
    last_error_code: str | None


def add(
    conn: Transaction,
    resource: str,
    system: str,
    *,
    tenant_id: UUID | None = None,
    connection_id: UUID | None = None,
) -> None:
    """Poll ``resource`` from now on, a connection only while it is active. Safe to repeat."""
    declare(conn, resource)
    conn.execute(
        "INSERT INTO polls (resource, system, tenant_id, connection_id) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [resource, system, tenant_id, connection_id],
    )


def remove(conn: Transaction, resource: str) -> None:
    """Poll ``resource`` no more."""
    conn.execute("DELETE FROM polls WHERE resource = %s", [resource])


_TAKE_DUE = sql.SQL(
    """WITH free AS (
        SELECT p.* FROM polls p JOIN leases USING (resource)
         WHERE p.system = %(system)s AND p.due_at <= clock_timestamp()
           AND (p.connection_id IS NULL
                OR EXISTS (SELECT 1 FROM connections WHERE id = p.connection_id AND state = 'active'))
           AND leases.expires_at <= clock_timestamp()
         ORDER BY p.due_at LIMIT %(limit)s
           FOR UPDATE OF p, leases SKIP LOCKED),
    {taken}
    SELECT taken.lease_no, free.* FROM free JOIN taken USING (resource) ORDER BY free.due_at"""
).format(taken=TAKEN)


def take_due(db: Database, system: str, holder: str, limit: int, seconds: float = SECONDS) -> list[DuePoll]:
    """Take up to ``limit`` polls of ``system`` that are due and whose lease nobody holds, the longest due first.

    Take no more than can be started at once: the leases run from now.
    """
    with db.transaction() as conn:
        rows = conn.execute(
            _TAKE_DUE, {"system": system, "holder": holder, "limit": limit, "seconds": seconds}
        ).fetchall()
    return [
        DuePoll(
            lease=Lease(row["resource"], holder, row["lease_no"], seconds),
            system=row["system"],
            tenant_id=row["tenant_id"],
            connection_id=row["connection_id"],
            due_at=row["due_at"],
            last_success_at=row["last_success_at"],
            last_change_at=row["last_change_at"],
            failures=row["failures"],
            last_error_code=row["last_error_code"],
        )
        for row in rows
    ]


def done(conn: Fenced, resource: str, system: str, *, changed: bool, next_in: float) -> None:
    """A poll succeeded; the next one in ``next_in`` seconds or up to a tenth sooner, so that polls spread out."""
    conn.execute(
        """
        UPDATE polls SET last_success_at = clock_timestamp(), failures = 0, last_error_code = NULL,
               last_change_at = CASE WHEN %(changed)s THEN clock_timestamp() ELSE last_change_at END,
               due_at = clock_timestamp() + make_interval(secs => %(next_in)s * (1 - random() / 10))
         WHERE resource = %(resource)s AND system = %(system)s
        """,
        {"resource": resource, "system": system, "changed": changed, "next_in": next_in},
    )


def failed(conn: Fenced, resource: str, system: str, *, code: str, next_in: float) -> None:
    """A poll failed with ``code``; the next attempt in ``next_in`` seconds or up to a tenth sooner."""
    conn.execute(
        """
        UPDATE polls SET failures = failures + 1, last_error_code = %(code)s,
               due_at = clock_timestamp() + make_interval(secs => %(next_in)s * (1 - random() / 10))
         WHERE resource = %(resource)s AND system = %(system)s
        """,
        {"resource": resource, "system": system, "code": code, "next_in": next_in},
    )


def hasten(conn: Transaction, resource: str) -> None:
    """Poll ``resource`` as soon as somebody is free (a notification came, or a person asked)."""
    conn.execute(
        "UPDATE polls SET due_at = clock_timestamp() WHERE resource = %s AND due_at > clock_timestamp()", [resource]
    )


def restart(conn: Transaction, resource: str) -> None:
    """Poll ``resource`` at once as if it had never failed: what it failed of was mended."""
    conn.execute(
        "UPDATE polls SET due_at = clock_timestamp(), failures = 0, last_error_code = NULL WHERE resource = %s",
        [resource],
    )


def of(conn: Transaction, resource: str) -> list[Poll]:
    """The polls of ``resource``."""
    rows = conn.execute(
        "SELECT resource, system, due_at, last_success_at, last_change_at, failures, last_error_code"
        " FROM polls WHERE resource = %s ORDER BY system",
        [resource],
    )
    return [Poll(**row) for row in rows]
