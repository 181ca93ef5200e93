"""From what a calendar client found to what is published: ids that a repeat gives again."""

from hashlib import blake2b
from uuid import UUID

from cxsync import trace
from cxsync.calendars.port import Found
from producers.source import Observation
from schemas.records import Policy, RawContent
from schemas.words import RawOrigin, System


def observation(
    found: Found, system: System, target: System, connection_id: UUID, policy: Policy, origin: RawOrigin
) -> Observation:
    """``found`` as an observation of ``connection_id``. Same item, version and documents: same event id."""
    seal = blake2b(digest_size=16)
    for document in found.documents:
        seal.update(document.body)
    event_id = trace.derived(
        "raw", connection_id, system, found.native_id, found.version, found.presence, seal.hexdigest()
    )
    return Observation(
        event_id=event_id,
        connection_id=connection_id,
        target=target,
        native_id=found.native_id,
        native_version=found.version,
        presence=found.presence,
        origin=origin,
        policy=policy,
        content=RawContent(documents=found.documents),
    )
