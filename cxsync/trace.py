"""The ids and headers that records are given: derived, so that a repeat of the work gives the same."""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from cxsync import __version__
from schemas.envelope import Headers
from schemas.registry import RELEASE
from schemas.words import System

NAMESPACE: Final = UUID("6f1d3c3e-3c0e-5f0a-9b7e-0c7f5a1e2d44")


def derived(*parts: object) -> UUID:
    """A UUID version 5 of the parts' text (RFC 9562 section 5.5): equal parts, equal id, on any machine."""
    return uuid5(NAMESPACE, "\x1f".join(map(str, parts)))


def headers(
    event_id: UUID, connection: UUID | None, system: System | None, observed_at: datetime, trace_id: str | None = None
) -> Headers:
    """Headers of a record of this program; a trace begins at the record that has none to carry on."""
    return Headers(
        event_id=event_id,
        schema_version=RELEASE,
        program_version=__version__,
        connection=connection,
        system=system,
        observed_at=observed_at,
        trace_id=trace_id or event_id.hex,
    )
