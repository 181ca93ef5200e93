"""What is older than the days it is kept for is deleted, in batches."""

from psycopg import sql

from cxsync.store.database import Database

# Table, its key, and which rows are old; an open dead letter waits for a person however long.
_OLD = {
    "history": ("outcome_id", "at < {before}"),
    "sent": ("notification_id", "sent_at < {before}"),
    "dead_letters": ("id", "at < {before} AND state <> 'open'"),
    "reads": ("id", "at < {before}"),
}


def purge(db: Database, days: int, *, batch: int = 1000) -> dict[str, int]:
    """Delete what is older than ``days`` days; how many rows of each table. Each batch is a transaction of its own,
    so that it may be cut off, and runs beside the pipeline without holding it up."""
    return {table: _purge(db, table, days, batch) for table in _OLD}


def _purge(db: Database, table: str, days: int, batch: int) -> int:
    key, old = _OLD[table]
    before = sql.SQL("clock_timestamp() - make_interval(days => %(days)s)")
    statement = sql.SQL(
        "DELETE FROM {table} WHERE {key} IN"
        " (SELECT {key} FROM {table} WHERE {old} LIMIT %(batch)s FOR UPDATE SKIP LOCKED)"
    ).format(table=sql.Identifier(table), key=sql.Identifier(key), old=sql.SQL(old).format(before=before))
    deleted = 0
    while True:
        with db.transaction() as conn:
            count = conn.execute(statement, {"days": days, "batch": batch}).rowcount
        deleted += count
        if count < batch:
            return deleted
