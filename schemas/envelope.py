"""The headers that every record carries in clear, so that it can be routed, traced and counted without being opened.

All are text in UTF-8. Headers of others beside them are ignored.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from msgspec import Struct

from schemas.errors import BadHeader
from schemas.words import System

KafkaHeaders = list[tuple[str, bytes]]

EVENT_ID = "cx-event-id"
SCHEMA_VERSION = "cx-schema-version"
PROGRAM_VERSION = "cx-program-version"
CONNECTION = "cx-connection"
SYSTEM = "cx-system"
OBSERVED_AT = "cx-observed-at"
TRACE_ID = "cx-trace-id"

NAMES = frozenset({EVENT_ID, SCHEMA_VERSION, PROGRAM_VERSION, CONNECTION, SYSTEM, OBSERVED_AT, TRACE_ID})

# W3C Trace Context, "trace-id": 16 bytes in lower-case hex, not all zero
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_SYSTEMS: dict[str, System] = {system: system for system in get_args(System)}


class Headers(Struct, frozen=True, kw_only=True):
    """``schema_version``: release of the contracts the writer was built with. ``observed_at``: aware, microseconds.

    ``trace_id``: W3C Trace Context, 32 hex digits, one from poll to mail. ``connection`` and ``system`` may be None on
    a dead letter only.
    """

    event_id: UUID
    schema_version: int
    program_version: str
    connection: UUID | None = None
    system: System | None = None
    observed_at: datetime
    trace_id: str

    def to_kafka(self) -> KafkaHeaders:
        """As Kafka takes them; what is None is left out. Raises BadHeader for a value that could not be read back."""
        if self.observed_at.tzinfo is None:
            raise BadHeader(OBSERVED_AT, "has a time without zone; expected an aware one")
        _trace_id(self.trace_id)
        _number(SCHEMA_VERSION, str(self.schema_version))
        headers = [
            (EVENT_ID, str(self.event_id).encode()),
            (SCHEMA_VERSION, b"%d" % self.schema_version),
            (PROGRAM_VERSION, self.program_version.encode()),
            (OBSERVED_AT, self.observed_at.astimezone(UTC).isoformat(timespec="microseconds").encode()),
            (TRACE_ID, self.trace_id.encode()),
        ]
        if self.connection is not None:
            headers.append((CONNECTION, str(self.connection).encode()))
        if self.system is not None:
            headers.append((SYSTEM, self.system.encode()))
        return headers

    @classmethod
    def from_kafka(cls, headers: Iterable[tuple[str, bytes | None]]) -> "Headers":
        """Reads ours and ignores all others. Raises BadHeader for one that is missing, doubled or malformed."""
        found = _texts(headers)
        return cls(
            event_id=_uuid(EVENT_ID, _required(found, EVENT_ID)),
            schema_version=_number(SCHEMA_VERSION, _required(found, SCHEMA_VERSION)),
            program_version=_required(found, PROGRAM_VERSION),
            connection=_uuid(CONNECTION, found[CONNECTION]) if CONNECTION in found else None,
            system=_system(found[SYSTEM]) if SYSTEM in found else None,
            observed_at=_time(OBSERVED_AT, _required(found, OBSERVED_AT)),
            trace_id=_trace_id(_required(found, TRACE_ID)),
        )


def schema_version(headers: Iterable[tuple[str, bytes | None]]) -> int | None:
    """The header that decides between a newer program and garbage, readable or not as the others may be."""
    for name, value in headers:
        if name == SCHEMA_VERSION and value is not None and _VERSION.fullmatch(text := value.decode("latin-1")):
            return int(text)
    return None


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        if name not in NAMES:
            continue
        if name in found:
            raise BadHeader(name, "is there twice")
        if value is None:
            raise BadHeader(name, "has no value")
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            raise BadHeader(name, "is no UTF-8 text") from None
    return found


def _required(found: dict[str, str], name: str) -> str:
    if name not in found:
        raise BadHeader(name, "is missing")
    return found[name]


def _uuid(name: str, text: str) -> UUID:
    try:
        value = UUID(text)
    except ValueError:
        raise BadHeader(name, "is no UUID") from None
    return value


def _number(name: str, text: str) -> int:
    if not _VERSION.fullmatch(text):
        raise BadHeader(name, "is no release number, 1 or above")
    return int(text)


def _system(text: str) -> System:
    if text not in _SYSTEMS:
        raise BadHeader(SYSTEM, f"is none of {', '.join(_SYSTEMS)}")
    return _SYSTEMS[text]


def _time(name: str, text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise BadHeader(name, "is no ISO 8601 time") from None
    if value.tzinfo is None:
        raise BadHeader(name, "has a time without zone")
    return value


def _trace_id(text: str) -> str:
    if not _TRACE_ID.fullmatch(text):
        raise BadHeader(TRACE_ID, "is no trace id; expected 32 lower-case hex digits, not all zero")
    return text
