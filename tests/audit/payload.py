"""A payload without any calendar: numbered edits go in at one end, and what becomes of each is written down.

``audit_inputs`` holds the edits of each connection, ``audit_items`` the version that was applied last to each item,
``audit_effects`` one row an application, without a constraint that would hide a second one.
"""

from datetime import UTC, datetime

import msgspec

from consumers.handler import Effect, Work
from consumers.outcome import packed
from cxsync import trace
from cxsync.role import Role
from cxsync.store.database import Database
from cxsync.store.lease import Fenced, Hand
from cxsync.store.schedule import DuePoll
from processors.judge import Judged
from producers.source import Observation, Polled
from schemas.appointment import Appointment, Moment
from schemas.records import Change, ChangeContent, Document, Outcome, Policy, Position, RawChange, RawContent
from schemas.words import Result, System

TABLES = """
CREATE TABLE audit_inputs (
    n bigint GENERATED ALWAYS AS IDENTITY, connection_id uuid NOT NULL, item text NOT NULL, version integer NOT NULL,
    PRIMARY KEY (connection_id, n));
CREATE TABLE audit_items (
    connection_id uuid NOT NULL, item text NOT NULL, version integer NOT NULL, PRIMARY KEY (connection_id, item));
CREATE TABLE audit_effects (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, connection_id uuid NOT NULL, item text NOT NULL,
    version integer NOT NULL, n bigint NOT NULL, change_id uuid NOT NULL);
"""


class Edit(msgspec.Struct, frozen=True):
    """The document of one edit."""

    n: int
    item: str
    version: int


_WHEN = Moment(wall="2026-03-02T09:00:00", zone="UTC", instant=datetime(2026, 3, 2, 9, tzinfo=UTC))


def appointment(edit: Edit) -> Appointment:
    """An appointment that carries the edit in its notes."""
    return Appointment(subject=edit.item, start=_WHEN, end=_WHEN, notes=msgspec.json.encode(edit).decode())


def edit_of(carrier: Appointment) -> Edit:
    """The edit that ``appointment`` was given."""
    return msgspec.json.decode(carrier.notes, type=Edit)


class AuditSource:
    """Polls ``audit_inputs``; the cursor is the number of the last edit read."""

    system: System = "exchange"

    def __init__(self, database: Database, *, batch: int = 50, next_in: float = 0.2) -> None:
        self._database = database
        self._batch = batch
        self._next_in = next_in

    def poll(self, due: DuePoll, cursor: bytes | None) -> Polled:
        """The next edits of the connection, each an appointment observed."""
        assert due.connection_id is not None
        after = int(cursor or b"0")
        with self._database.transaction() as conn:
            rows = conn.execute(
                "SELECT n, item, version FROM audit_inputs WHERE connection_id = %s AND n > %s ORDER BY n LIMIT %s",
                [due.connection_id, after, self._batch],
            ).fetchall()
        edits = [msgspec.convert(row, Edit) for row in rows]
        observations = tuple(
            Observation(
                event_id=trace.derived("audit", due.connection_id, edit.item, edit.version),
                connection_id=due.connection_id,
                target="carerix",
                native_id=edit.item,
                native_version=str(edit.version),
                policy=Policy(),
                content=RawContent(
                    documents=(Document(role="single", native_id=edit.item, body=msgspec.json.encode(edit)),)
                ),
            )
            for edit in edits
        )
        last = edits[-1].n if edits else after
        return Polled(
            observations=observations, cursor=b"%d" % last, next_in=self._next_in, more=len(edits) == self._batch
        )


def judge(raw: RawChange, content: RawContent, position: Position) -> Judged:
    """Accept every edit, for Carerix; one whose document is no edit fails."""
    edit = msgspec.json.decode(content.documents[0].body, type=Edit)
    change = Change(
        event_id=trace.derived("change", raw.event_id),
        connection_id=raw.connection_id,
        origin="processor",
        source_side="external",
        source_system=raw.system,
        target=raw.target,
        kind="upsert",
        native_id=raw.native_id,
        source_version=raw.native_version,
        observed_at=raw.observed_at,
        raw=position,
    )
    return Judged(change, ChangeContent(appointment=appointment(edit)))


class AuditHandler:
    """Applies an edit if it is newer than what was applied to its item."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def handle(self, work: Work, hand: Hand) -> Effect:
        """One row in ``audit_effects`` for an edit that is new; an outcome for every one."""
        change = work.record
        assert isinstance(change, Change)
        assert isinstance(work.content, ChangeContent)
        assert work.content.appointment is not None
        edit = edit_of(work.content.appointment)
        with hand.transaction() as conn:
            row = conn.execute(
                "SELECT version FROM audit_items WHERE connection_id = %s AND item = %s",
                [change.connection_id, edit.item],
            ).fetchone()
        new = row is None or row["version"] < edit.version

        def write(conn: Fenced) -> None:
            if new:
                conn.execute(
                    "INSERT INTO audit_items VALUES (%s, %s, %s)"
                    " ON CONFLICT (connection_id, item) DO UPDATE SET version = excluded.version",
                    [change.connection_id, edit.item, edit.version],
                )
                conn.execute(
                    "INSERT INTO audit_effects (connection_id, item, version, n, change_id)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    [change.connection_id, edit.item, edit.version, edit.n, change.event_id],
                )

        result: Result = "updated" if new else "unchanged"
        outcome = Outcome(
            event_id=trace.derived("outcome", change.event_id),
            connection_id=change.connection_id,
            target=change.target,
            result=result,
            at=change.observed_at,
            change_id=change.event_id,
            raw=change.raw,
        )
        return Effect((packed(self._role, outcome, trace_id=work.trace_id),), write)
