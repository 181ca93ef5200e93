"""Links: the two native ids that are one appointment, with the base that merges start from (rules 2 to 4, 9)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec
from psycopg import errors, sql

from cxsync.errors import CxSyncError
from cxsync.store.database import Transaction
from cxsync.store.lease import Fenced

Side: TypeAlias = Literal["carerix", "external"]
State: TypeAlias = Literal["pending", "live", "suspended", "closed"]


class Link(msgspec.Struct, frozen=True):
    """One pair. ``base`` is sealed under the connection's key. Times in UTC; ``…_at`` of a side is when this program
    last read or wrote the item there."""

    id: UUID
    connection_id: UUID
    state: State
    state_reason: str
    state_since: datetime
    generation: int
    creation_key: UUID
    origin: Side
    carerix_id: str | None
    external_id: str | None
    carerix_version: str | None
    external_version: str | None
    carerix_fingerprint: bytes | None
    external_fingerprint: bytes | None
    base: bytes | None
    carerix_read_at: datetime | None
    external_read_at: datetime | None
    carerix_written_at: datetime | None
    external_written_at: datetime | None
    created_at: datetime


class Observed(msgspec.Struct, frozen=True):
    """What one side's item is now. ``read`` and ``written`` say what was just done to it; its time is set to now."""

    version: str | None
    fingerprint: bytes | None
    read: bool = False
    written: bool = False


class AlreadyLinked(CxSyncError):
    """Another link that is not closed has that native id, or any has that creation key: the item is the other's."""

    code: ClassVar[str] = "already-linked"

    def __init__(self, link_id: UUID, what: str) -> None:
        self.link_id = link_id
        self.what = what
        super().__init__(
            f"link {link_id} cannot have this {what}: another link of the connection has it; "
            "find that one and go on with it"
        )


class LinkMissing(CxSyncError):
    """There is no such link in a state in which this can be done to it."""

    code: ClassVar[str] = "link-missing"

    def __init__(self, link_id: UUID, wanted: str) -> None:
        self.link_id = link_id
        super().__init__(f"link {link_id} is not {wanted}; read it again and decide anew")


_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Link.__struct_fields__))
_SELECT = sql.SQL("SELECT {columns} FROM links WHERE ").format(columns=_COLUMNS)
_UNIQUE = {"links_carerix": "Carerix id", "links_external": "external id", "links_creation_key_key": "creation key"}


@contextmanager
def _unique(link_id: UUID) -> Iterator[None]:
    try:
        yield
    except errors.UniqueViolation as error:
        what = _UNIQUE.get(error.diag.constraint_name or "")
        if what is None:
            raise
        raise AlreadyLinked(link_id, what) from error


def pend(
    conn: Fenced,
    *,
    link_id: UUID,
    connection_id: UUID,
    creation_key: UUID,
    generation: int,
    origin: Side,
    native_id: str,
    observed: Observed,
) -> None:
    """Commit this before a create is sent (rule 2): ``native_id`` of the ``origin`` side, no partner yet.

    Raises:
        AlreadyLinked: that item or creation key has a link; the transaction cannot go on.
    """
    _insert(
        conn,
        {
            "id": link_id,
            "connection_id": connection_id,
            "state": "pending",
            "generation": generation,
            "creation_key": creation_key,
            "origin": origin,
            f"{origin}_id": native_id,
            f"{origin}_version": observed.version,
            f"{origin}_fingerprint": observed.fingerprint,
        },
    )


def pair(
    conn: Fenced,
    *,
    link_id: UUID,
    connection_id: UUID,
    creation_key: UUID,
    generation: int,
    origin: Side,
    carerix_id: str,
    external_id: str,
    base: bytes,
    carerix: Observed,
    external: Observed,
) -> None:
    """Link two items that both exist (rule 13).

    Raises:
        AlreadyLinked: one of them, or the creation key, has a link; the transaction cannot go on.
    """
    _insert(
        conn,
        {
            "id": link_id,
            "connection_id": connection_id,
            "state": "live",
            "generation": generation,
            "creation_key": creation_key,
            "origin": origin,
            "carerix_id": carerix_id,
            "external_id": external_id,
            "carerix_version": carerix.version,
            "external_version": external.version,
            "carerix_fingerprint": carerix.fingerprint,
            "external_fingerprint": external.fingerprint,
            "base": base,
        },
    )


