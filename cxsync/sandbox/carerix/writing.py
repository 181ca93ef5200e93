"""Create, update, delete: the one way in which rows change, whether a program or a person asks."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.plain import plain_values
from cxsync.sandbox.carerix.refusals import BrokenRule
from cxsync.sandbox.carerix.rows import Ref, Row, Value
from cxsync.sandbox.carerix.rules import check, fitted
from cxsync.sandbox.carerix.tenant import Tenant
from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.journal import Channel, Journal

SYSTEM = "carerix"


class Author(msgspec.Struct, frozen=True):
    """Who writes, and how it reached the server."""

    user: Ref
    channel: Channel


class Participant(msgspec.Struct, frozen=True):
    """An item of ``toDoUsers`` in a request; ``number`` names one that exists."""

    number: int | None
    values: dict[str, Value]


class Fields(msgspec.Struct, frozen=True):
    """What a request sets: attributes, and the whole list of participants unless it is None."""

    values: dict[str, Value]
    participants: tuple[Participant, ...] | None = None


class Writer:
    """Writes rows of one tenant's CRToDo table and records every version in the journal."""

    def __init__(self, tenant: Tenant, clock: Clock, journal: Journal, options: Options) -> None:
        self._tenant = tenant
        self._clock = clock
        self._journal = journal
        self._options = options

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)

    def create(self, fields: Fields, author: Author, action: str = "create") -> Row:
        """A new row; without ``owner`` it lands in the author's own agenda. Raises BrokenRule."""
        table = self._tenant.database.table("CRToDo")
        now = self._now()
        values: dict[str, Value] = {"recurrence": 0, "isConfidential": 0, "deleted": 0, "isAllDay": 0, "status": 0}
        values |= {"owner": author.user, "creationDate": now, "createdBy": author.user}
        values |= {name: value for name, value in fields.values.items() if value is not None}
        if self._options.modified_by_at_creation:
            values["modifiedBy"] = author.user
        if self._options.creation_stamps:
            values["modificationDate"] = now
        return self._store(Row("CRToDo", table.next_number(), values), fields, author, action)

    def update(self, row: Row, fields: Fields, author: Author, action: str = "update") -> Row:
        """Change what ``fields`` names and leave the rest; a deleted row stays deleted (A18). Raises BrokenRule."""
        restoring = fields.values.get("deleted") == 0 and row.integer("deleted") == 1
        if restoring and author.channel == "api" and not self._options.restore:
            raise BrokenRule("deleted", "a deleted activity cannot be restored")
        values = {**row.values, **_not_null(fields.values)}
        if self._options.update_restores and "deleted" not in fields.values:
            values["deleted"] = 0
        idle = values == row.values and fields.participants is None
        if not idle or self._options.idle_update_touches:
            values |= {"modificationDate": self._now(), "modifiedBy": author.user}
        elif idle:
            return row
        changed = Row(row.entity, row.number, values, row.version + 1)
        return self._store(changed, fields, author, "restore" if restoring else action)

    def delete(self, row: Row, author: Author) -> None:
        """Soft delete (A4); a second deletion does nothing (A18)."""
        if row.integer("deleted"):
            return
        if self._options.delete == "hard" and author.channel == "api":
            self.purge(row, author)
            return
        values = {**row.values, "deleted": 1, "modifiedBy": author.user}
        if self._options.delete_touches:
            values["modificationDate"] = self._now()
        self._put(Row(row.entity, row.number, values, row.version + 1), author, "delete")

    def purge(self, row: Row, author: Author) -> None:
        """Remove the row for good: it is in no list any more, deleted ones included."""
        self._tenant.database.table("CRToDo").remove(row.number)
        self._record(Row(row.entity, row.number, row.values, row.version + 1), author, "purge")

    def _store(self, row: Row, fields: Fields, author: Author, action: str) -> Row:
        values = fitted(row.values, self._options)
        check(values, self._tenant.settings, self._options)
        if fields.participants is not None:
            values["toDoUsers"] = self._participants(row, fields.participants)
        stored = Row(row.entity, row.number, values, row.version)
        self._put(stored, author, action)
        return stored

    def _put(self, row: Row, author: Author, action: str) -> None:
        self._tenant.database.table("CRToDo").put(row)
        self._record(row, author, action)

    def _record(self, row: Row, author: Author, action: str) -> None:
        self._journal.add(
            SYSTEM,
            self._tenant.owner_name(row.one("owner")),
            row.id,
            str(row.version),
            author.channel,
            self._tenant.owner_name(author.user),
            action,
            plain_values(row),
        )

    def _participants(self, row: Row, wanted: tuple[Participant, ...]) -> tuple[Ref, ...]:
        """The list as wanted, whole: what it does not name is removed (sub-lists have replace semantics)."""
        table = self._tenant.database.table("CRToDoUser")
        present = {ref.number for ref in row.many("toDoUsers")}
        for each in wanted:
            if each.number is not None and each.number not in present:
                raise BrokenRule("toDoUsers", "an item names a participant of another activity")
        kept: list[Ref] = []
        for each in wanted:
            known = None if each.number is None else table.get(each.number)
            number = table.next_number() if known is None else known.number
            values = {**(known.values if known is not None else {"isActive": 1}), **each.values}
            table.put(Row("CRToDoUser", number, values, 1 if known is None else known.version + 1))
            kept.append(Ref("CRToDoUser", number))
        for number in present - {ref.number for ref in kept}:
            table.remove(number)
        return tuple(kept)


def _not_null(values: Mapping[str, Value]) -> dict[str, Value]:
    """The values as columns take them: flags that may not be null become 0."""
    needed = ("deleted", "isConfidential", "recurrence")
    return {name: 0 if value is None and name in needed else value for name, value in values.items()}
