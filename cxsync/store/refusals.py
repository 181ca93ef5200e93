"""Who refuses sign-ins, seen over all connections with one server (rule 8): a server that refuses many at once is
likely to be at fault itself, and its users' passwords are not."""

from uuid import UUID

import msgspec

from cxsync.store.database import Transaction

CODE = "credentials-refused"
"""Of a poll that met a refusal, and of a connection that was stopped for it."""


class AtServer(msgspec.Struct, frozen=True):
    """``connected``: connections that are worked on or would be; ``refused``: those among them that were refused
    lately."""

    connected: int
    refused: int


class Suspect(msgspec.Struct, frozen=True):
    """A server that refuses many, for people to see."""

    server: str
    connections: int


# Refused lately: an active one whose last poll met a refusal waits for the attempt that confirms it, a minute at most.
_LATELY = """
    c.state = 'suspect'
    OR c.state = 'active' AND EXISTS (
        SELECT 1 FROM polls p WHERE p.connection_id = c.id AND p.last_error_code = %(code)s)
    OR c.state = 'refused' AND c.state_reason = %(code)s
       AND c.state_since > clock_timestamp() - make_interval(secs => %(within)s)
"""


def one_at_a_time(conn: Transaction, server: str) -> None:
    """Until the end of the transaction nobody else decides on this server."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 8))", [server])


def at(conn: Transaction, server: str, *, but: UUID, within: float) -> AtServer:
    """How it stands with the connections of ``server``, one left out; ``within`` seconds is lately."""
    row = conn.execute(
        f"SELECT count(*) FILTER (WHERE c.state IN ('active', 'suspect') OR {_LATELY}) AS connected,"  # noqa: S608 - constant
        f" count(*) FILTER (WHERE {_LATELY}) AS refused"
        " FROM connections c WHERE c.server = %(server)s AND c.id <> %(but)s",
        {"server": server, "but": but, "within": within, "code": CODE},
    ).fetchall()[0]
    return AtServer(row["connected"], row["refused"])


def suspect(conn: Transaction, server: str, *, within: float) -> int:
    """Bring those that were refused lately into ``suspect``; the others go on. How many are suspect now."""
    conn.execute(
        "UPDATE connections c SET state = 'suspect', state_reason = %(code)s, state_since = clock_timestamp()"  # noqa: S608
        f" WHERE c.server = %(server)s AND c.state <> 'suspect' AND ({_LATELY})",
        {"server": server, "within": within, "code": CODE},
    )
    row = conn.execute(
        "SELECT count(*) AS n FROM connections WHERE server = %s AND state = 'suspect'", [server]
    ).fetchall()[0]
    return int(row["n"])


def take_probe(conn: Transaction, provider: str, reason: str, *, every: float) -> UUID | None:
    """One suspect connection of ``provider`` to be tried: made active for ``reason`` and due at once.

    One a server within ``every`` seconds; None if no server's time has come.
    """
    row = conn.execute(
        """
        WITH chosen AS (
            SELECT DISTINCT ON (server) c.id FROM connections c
             WHERE c.provider = %(provider)s AND c.state = 'suspect'
               AND NOT EXISTS (
                   SELECT 1 FROM connections other WHERE other.server = c.server
                      AND (other.state = 'active' AND other.state_reason = %(reason)s
                           OR other.state = 'suspect'
                          AND other.state_since > clock_timestamp() - make_interval(secs => %(every)s)))
             ORDER BY server, c.state_since, c.id),
        one AS (SELECT id FROM connections WHERE id IN (SELECT id FROM chosen) LIMIT 1 FOR UPDATE SKIP LOCKED),
        due AS (UPDATE polls SET due_at = clock_timestamp() WHERE connection_id IN (SELECT id FROM one))
        UPDATE connections SET state = 'active', state_reason = %(reason)s, state_since = clock_timestamp()
         WHERE id IN (SELECT id FROM one) RETURNING id
        """,
        {"provider": provider, "reason": reason, "every": every},
    ).fetchone()
    return None if row is None else row["id"]


def acquit(conn: Transaction, server: str, connection_id: UUID) -> int:
    """The server accepts sign-ins again: all its suspect connections go on; how many."""
    conn.execute("UPDATE connections SET state_reason = '' WHERE id = %s AND state = 'active'", [connection_id])
    conn.execute(
        "UPDATE polls SET due_at = clock_timestamp(), failures = 0, last_error_code = NULL"
        " WHERE connection_id IN (SELECT id FROM connections WHERE server = %s AND state = 'suspect')",
        [server],
    )
    return conn.execute(
        "UPDATE connections SET state = 'active', state_reason = '', state_since = clock_timestamp()"
        " WHERE server = %s AND state = 'suspect'",
        [server],
    ).rowcount


def suspects(conn: Transaction) -> list[Suspect]:
    """Servers with suspect connections."""
    rows = conn.execute(
        "SELECT server, count(*) AS connections FROM connections WHERE state = 'suspect'"
        " GROUP BY server ORDER BY server"
    )
    return [Suspect(row["server"], row["connections"]) for row in rows]


def to_remind(conn: Transaction, provider: str, *, after: float, before: float) -> list[UUID]:
    """Connections that have been refused for at least ``after`` seconds and less than ``before``."""
    rows = conn.execute(
        "SELECT id FROM connections WHERE provider = %(provider)s AND state = 'refused' AND state_reason = %(code)s"
        " AND state_since <= clock_timestamp() - make_interval(secs => %(after)s)"
        " AND state_since > clock_timestamp() - make_interval(secs => %(before)s)",
        {"provider": provider, "code": CODE, "after": after, "before": before},
    )
    return [row["id"] for row in rows]
