"""Pollers, topics and inbox of the model: cursors that move late, duplicates, topics that overtake each other."""

from collections import deque
from collections.abc import Mapping
from random import Random

from msgspec import Struct

from schemas.words import Field, Side
from tests.model.calendars import Calendar, Item

OTHER: Mapping[Side, Side] = {"carerix": "external", "external": "carerix"}


class Record(Struct, frozen=True):
    """One item as observed at a tick of the world's clock."""

    source: Side
    item: Item
    observed_at: int
    asserted: tuple[Field, ...] = ()


class Poller:
    """Publishes what changed since its cursor; a crash before the cursor moves publishes it again."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._cursor = 0

    @property
    def behind(self) -> bool:
        return self._cursor < self._calendar.version

    def poll(self, topic: list[Record], now: int, *, crash: bool) -> None:
        """One poll."""
        found = self._calendar.since(self._cursor)
        topic.extend(Record(self._calendar.side, item, now) for item in found)
        if not crash:
            self._cursor = self._calendar.version


class Inbox:
    """What the sink of one target still has to reconcile: the newest observation of each source item."""

    def __init__(self) -> None:
        self.due: dict[str, Record] = {}
        self._offset = 0

    def behind(self, topic: list[Record]) -> bool:
        return self._offset < len(topic)

    def ingest(self, topic: list[Record], random: Random, *, crash: bool) -> None:
        """Take some records; after a crash before the offset is committed they come again."""
        batch = deque(topic[self._offset : self._offset + random.choice((1, 2, 5))])
        if not crash:
            self._offset += len(batch)
        while batch:
            record = batch.popleft()
            waiting = self.due.get(record.item.native_id)
            if waiting is None or record.observed_at >= waiting.observed_at:
                self.due[record.item.native_id] = record

    def done(self, record: Record) -> None:
        """Reconciled, unless a newer observation has taken its place."""
        if self.due.get(record.item.native_id) is record:
            del self.due[record.item.native_id]
