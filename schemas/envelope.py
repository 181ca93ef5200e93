"""The headers that every record carries in clear, so that it can be routed, traced and counted without being opened.

Each is text in UTF-8. Names start with ``cx-``, except ``traceparent``, which is W3C Trace Context's own.
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

_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_SYSTEMS: dict[str, System] = {system: system for system in get_args(System)}


class Headers(Struct, frozen=True, kw_only=True):
    """``schema_version``: release of the contracts the writer was built with. ``trace_id``: 32 hex digits, W3C."""

    event_id: UUID
    schema_version: int
    program_version: str
    connection: UUID | None
    system: System | None
    observed_at: datetime
    trace_id: str

    def to_kafka(self) -> KafkaHeaders:
        """As Kafka takes them; what is None is left out."""
        headers = [
            ("cx-event-id", str(self.event_id).encode()),
            ("cx-schema-version", str(self.schema_version).encode()),
            ("cx-program-version", self.program_version.encode()),
            ("cx-observed-at", self.observed_at.astimezone(UTC).isoformat(timespec="microseconds").encode()),
            ("cx-trace-id", self.trace_id.encode()),
        ]
        if self.connection is not None:
            headers.append(("cx-connection", str(self.connection).encode()))
        if self.system is not None:
            headers.append(("cx-system", self.system.encode()))
        return headers

    @classmethod
    def from_kafka(cls, headers: Iterable[tuple[str, bytes | None]]) -> "Headers":
        """Reads ours and ignores all others. Raises BadHeader for one that is missing, doubled or malformed."""
        raise NotImplementedError
