"""What has come in for a sink and is still to be reconciled: of each source item the newest change.

``put`` is the consumer thread's; the workers' side is in ``work``.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import msgspec
from psycopg.rows import DictRow

from cxsync.store.database import Transaction
from cxsync.store.lease import DECLARE_ALL, of_target
from cxsync.store.message import Headers, pack_headers
from schemas.records import Position


class Arrival(msgspec.Struct, frozen=True):
    """A change as it came from its topic. ``native_id`` is the source's id, ``source`` its system."""

    connection_id: UUID
    target: str
    native_id: str
    source: str
    change_id: UUID
    observed_at: datetime
    value: bytes
    headers: Headers
    position: Position


class Superseded(msgspec.Struct, frozen=True):
    """A change that will not be reconciled, since a newer observation of its item is at hand: ``by``.

    Write its outcome in the same transaction, with an id derived from ``change_id``: a record that Kafka delivers
    twice can be reported twice.
    """

    connection_id: UUID
    target: str
    native_id: str
    change_id: UUID
    observed_at: datetime
    position: Position
    by: UUID


# The statements of a batch are sent together, and each sees what was committed before it began. The first makes batches
# and workers of one connection take turns. The second must not be part of the third: only a statement of its own, begun
# once the work row is ours, sees what the worker before us removed and noted in ``seen``. All lock in sorted order.
_OFFER = """
    INSERT INTO work (target, connection_id, resource, due_at)
    SELECT target, connection_id, resource, clock_timestamp()
      FROM unnest(%b::text[], %b::uuid[], %b::text[]) AS w (target, connection_id, resource)
     ORDER BY connection_id, target
    ON CONFLICT (target, connection_id) DO UPDATE SET due_at = excluded.due_at WHERE work.due_at > excluded.due_at
"""

_LOCK = """
    SELECT connection_id, target, native_id, change_id, observed_at, topic, partition, "offset"
      FROM inbox JOIN unnest(%b::uuid[], %b::text[], %b::text[]) AS key (connection_id, target, native_id)
           USING (connection_id, target, native_id)
     ORDER BY connection_id, target, native_id FOR UPDATE OF inbox
"""

# A fresh item is due from its observation on, so that the order of due times is the order of observation.
_UPSERT = """
    WITH judged AS (
        SELECT key.*, seen.observed_at AS dealt_with
          FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[], %b::uuid[], %b::timestamptz[], %b::bytea[],
                      %b::bytea[], %b::text[], %b::int[], %b::bigint[])
               AS key (connection_id, target, native_id, source, change_id, observed_at, value, headers, topic,
                       partition, "offset")
          LEFT JOIN seen ON (seen.connection_id, seen.system, seen.native_id)
                          = (key.connection_id, key.source, key.native_id)),
    written AS (
        INSERT INTO inbox (connection_id, target, native_id, source, change_id, observed_at, value, headers, topic,
                           partition, "offset", due_at)
        SELECT connection_id, target, native_id, source, change_id, observed_at, value, headers, topic,
               partition, "offset", least(observed_at, clock_timestamp())
          FROM judged WHERE dealt_with IS NULL OR observed_at > dealt_with
         ORDER BY connection_id, target, native_id
        ON CONFLICT (connection_id, target, native_id) DO UPDATE SET
            source = excluded.source, change_id = excluded.change_id, observed_at = excluded.observed_at,
            value = excluded.value, headers = excluded.headers, topic = excluded.topic,
            partition = excluded.partition, "offset" = excluded."offset", due_at = excluded.due_at,
            attempts = 0, last_code = NULL, held = NULL
        WHERE inbox.observed_at < excluded.observed_at
        RETURNING connection_id, target, native_id)
    SELECT connection_id, target, native_id, dealt_with, written.native_id IS NOT NULL AS accepted
      FROM judged LEFT JOIN written USING (connection_id, target, native_id)
"""

_Key: TypeAlias = tuple[UUID, str, str]


def put(
    conn: Transaction, rows: Sequence[Arrival], *, duplicates: Callable[[int], object] | None = None
) -> list[Superseded]:
    """Upsert a batch in one round trip; a newer observation replaces an older one of the same item.

    Not fenced: it runs while a worker holds the connection's lease; ``work.finish`` therefore removes an item only if
    it is still the change that was dealt with. A change that is in the inbox already, or not newer than what was
    dealt with (``seen.observed_at``), is a duplicate: nothing is written, and ``duplicates`` is told how many.
    """
    if not rows:
        return []
    items: dict[_Key, list[Arrival]] = {}
    for row in sorted(rows, key=lambda row: row.observed_at):
        items.setdefault((row.connection_id, row.target, row.native_id), []).append(row)
    known, judged = _write(conn, [items[key][-1] for key in sorted(items)])

    superseded: list[Superseded] = []
    for answer in judged:
        key = _key(answer)
        newest, old = items[key][-1], known.get(key)
        kept = newest.change_id if answer["accepted"] or old is None else old["change_id"]
        if old is not None and old["change_id"] != kept:
            superseded.append(_superseded(old, by=kept))
        reported = {kept}
        for arrival in items[key]:
            dealt_with = answer["dealt_with"] is not None and arrival.observed_at <= answer["dealt_with"]
            if not dealt_with and arrival.change_id not in reported:
                reported.add(arrival.change_id)
                superseded.append(Superseded(*key, arrival.change_id, arrival.observed_at, arrival.position, by=kept))
    if duplicates is not None:
        written = sum(answer["accepted"] for answer in judged)
        replaced = sum(answer["accepted"] and _key(answer) in known for answer in judged)
        duplicates(len(rows) - written - (len(superseded) - replaced))
    return superseded


def _write(conn: Transaction, batch: list[Arrival]) -> tuple[dict[_Key, DictRow], list[DictRow]]:
    """Rows that were there, by key, and for each of ``batch`` whether it is there now."""
    owners = sorted({(row.connection_id, row.target) for row in batch})
    resources = [of_target(target, connection_id) for connection_id, target in owners]
    keys = [[row.connection_id for row in batch], [row.target for row in batch], [row.native_id for row in batch]]
    with conn.pipeline():
        conn.execute(DECLARE_ALL, [resources])
        conn.execute(
            _OFFER, [[target for _, target in owners], [connection_id for connection_id, _ in owners], resources]
        )
        there = conn.execute(_LOCK, keys)
        judged = conn.execute(
            _UPSERT,
            [
                *keys,
                [row.source for row in batch],
                [row.change_id for row in batch],
                [row.observed_at for row in batch],
                [row.value for row in batch],
                [pack_headers(row.headers) for row in batch],
                [row.position.topic for row in batch],
                [row.position.partition for row in batch],
                [row.position.offset for row in batch],
            ],
        )
        return {_key(row): row for row in there}, judged.fetchall()


def _key(row: DictRow) -> _Key:
    return row["connection_id"], row["target"], row["native_id"]


def _superseded(row: DictRow, *, by: UUID) -> Superseded:
    position = Position(topic=row["topic"], partition=row["partition"], offset=row["offset"])
    return Superseded(*_key(row), row["change_id"], row["observed_at"], position, by)