def _insert(conn: Fenced, values: dict[str, Any]) -> None:
    statement = sql.SQL("INSERT INTO links ({columns}) VALUES ({values})").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    with _unique(values["id"]):
        conn.execute(statement, values)


def complete(conn: Fenced, link_id: UUID, *, native_id: str, base: bytes, target: Observed) -> None:
    """The create succeeded, or its marker shows that it had: the pending link gets its partner and lives.

    Raises:
        LinkMissing: the link is not pending.
        AlreadyLinked: the partner has another link; the transaction cannot go on.
    """
    row = conn.execute("SELECT origin FROM links WHERE id = %s AND state = 'pending' FOR UPDATE", [link_id]).fetchone()
    if row is None:
        raise LinkMissing(link_id, "pending")
    partner: Side = "external" if row["origin"] == "carerix" else "carerix"
    renumber(conn, link_id, partner, native_id)
    observe(conn, link_id, partner, target)
    rebase(conn, link_id, base)
    set_state(conn, link_id, "live", "")


def observe(conn: Fenced, link_id: UUID, side: Side, observed: Observed) -> None:
    """Version and fingerprint of one side's item as it is now; read or written now."""
    statement = sql.SQL(
        "UPDATE links SET {version} = %(version)s, {fingerprint} = %(fingerprint)s,"
        " {read_at} = CASE WHEN %(read)s THEN clock_timestamp() ELSE {read_at} END,"
        " {written_at} = CASE WHEN %(written)s THEN clock_timestamp() ELSE {written_at} END WHERE id = %(link)s"
    ).format(
        version=sql.Identifier(f"{side}_version"),
        fingerprint=sql.Identifier(f"{side}_fingerprint"),
        read_at=sql.Identifier(f"{side}_read_at"),
        written_at=sql.Identifier(f"{side}_written_at"),
    )
    conn.execute(statement, {**msgspec.structs.asdict(observed), "link": link_id})


def rebase(conn: Fenced, link_id: UUID, base: bytes) -> None:
    """Replace the sealed base; only fields that are now equal on both sides may have moved in it (rule 4)."""
    conn.execute("UPDATE links SET base = %s WHERE id = %s", [base, link_id])


def renumber(conn: Fenced, link_id: UUID, side: Side, native_id: str) -> None:
    """The item of ``side`` has this native id.

    Raises:
        AlreadyLinked: that id has another link; the transaction cannot go on.
    """
    statement = sql.SQL("UPDATE links SET {id} = %s WHERE id = %s").format(id=sql.Identifier(f"{side}_id"))
    with _unique(link_id):
        conn.execute(statement, [native_id, link_id])


def set_state(conn: Fenced, link_id: UUID, state: State, reason: str) -> None:
    """Suspend, close or revive a link; ``reason`` is a code. A closed link frees its native ids.

    Raises:
        AlreadyLinked: revived, and an id was linked anew meanwhile; the transaction cannot go on.
        LinkMissing: no such link.
    """
    with _unique(link_id):
        changed = conn.execute(
            "UPDATE links SET state = %s, state_reason = %s, state_since = clock_timestamp() WHERE id = %s",
            [state, reason, link_id],
        ).rowcount
    if changed == 0:
        raise LinkMissing(link_id, "known")


