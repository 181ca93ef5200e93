"""The workers' side of the inbox: which connection has something due, what it is, and what became of it.

A worker calls ``take_due``, enters a ``Hand`` on each lease at once, then repeats ``due`` and, item by item,
``finish`` or ``retry``; ``settle`` if it lets the connection go before ``due`` came back empty.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.rows import DictRow

from cxsync.store.database import Database, Transaction
from cxsync.store.lease import SECONDS, TAKEN, Fenced, Lease, of_target
from cxsync.store.message import unpack_headers
from schemas.records import Position


class Taken(msgspec.Struct, frozen=True):
    """A connection with due items, and the lease that was taken for it."""

    connection_id: UUID
    lease: Lease


class Item(msgspec.Struct, frozen=True):
    """An inbox row. ``attempts`` counts those that ended in ``retry``."""

    connection_id: UUID
    target: str
    native_id: str
    source: str
    change_id: UUID
    observed_at: datetime
    value: bytes
    headers: list[tuple[str, bytes]]
    position: Position
    attempts: int
    due_at: datetime
    last_code: str | None
    held: str | None


# A calendar is touched while its connection is active; its user is also told why it no longer is (rule 8).
_ALLOWED = sql.SQL("(c.state = 'active' OR %(target)s = 'email' AND c.state <> 'removed')")

_TAKE_DUE = sql.SQL(
    """WITH free AS (
        SELECT work.resource, work.connection_id, work.due_at
          FROM work JOIN connections c ON c.id = work.connection_id JOIN leases USING (resource)
         WHERE work.target = %(target)s AND work.due_at <= clock_timestamp() AND {allowed}
           AND leases.expires_at <= clock_timestamp()
         ORDER BY work.due_at LIMIT %(limit)s
           FOR UPDATE OF leases SKIP LOCKED),
    {taken}
    SELECT resource, lease_no, connection_id FROM free JOIN taken USING (resource) ORDER BY free.due_at"""
).format(taken=TAKEN, allowed=_ALLOWED)


def take_due(db: Database, target: str, holder: str, limit: int, seconds: float = SECONDS) -> list[Taken]:
    """Take up to ``limit`` connections that have due items for ``target`` and whose lease nobody holds, the one that
    has waited longest first. Take no more than can be started at once: the leases run from now.

    Only active ones; for ``email`` all that are not removed, and by the lease of their mails.
    """
    with db.transaction() as conn:
        rows = conn.execute(
            _TAKE_DUE, {"target": target, "holder": holder, "limit": limit, "seconds": seconds}
        ).fetchall()
    return [Taken(row["connection_id"], Lease(row["resource"], holder, row["lease_no"], seconds)) for row in rows]


_DUE = sql.SQL(
    """SELECT inbox.* FROM inbox JOIN connections c ON c.id = connection_id
        WHERE connection_id = %(connection)s AND target = %(target)s AND held IS NULL
          AND due_at <= clock_timestamp() AND {allowed}
        ORDER BY due_at LIMIT %(limit)s"""
).format(allowed=_ALLOWED)


def due(conn: Fenced, connection_id: UUID, target: str, limit: int) -> list[Item]:
    """Up to ``limit`` due items, in the order of their observation; those that were tried before come by due time.

    Empty when nothing is due now, or the connection is no longer in a state that allows it. The connection is then
    not offered again before something is due.
    """
    rows = conn.execute(_DUE, {"connection": connection_id, "target": target, "limit": limit}).fetchall()
    if not rows:
        settle(conn, connection_id, target)
    return [_item(row) for row in rows]


def settle(conn: Fenced, connection_id: UUID, target: str) -> None:
    """Let a connection go that may have more items: it is offered again when the next is due, after those that have
    been waiting until now."""
    _lock(conn, connection_id, target)  # by itself, so that the next statement sees what was put in before
    where = {"connection": connection_id, "target": target}
    next_due = conn.execute(
        "SELECT min(due_at) AS at FROM inbox"
        " WHERE connection_id = %(connection)s AND target = %(target)s AND held IS NULL",
        where,
    ).fetchall()[0]["at"]
    if next_due is None:
        conn.execute("DELETE FROM work WHERE connection_id = %(connection)s AND target = %(target)s", where)
    else:
        conn.execute(
            "UPDATE work SET due_at = greatest(%(at)s, clock_timestamp())"
            " WHERE connection_id = %(connection)s AND target = %(target)s",
            {**where, "at": next_due},
        )


_FINISH = """
    WITH gone AS (
        DELETE FROM inbox WHERE connection_id = %(connection)s AND target = %(target)s AND native_id = %(native_id)s
                            AND change_id = %(change)s
        RETURNING 1),
    remembered AS (
        INSERT INTO seen (connection_id, system, native_id, observed_at)
        VALUES (%(connection)s, %(source)s, %(native_id)s, %(observed_at)s)
        ON CONFLICT (connection_id, system, native_id) DO UPDATE SET observed_at = excluded.observed_at
        WHERE seen.observed_at < excluded.observed_at)
    SELECT 1 FROM gone
