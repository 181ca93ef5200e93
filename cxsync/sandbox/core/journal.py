"""Every version that the content of any item ever had, with its author and time."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from cxsync.sandbox.core.clock import Clock

Channel = Literal["api", "person", "server"]
"""How a version came about: through the protocol, by a person (control interface, page), by the server itself."""


class Entry(msgspec.Struct, frozen=True):
    """One version of one item; ``seq`` counts from 1 over all systems."""

    seq: int
    at: datetime
    system: str
    owner: str
    item: str
    version: str
    channel: Channel
    author: str
    action: str
    content: dict[str, Any]


class Journal:
    """An append-only list of entries; whoever watches is called after each addition, on the adding thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self.watchers: set[Callable[[Entry], None]] = set()

    def add(
        self,
        system: str,
        owner: str,
        item: str,
        version: str,
        channel: Channel,
        author: str,
        action: str,
        content: Mapping[str, Any],
    ) -> Entry:
        """Record a version. ``content`` is copied and has to be expressible as JSON."""
        copy = msgspec.json.decode(msgspec.json.encode(content), type=dict[str, Any])
        entry = Entry(
            len(self._entries) + 1, self._clock.now(), system, owner, item, version, channel, author, action, copy
        )
        self._entries.append(entry)
        for watcher in tuple(self.watchers):
            watcher(entry)
        return entry

    @property
    def last(self) -> int:
        """The highest ``seq`` given so far, 0 at the start."""
        return len(self._entries)

    def entries(
        self, *, system: str | None = None, owner: str | None = None, item: str | None = None, since: int = 0
    ) -> Iterator[Entry]:
        """Entries with ``seq`` above ``since`` that match all that is given, oldest first."""
        for entry in self._entries[max(since, 0) :]:
            if (
                (system is None or entry.system == system)
                and (owner is None or entry.owner == owner)
                and (item is None or entry.item == item)
            ):
                yield entry

    def clear(self) -> None:
        """Forget everything; numbers start at 1 again."""
        self._entries.clear()