def count_write(conn: Fenced, link_id: UUID) -> int:
    """Note a content write; how many this link had within the last hour, this one included (rule 9)."""
    row = conn.execute(
        """
        UPDATE links SET content_writes = clock_timestamp() || ARRAY(
            SELECT at FROM unnest(content_writes) AS at WHERE at > clock_timestamp() - interval '1 hour'
             ORDER BY at DESC LIMIT 99)
         WHERE id = %s RETURNING cardinality(content_writes) AS writes
        """,
        [link_id],
    ).fetchone()
    if row is None:
        raise LinkMissing(link_id, "known")
    return int(row["writes"])


def get(conn: Transaction, link_id: UUID) -> Link | None:
    """The link, whatever its state."""
    return _one(conn, sql.SQL("id = %s"), [link_id])


def find(conn: Transaction, connection_id: UUID, side: Side, native_id: str) -> Link | None:
    """The link, not closed, of an item."""
    where = sql.SQL("connection_id = %s AND {id} = %s AND state <> 'closed'").format(id=sql.Identifier(f"{side}_id"))
    return _one(conn, where, [connection_id, native_id])


def find_by_creation_key(conn: Transaction, connection_id: UUID, creation_key: UUID) -> Link | None:
    """The link whose marker an item carries, whatever its state."""
    return _one(conn, sql.SQL("connection_id = %s AND creation_key = %s"), [connection_id, creation_key])


def last_generation(conn: Transaction, connection_id: UUID, side: Side, native_id: str) -> int | None:
    """The highest generation that an item ever had as the origin of a link, closed ones included; None: none."""
    statement = sql.SQL(
        "SELECT max(generation) AS last FROM links WHERE connection_id = %s AND {id} = %s AND origin = %s"
    ).format(id=sql.Identifier(f"{side}_id"))
    last: int | None = conn.execute(statement, [connection_id, native_id, side]).fetchall()[0]["last"]
    return last


def external_ids(conn: Transaction, connection_id: UUID) -> set[str]:
    """The external ids of all links of the connection that are not closed."""
    rows = conn.execute(
        "SELECT external_id FROM links WHERE connection_id = %s AND state <> 'closed' AND external_id IS NOT NULL",
        [connection_id],
    )
    return {row["external_id"] for row in rows}


def written_outside(conn: Transaction, connection_id: UUID, since: datetime) -> set[str]:
    """The external ids of links, not closed, whose external item this program wrote after ``since``."""
    rows = conn.execute(
        "SELECT external_id FROM links WHERE connection_id = %s AND state <> 'closed' AND external_id IS NOT NULL"
        " AND external_written_at > %s",
        [connection_id, since],
    )
    return {row["external_id"] for row in rows}


def holders(conn: Transaction, tenant_id: UUID, carerix_ids: Sequence[str]) -> dict[str, list[UUID]]:
    """Connections of the tenant, not removed, that have a link, not closed, with each of these Carerix items."""
    rows = conn.execute(
        "SELECT carerix_id, connection_id FROM links JOIN connections c ON c.id = connection_id"
        " WHERE c.tenant_id = %s AND c.state <> 'removed' AND links.state <> 'closed' AND carerix_id = ANY(%s)",
        [tenant_id, list(carerix_ids)],
    )
    found: dict[str, list[UUID]] = {}
    for row in rows:
        found.setdefault(row["carerix_id"], []).append(row["connection_id"])
    return found


def count(conn: Transaction, connection_id: UUID, state: State, *, within: float | None = None) -> int:
    """How many links of the connection are in ``state``, or came into it within the last ``within`` seconds."""
    row = conn.execute(
        "SELECT count(*) AS links FROM links WHERE connection_id = %(connection)s AND state = %(state)s"
        " AND (%(within)s::float8 IS NULL OR state_since > clock_timestamp() - make_interval(secs => %(within)s))",
        {"connection": connection_id, "state": state, "within": within},
    ).fetchall()[0]
    return int(row["links"])


def _one(conn: Transaction, where: sql.Composable, parameters: list[Any]) -> Link | None:
    row = conn.execute(_SELECT + where, parameters).fetchone()
    return None if row is None else Link(**row)
