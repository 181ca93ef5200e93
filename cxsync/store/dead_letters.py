"""Records that could not be processed, made findable: a projection of the dead-letter topic, and what was decided."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from cxsync.errors import CxSyncError
from cxsync.store.database import Transaction
from schemas.records import Position

State: TypeAlias = Literal["open", "retried", "dropped"]


class Letter(msgspec.Struct, frozen=True):
    """``position`` is where the dead letter lies; its content is there, not here. Times in UTC."""

    id: UUID
    connection_id: UUID | None
    code: str
    position: Position
    at: datetime
    state: State = "open"
    decided_by: str | None = None
    decided_at: datetime | None = None


class NotOpen(CxSyncError):
    """There is no open dead letter of that id."""

    code: ClassVar[str] = "dead-letter-not-open"

    def __init__(self, letter_id: UUID) -> None:
        self.letter_id = letter_id
        super().__init__(f"there is no open dead letter {letter_id}; `cxsync dead-letters list` shows those there are")


def put(conn: Transaction, letter: Letter) -> bool:
    """Add an open dead letter. False if its id is there already; what was decided on it stays."""
    return (
        conn.execute(
            'INSERT INTO dead_letters (id, connection_id, code, topic, partition, "offset", at)'
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                letter.id,
                letter.connection_id,
                letter.code,
                letter.position.topic,
                letter.position.partition,
                letter.position.offset,
                letter.at,
            ],
        ).rowcount
        == 1
    )


def get(conn: Transaction, letter_id: UUID) -> Letter | None:
    """The dead letter, whatever its state."""
    row = conn.execute("SELECT * FROM dead_letters WHERE id = %s", [letter_id]).fetchone()
    return None if row is None else _letter(row)


def find(conn: Transaction, *, state: State | None = "open", limit: int = 1000) -> Iterator[Letter]:
    """Dead letters in ``state`` (None: in any), oldest first."""
    rows = conn.execute(
        "SELECT * FROM dead_letters WHERE %(state)s::text IS NULL OR state = %(state)s ORDER BY at, id LIMIT %(limit)s",
        {"state": state, "limit": limit},
    )
    return map(_letter, rows)


def count_open(conn: Transaction) -> int:
    """How many wait for a decision."""
    return int(conn.execute("SELECT count(*) AS n FROM dead_letters WHERE state = 'open'").fetchall()[0]["n"])


def decide(conn: Transaction, letter_id: UUID, state: Literal["retried", "dropped"], who: str) -> None:
    """Note that ``who`` had it retried or dropped it.

    Raises:
        NotOpen: it is unknown, or somebody else has decided.
    """
    decided = conn.execute(
        "UPDATE dead_letters SET state = %s, decided_by = %s, decided_at = clock_timestamp()"
        " WHERE id = %s AND state = 'open'",
        [state, who, letter_id],
    ).rowcount
    if decided == 0:
        raise NotOpen(letter_id)


def _letter(row: dict[str, object]) -> Letter:
    position = {name: row.pop(name) for name in ("topic", "partition", "offset")}
    return msgspec.convert({**row, "position": position}, Letter)
