"""What the producer host asks of a poller: read what changed since a cursor, as whole appointments."""

from typing import Protocol
from uuid import UUID

from msgspec import Struct

from cxsync.store.schedule import DuePoll
from schemas.records import Policy, RawContent
from schemas.words import Presence, RawOrigin, System


class Observation(Struct, frozen=True, kw_only=True):
    """One appointment as it was found; ``event_id`` is derived from item and version, so that a repeat is the same."""

    event_id: UUID
    connection_id: UUID
    target: System
    native_id: str
    native_version: str | None = None
    presence: Presence = "present"
    origin: RawOrigin = "poll"
    policy: Policy
    content: RawContent


class Polled(Struct, frozen=True, kw_only=True):
    """A finished poll: what was found, oldest change first; where the next one begins; when it is due (seconds).

    ``more``: the server has more, so the next poll is due at once.
    """

    observations: tuple[Observation, ...]
    cursor: bytes
    next_in: float
    more: bool = False


class Source(Protocol):
    """The poller of one system."""

    system: System

    def poll(self, due: DuePoll, cursor: bytes | None) -> Polled:
        """Read what changed. ``cursor`` is None before the first poll.

        Raises:
            PollFailed: with a code and the seconds after which to try again.
        """
        ...
