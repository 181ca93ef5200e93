"""Events as they came: pages taken apart byte for byte, and put together to whole appointments."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from cxsync.calendars.errors import Unavailable
from cxsync.calendars.google.cursor import KINDS
from cxsync.calendars.google.refusal import SYSTEM
from cxsync.calendars.port import Found
from schemas.records import Document
from schemas.words import DocumentRole

CANCELLED = "cancelled"
T = TypeVar("T")
_NOTHING = msgspec.Raw(b"null")


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """As much of an event as is needed to know what it belongs to; all else may have any form here."""

    id: str
    etag: str = ""
    status: Any = None
    recurring_event_id: str | None = None
    recurrence: Any = None
    event_type: Any = "default"
    uid: Any = msgspec.field(default=None, name="iCalUID")
    updated: Any = ""
    reminders: Any = None
    body: bytes = b""

    @property
    def cancelled(self) -> bool:
        """Deleted, or an occurrence that does not take place."""
        return bool(self.status == CANCELLED)

    @property
    def is_series(self) -> bool:
        """Whether it recurs and is there."""
        return bool(self.recurrence) and not self.cancelled


class Page(msgspec.Struct, frozen=True):
    """One page of a list. ``context``: what the calendar says of itself, without which events cannot be read."""

    rows: tuple[Row, ...]
    context: Document
    next_page: str | None
    next_sync: str | None


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    items: tuple[msgspec.Raw, ...] = ()
    next_page_token: str | None = None
    next_sync_token: str | None = None
    time_zone: msgspec.Raw = _NOTHING
    access_role: msgspec.Raw = _NOTHING
    default_reminders: msgspec.Raw = _NOTHING


def page_of(operation: str, content: bytes, calendar_id: str) -> Page:
    """Raises Unavailable for an answer that makes no sense."""
    page = _decoded(operation, content, _Page)
    context = {
        "timeZone": page.time_zone,
        "accessRole": page.access_role,
        "defaultReminders": page.default_reminders,
    }
    return Page(
        tuple(row_of(operation, bytes(item)) for item in page.items),
        Document(role="context", native_id=calendar_id, body=msgspec.json.encode(context)),
        page.next_page_token,
        page.next_sync_token,
    )


def row_of(operation: str, content: bytes) -> Row:
    """One event. Raises Unavailable for an answer that makes no sense."""
    row = _decoded(operation, content, Row)
    return msgspec.structs.replace(row, body=content)


def _decoded(operation: str, content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unavailable(SYSTEM, operation, "the answer is cut off or garbled") from None


class Sorted(msgspec.Struct, frozen=True):
    """A list by what belongs together: masters (series and singles) by id, exceptions by the id of their series."""

    masters: Mapping[str, Row]
    exceptions: Mapping[str, Mapping[str, Row]]


def sort(rows: Iterable[Row]) -> Sorted:
    """An item that stands on two pages counts as it was last."""
    masters: dict[str, Row] = {}
    exceptions: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.recurring_event_id is not None:
            exceptions.setdefault(row.recurring_event_id, {})[row.id] = row
        elif row.cancelled or row.event_type in KINDS:
            masters[row.id] = row
    return Sorted(masters, exceptions)


def present(master: Row, exceptions: Iterable[Row], context: Document) -> Found:
    """A whole appointment: of a series the master, then its exceptions in a stable order."""
    ordered = sorted(exceptions, key=lambda row: row.id) if master.is_series else []
    role: DocumentRole = "series" if master.is_series else "single"
    documents = [_document(master, role), *(_document(row, "exception") for row in ordered), context]
    version = _version([master, *ordered])
    return Found(native_id=master.id, version=version, presence="present", documents=tuple(documents))


def gone(row: Row) -> Found:
    """A deleted event, often no more than its id: nothing in it says whether it was a series."""
    return Found(native_id=row.id, version=_version([row]), presence="tombstone", documents=(_document(row, "single"),))


def _document(row: Row, role: DocumentRole) -> Document:
    return Document(role=role, native_id=row.id, native_version=row.etag or None, body=row.body)


def _version(rows: list[Row]) -> str:
    """The master's etag and a digest: exceptions have etags of their own, and reminders need not move one."""
    parts = [(row.id, row.etag, None if row.cancelled else row.reminders) for row in rows]
    digest = blake2b(msgspec.json.encode(parts, order="deterministic"), digest_size=8).hexdigest()
    etag = rows[0].etag.strip('"')
    return f"{etag}.{digest}"
