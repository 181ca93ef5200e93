"""Lists by qualifier, sorted and cut into pages by offset over the live rows (A1, A17)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil
from typing import Any, Final

import msgspec

from cxsync.sandbox.carerix.entities import Kind
from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.qualifier.matching import compiled, path_of, values_at
from cxsync.sandbox.carerix.qualifier.planning import plan
from cxsync.sandbox.carerix.qualifier.syntax import parse
from cxsync.sandbox.carerix.refusals import InvalidQuery
from cxsync.sandbox.carerix.rows import Database, Row, Table
from cxsync.sandbox.carerix.tenant import TenantSettings

REMEMBERED: Final = 16


class Order(msgspec.Struct, frozen=True):
    """By which key path, and whether falling."""

    path: str
    falling: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """What a list asks for, less the page; ``everything`` includes deleted rows (``norestrict``)."""

    entity: str
    qualifier: str | None
    order: Order | None
    everything: bool


class Page(msgspec.Struct, frozen=True):
    """A cut of a list; ``number`` counts from 0."""

    number: int
    size: int
    total: int
    rows: list[Row]

    def answer(self) -> dict[str, Any]:
        """The page with the names of the schema."""
        pages = ceil(self.total / self.size)
        return {
            "totalElements": self.total,
            "totalPages": pages,
            "numberOfElements": len(self.rows),
            "first": self.number == 0,
            "last": self.number + 1 >= pages,
            "page": self.number,
            "size": self.size,
            "items": self.rows,
        }


class Lists:
    """The lists of one tenant. A list is kept as long as no row changes, so that paging through it stays quick."""

    def __init__(self, database: Database, settings: TenantSettings) -> None:
        self._database = database
        self._settings = settings
        self._kept: dict[tuple[Wanted, Options], list[Row]] = {}
        self._kept_at = -1

    def page(self, wanted: Wanted, pageable: Mapping[str, Any], options: Options) -> Page:
        """The page that ``pageable`` (``page``, ``size``) names; raises InvalidQuery."""
        number, size = _cut(pageable, options)
        rows = self._rows(wanted, options)
        return Page(number, size, len(rows), rows[number * size : (number + 1) * size])

    def _rows(self, wanted: Wanted, options: Options) -> list[Row]:
        at = sum(table.changes for table in self._database.tables.values())
        if at != self._kept_at or len(self._kept) >= REMEMBERED:
            self._kept.clear()
            self._kept_at = at
        rows = self._kept.get((wanted, options))
        if rows is None:
            rows = self._found(wanted, options)
            self._kept[wanted, options] = rows
        return rows

    def _found(self, wanted: Wanted, options: Options) -> list[Row]:
        table = self._database.table(wanted.entity)
        rows: Iterable[Row] = table.rows.values()
        if wanted.qualifier is not None:
            zone = self._settings.home if options.qualifier_zone == "system" else self._settings.wire
            node = parse(wanted.qualifier, zone)
            fulfils = compiled(node, table.entity, self._database)
            indexed = plan(node, table)
            if indexed is not None:
                rows = table.chosen(indexed.numbers())
            rows = [row for row in rows if fulfils(row)]
        if not wanted.everything:
            rows = [row for row in rows if not row.values.get("deleted")]
        return self._sorted(rows, table, wanted.order, options)

    def _sorted(self, rows: Iterable[Row], table: Table, order: Order | None, options: Options) -> list[Row]:
        by_number = sorted(rows, key=lambda row: row.number)
        if order is None:
            return by_number
        path = path_of(table.entity, order.path)
        if any(step.kind is Kind.MANY for step in path) or path[-1].kind in (Kind.ONE, Kind.DAYS, Kind.DICTIONARY):
            raise InvalidQuery(f"sort: {order.path!r} is no single value")
        empty: list[Row] = []
        filled: list[tuple[int | str | datetime, Row]] = []
        for row in by_number:
            value = next(values_at(row, path, self._database), None)
            if isinstance(value, int | str | datetime):
                filled.append((value, row))
            else:
                empty.append(row)
        filled.sort(key=lambda each: each[0], reverse=order.falling)  # stable: ties stay in the order of numbers
        sorted_rows = [row for _, row in filled]
        return sorted_rows + empty if options.nulls == "last" else empty + sorted_rows


def _cut(pageable: Mapping[str, Any], options: Options) -> tuple[int, int]:
    page, size = pageable.get("page"), pageable.get("size")
    number = 0 if page is None else int(page)
    wanted = options.default_page_size if size is None else int(size)
    if number < 0:
        raise InvalidQuery(f"pageable: page {number} does not exist, the first is 0")
    if wanted < 1:
        raise InvalidQuery(f"pageable: size {wanted} is too small, at least 1")
    if wanted > options.max_page_size:
        if options.oversized_page == "refuse":
            raise InvalidQuery(f"pageable: size {wanted} is too large, at most {options.max_page_size}")
        wanted = options.max_page_size
    return number, wanted
