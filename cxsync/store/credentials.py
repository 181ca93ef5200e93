"""Everything that is sealed under CREDENTIAL_KEYS, seen together: which master keys are in use, and their rotation."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from cxsync.store.database import Database, Transaction

Rewrap = Callable[[UUID, bytes], bytes]

# Table, sealed columns, column of the master key's id. The two secrets of a tenant are always sealed together.
_PLACES: Final = (
    ("connections", ("credentials",), "credential_key_id"),
    ("tenants", ("client_secret", "oidc_secret"), "secret_key_id"),
)


def counts(conn: Transaction) -> dict[str, int]:
    """How many rows hold secrets under each master key, by its id."""
    found: dict[str, int] = {}
    for table, _, key_id in _PLACES:
        statement = sql.SQL("SELECT {key} AS key_id, count(*) AS n FROM {table} WHERE {key} IS NOT NULL GROUP BY {key}")
        for row in conn.execute(statement.format(key=sql.Identifier(key_id), table=sql.Identifier(table))):
            found[row["key_id"]] = found.get(row["key_id"], 0) + row["n"]
    return found


def rewrap(db: Database, key_id: str, rewrap_one: Rewrap) -> int:
    """Seal every secret that is not under master key ``key_id`` by ``rewrap_one``, each row in its own transaction.

    May be cut off at any point and run again, also beside another run. How many rows were changed.
    """
    return sum(_rewrap_table(db, place, key_id, rewrap_one) for place in _PLACES)


def _rewrap_table(db: Database, place: tuple[str, tuple[str, ...], str], key_id: str, rewrap_one: Rewrap) -> int:
    table, columns, key_column = place
    names = {"table": sql.Identifier(table), "key": sql.Identifier(key_column)}
    select = sql.SQL(
        "SELECT * FROM {table} WHERE {key} IS NOT NULL AND {key} <> %s ORDER BY id LIMIT 1 FOR UPDATE"
    ).format(**names)
    update = sql.SQL("UPDATE {table} SET {key} = %(key)s, {sealed} WHERE id = %(id)s").format(
        **names,
        sealed=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder(column)) for column in columns
        ),
    )
    done = 0
    while True:
        with db.transaction() as conn:
            row: dict[str, Any] | None = conn.execute(select, [key_id]).fetchone()
            if row is None:
                return done
            sealed = {
                column: None if row[column] is None else rewrap_one(row["id"], bytes(row[column])) for column in columns
            }
            conn.execute(update, {**sealed, "key": key_id, "id": row["id"]})
        done += 1
