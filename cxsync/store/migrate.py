"""Bring a database's schema to this program's: plain SQL files, each once, in order, each in its own transaction."""

import hashlib
from importlib import resources

import msgspec

from cxsync.store.connect import Transaction, connect, describe
from cxsync.store.errors import DatabaseNewer, MigrationChanged

# Any fixed number; processes that migrate the same database take turns by it.
_ADVISORY_LOCK = 0x6378_7379_6E63


class Migration(msgspec.Struct, frozen=True):
    """One released file; ``sha256`` is of its bytes."""

    name: str
    sql: bytes
    sha256: str


def released() -> list[Migration]:
    """The migrations that this program carries, in order of their numbers."""
    files = [file for file in resources.files("cxsync.store.migrations").iterdir() if file.name.endswith(".sql")]
    found = []
    for file in sorted(files, key=lambda file: file.name):
        sql = file.read_bytes()
        found.append(Migration(file.name.removesuffix(".sql"), sql, hashlib.sha256(sql).hexdigest()))
    return found


def applied(conn: Transaction) -> dict[str, str]:
    """Name and SHA-256 of the migrations that the database has had, oldest first; empty for a new database."""
    if not conn.execute("SELECT to_regclass('migrations') IS NOT NULL AS made").fetchall()[0]["made"]:
        return {}
    return {row["name"]: row["sha256"] for row in conn.execute("SELECT name, sha256 FROM migrations ORDER BY name")}


def unknown(conn: Transaction) -> list[str]:
    """Migrations that the database has had and this program does not know."""
    known = {migration.name for migration in released()}
    return [name for name in applied(conn) if name not in known]


def pending(conn: Transaction) -> list[str]:
    """Migrations that ``migrate`` would apply; empty when the schema is this program's."""
    had = applied(conn)
    return [migration.name for migration in released() if migration.name not in had]


def migrate(url: str, migrations: list[Migration] | None = None) -> list[str]:
    """Apply what is missing and return its names. Safe to repeat and to run in several processes at once.

    A file that fails is rolled back alone: those before it stay, and the next run goes on with it.

    Args:
        migrations: instead of the released ones.

    Raises:
        DatabaseUnreachable: nothing answers there, or it refuses us.
        DatabaseNewer: the schema is of a newer program.
        MigrationChanged: an applied file is no longer what it was.
    """
    wanted = released() if migrations is None else migrations
    done = []
    with connect(url, name="cxsync migrate") as conn:
        conn.autocommit = True
        conn.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])  # let go when the connection closes
        conn.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        had = applied(conn)
        if newer := sorted(had.keys() - {migration.name for migration in wanted}):
            raise DatabaseNewer(describe(url), newer)
        for migration in wanted:
            if migration.name not in had:
                with conn.transaction():
                    conn.execute(migration.sql)
                    conn.execute(
                        "INSERT INTO migrations (name, sha256) VALUES (%s, %s)", [migration.name, migration.sha256]
                    )
                done.append(migration.name)
            elif had[migration.name] != migration.sha256:
                raise MigrationChanged(describe(url), migration.name)
    return done