"""


def finish(conn: Fenced, item: Item) -> bool:
    """``item`` was dealt with: remember its observation in ``seen``, remove its row.

    False if a newer observation has replaced it meanwhile: the row stays, what was done for ``item`` stands.
    """
    with conn.pipeline():
        _lock(conn, item.connection_id, item.target)
        gone = conn.execute(
            _FINISH,
            {
                "connection": item.connection_id,
                "target": item.target,
                "native_id": item.native_id,
                "change": item.change_id,
                "source": item.source,
                "observed_at": item.observed_at,
            },
        )
        return gone.fetchone() is not None


def retry(conn: Fenced, item: Item, code: str, due_in: float) -> bool:
    """``item`` failed with ``code``: try again in ``due_in`` seconds. False if a newer observation has replaced it."""
    with conn.pipeline():
        _lock(conn, item.connection_id, item.target)
        changed = conn.execute(
            "UPDATE inbox SET attempts = attempts + 1, last_code = %s,"
            " due_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE connection_id = %s AND target = %s AND native_id = %s AND change_id = %s RETURNING 1",
            [code, due_in, item.connection_id, item.target, item.native_id, item.change_id],
        )
        return changed.fetchone() is not None


def hold(conn: Fenced, item: Item, reason: str) -> bool:
    """``item`` waits until a person decides (``release``). False if a newer observation has replaced it."""
    with conn.pipeline():
        _lock(conn, item.connection_id, item.target)
        changed = conn.execute(
            "UPDATE inbox SET held = %s, last_code = %s"
            " WHERE connection_id = %s AND target = %s AND native_id = %s AND change_id = %s RETURNING 1",
            [reason, reason, item.connection_id, item.target, item.native_id, item.change_id],
        )
        return changed.fetchone() is not None


def release(conn: Transaction, connection_id: UUID, target: str, reason: str) -> int:
    """Make all items due that are held for ``reason``; how many."""
    where = {"connection": connection_id, "target": target, "reason": reason}
    conn.execute(
        "INSERT INTO work (target, connection_id, resource, due_at)"
        " SELECT %(target)s, %(connection)s, %(resource)s, clock_timestamp()"
        "  WHERE EXISTS (SELECT 1 FROM inbox WHERE connection_id = %(connection)s AND target = %(target)s"
        "                   AND held = %(reason)s)"
        " ON CONFLICT (target, connection_id) DO UPDATE SET due_at = least(work.due_at, excluded.due_at)",
        {**where, "resource": of_target(target, connection_id)},
    )
    return conn.execute(
        "UPDATE inbox SET held = NULL, due_at = clock_timestamp()"
        " WHERE connection_id = %(connection)s AND target = %(target)s AND held = %(reason)s",
        where,
    ).rowcount


def hasten(conn: Transaction, connection_id: UUID, code: str) -> int:
    """Make all items due that wait, for any target, because of ``code``, which is no more; how many."""
    where = {"connection": connection_id, "code": code}
    waiting = "connection_id = %(connection)s AND last_code = %(code)s AND held IS NULL AND due_at > clock_timestamp()"
    targets = conn.execute(f"SELECT DISTINCT target FROM inbox WHERE {waiting} ORDER BY target", where)  # noqa: S608 - constant
    for row in targets.fetchall():
        conn.execute(
            "INSERT INTO work (target, connection_id, resource, due_at)"
            " VALUES (%(target)s, %(connection)s, %(resource)s, clock_timestamp())"
            " ON CONFLICT (target, connection_id) DO UPDATE SET due_at = least(work.due_at, excluded.due_at)",
            {**where, "target": row["target"], "resource": of_target(row["target"], connection_id)},
        )
    return conn.execute(f"UPDATE inbox SET due_at = clock_timestamp() WHERE {waiting}", where).rowcount  # noqa: S608


def held(conn: Transaction, connection_id: UUID, target: str) -> dict[str, int]:
    """How many items are held, by reason."""
    rows = conn.execute(
        "SELECT held, count(*) AS items FROM inbox"
        " WHERE connection_id = %s AND target = %s AND held IS NOT NULL GROUP BY held",
        [connection_id, target],
    )
    return {row["held"]: row["items"] for row in rows}


def count(conn: Transaction, connection_id: UUID) -> int:
    """How many items of the connection wait for any target, held ones included."""
    rows = conn.execute("SELECT count(*) AS items FROM inbox WHERE connection_id = %s", [connection_id]).fetchall()
    return int(rows[0]["items"])


def _lock(conn: Transaction, connection_id: UUID, target: str) -> None:
    # Before any inbox row, as inbox.put does it: who takes the two in another order waits for the other forever.
    conn.execute("SELECT 1 FROM work WHERE target = %s AND connection_id = %s FOR UPDATE", [target, connection_id])


def _item(row: DictRow) -> Item:
    return Item(
        connection_id=row["connection_id"],
        target=row["target"],
        native_id=row["native_id"],
        source=row["source"],
        change_id=row["change_id"],
        observed_at=row["observed_at"],
        value=row["value"],
        headers=unpack_headers(row["headers"]),
        position=Position(topic=row["topic"], partition=row["partition"], offset=row["offset"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        last_code=row["last_code"],
        held=row["held"],
    )
