"""Rows, and the tables that keep them findable."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from cxsync.sandbox.carerix.entities import ENTITIES, Entity, Kind


class Ref(msgspec.Struct, frozen=True, order=True):
    """A reference to the row ``number`` of ``entity``."""

    entity: str
    number: int

    @property
    def id(self) -> str:
        """The ``_id`` of the row referred to."""
        return ENTITIES[self.entity].id_of(self.number)


Value: TypeAlias = "int | str | datetime | Ref | tuple[int, ...] | tuple[Ref, ...] | Mapping[str, object] | None"


class Row(msgspec.Struct, frozen=True):
    """One version of a row; dates are aware and in UTC. An attribute that ``values`` lacks is null."""

    entity: str
    number: int
    values: Mapping[str, Value]
    version: int = 1

    @property
    def ref(self) -> Ref:
        """The reference to this row."""
        return Ref(self.entity, self.number)

    @property
    def id(self) -> str:
        """The ``_id`` of this row."""
        return ENTITIES[self.entity].id_of(self.number)

    def text(self, name: str) -> str:
        """The text of an attribute, empty for null."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def integer(self, name: str) -> int:
        """The number of an attribute, 0 for null."""
        value = self.values.get(name)
        return value if isinstance(value, int) else 0

    def date(self, name: str) -> datetime | None:
        """The point in time of an attribute, None for null."""
        value = self.values.get(name)
        return value if isinstance(value, datetime) else None

    def one(self, name: str) -> Ref | None:
        """Where a relation leads."""
        value = self.values.get(name)
        return value if isinstance(value, Ref) else None

    def many(self, name: str) -> tuple[Ref, ...]:
        """Where a to-many relation leads."""
        value = self.values.get(name)
        return tuple(each for each in value if isinstance(each, Ref)) if isinstance(value, tuple) else ()


class Table:
    """The current version of every row of one entity. ``changes`` rises with each write."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.rows: dict[int, Row] = {}
        self.changes = 0
        indexed = [attribute for attribute in entity.attributes.values() if attribute.indexed]
        self._by_date: dict[str, list[tuple[datetime, int]]] = {a.name: [] for a in indexed if a.kind is Kind.DATE}
        self._by_value: dict[str, dict[Value, set[int]]] = {a.name: {} for a in indexed if a.kind is not Kind.DATE}
        self._last = 0

    def next_number(self) -> int:
        """A number that no row has or had."""
        return self._last + 1

    def get(self, number: int) -> Row | None:
        """The row with this number, deleted or not."""
        return self.rows.get(number)

    def put(self, row: Row) -> None:
        """Make ``row`` the current version of its number."""
        previous = self.rows.get(row.number)
        if previous is not None:
            self._forget(previous)
        self.rows[row.number] = row
        self._last = max(self._last, row.number)
        self.changes += 1
        for name, dates in self._by_date.items():
            value = row.date(name)
            if value is not None:
                insort(dates, (value, row.number))
        for name, holders in self._by_value.items():
            holders.setdefault(row.values.get(name), set()).add(row.number)

    def remove(self, number: int) -> None:
        """Remove the row without a trace."""
        previous = self.rows.pop(number, None)
        if previous is not None:
            self._forget(previous)
            self.changes += 1

    def _forget(self, row: Row) -> None:
        for name, dates in self._by_date.items():
            value = row.date(name)
            if value is not None:
                del dates[bisect_left(dates, (value, row.number))]
        for name, holders in self._by_value.items():
            holders[row.values.get(name)].discard(row.number)

    def has_date_index(self, name: str) -> bool:
        """Whether ``between`` can answer for this attribute."""
        return name in self._by_date

    def has_value_index(self, name: str) -> bool:
        """Whether ``holding`` can answer for this attribute."""
        return name in self._by_value

    def between(self, name: str, low: datetime | None, high: datetime | None) -> Iterator[int]:
        """Numbers of the rows whose date lies in [low, high], earliest first; None: no limit."""
        dates = self._by_date[name]
        first = 0 if low is None else bisect_left(dates, (low, 0))
        last = len(dates) if high is None else bisect_right(dates, (high, self._last + 1))
        return (number for _, number in dates[first:last])

    def count_between(self, name: str, low: datetime | None, high: datetime | None) -> int:
        """How many numbers ``between`` would name."""
        dates = self._by_date[name]
        first = 0 if low is None else bisect_left(dates, (low, 0))
        last = len(dates) if high is None else bisect_right(dates, (high, self._last + 1))
        return max(last - first, 0)

    def holding(self, name: str, value: Value) -> set[int]:
        """Numbers of the rows that hold ``value``; not to be changed."""
        return self._by_value[name].get(value, set())

    def chosen(self, numbers: Iterable[int]) -> Iterator[Row]:
        """The rows with these numbers, those that exist."""
        return (self.rows[number] for number in numbers if number in self.rows)


class Database:
    """The tables of one tenant."""

    def __init__(self) -> None:
        self.tables = {name: Table(entity) for name, entity in ENTITIES.items()}

    def table(self, entity: str) -> Table:
        """The table of an entity."""
        return self.tables[entity]

    def follow(self, ref: Ref | None) -> Row | None:
        """The row that ``ref`` leads to."""
        return None if ref is None else self.tables[ref.entity].get(ref.number)

    def by_id(self, entity: str, text: str) -> Row | None:
        """The row with this ``_id``, None if there is none."""
        number = ENTITIES[entity].number_of(text)
        return None if number is None else self.tables[entity].get(number)
