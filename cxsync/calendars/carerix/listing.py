"""Lists that lose no row although rows shift between pages while people work (A17).

Offset paging over a live list skips a row whenever one before it leaves; neither order nor total shows it. So no list
here is ever read by offset: every request is the first page of a list that begins where the last one ended, by a key
that either stays (the number) or only moves to where the reading has not been yet (the date of the last change). One
page is one moment of the server; what moved in between is met again further on.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from cxsync.calendars.carerix import qualifier
from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.assumptions import PAGE_SIZE, ROW_NUMBER
from cxsync.calendars.carerix.documents import COUNT, LIST, Operation
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.row import Held, dated, held
from cxsync.calendars.errors import Unavailable

ATTEMPTS: Final = 3
"""How often a page out of order is asked for, and a list that holds less than the server counts."""
SECOND: Final = timedelta(seconds=1)

DateKey: TypeAlias = Literal["modificationDate", "creationDate"]
Dated: TypeAlias = tuple[Held, datetime | None]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """A page as it came."""

    total_elements: int
    number_of_elements: int
    items: tuple[msgspec.Raw, ...] = ()


class _Total(msgspec.Struct, frozen=True, rename="camel"):
    total_elements: int


class Page(msgspec.Struct, frozen=True):
    """The first page of a list; ``complete``: it is the whole list."""

    rows: tuple[Dated, ...]
    complete: bool


def first_page(gateway: Gateway, operation: Operation, text: str, key: str, size: int = PAGE_SIZE) -> Answer:
    """The first ``size`` rows that ``text`` describes, sorted by ``key``; raises Unavailable for a page in pieces."""
    pageable = {"page": 0, "size": size, "sort": {"property": key, "direction": "ASC"}}
    body = gateway.ask(operation, {"qualifier": text, "pageable": pageable})
    try:
        page = msgspec.json.decode(body or b"null", type=Answer)
    except msgspec.DecodeError as error:
        raise Unavailable(SYSTEM, operation.name, f"the answer is no page: {error}") from None
    rows = len(page.items)
    if rows != page.number_of_elements or rows > page.total_elements or (page.total_elements and not rows):
        raise Unavailable(SYSTEM, operation.name, "the page does not hold what it says")
    return page


class Reader:
    """Reads lists of a tenant's appointments."""

    def __init__(self, gateway: Gateway, settings: TenantSettings) -> None:
        self._gateway = gateway
        self._zone = settings.wire

    def count(self, text: str) -> int:
        """How many rows ``text`` describes, deleted ones too."""
        body = self._gateway.ask(COUNT, {"qualifier": text, "pageable": {"page": 0, "size": 1}})
        try:
            return msgspec.json.decode(body or b"null", type=_Total).total_elements
        except msgspec.DecodeError as error:
            raise Unavailable(SYSTEM, COUNT.name, f"the answer is no page: {error}") from None

    def newest(self, key: DateKey, text: str) -> datetime | None:
        """The newest date ``key`` among the rows that ``text`` describes."""
        pageable = {"page": 0, "size": 1, "sort": {"property": key, "direction": "DESC"}}
        body = self._gateway.ask(LIST, {"qualifier": text, "pageable": pageable})
        try:
            page = msgspec.json.decode(body or b"null", type=Answer)
        except msgspec.DecodeError as error:
            raise Unavailable(SYSTEM, LIST.name, f"the answer is no page: {error}") from None
        dates = [dated(held(LIST.name, bytes(raw)), key, self._zone) for raw in page.items]
        return max((at for at in dates if at is not None), default=None)

    def page(self, text: str) -> tuple[tuple[Held, ...], bool]:
        """The first page of a list in no order that matters, and whether it is the whole list."""
        answer = first_page(self._gateway, LIST, text, "modificationDate")
        rows = tuple(held(LIST.name, bytes(raw)) for raw in answer.items)
        return rows, answer.total_elements == len(rows)

    def by_date(self, key: DateKey, since: Callable[[datetime], str], begin: datetime) -> Iterator[Dated]:
        """All rows that ``since(begin)`` describes, by the date ``key``, oldest first; some come twice.

        A row that changes meanwhile gets a later date and is met again; one that nobody touches keeps its place.
        """
        position = begin.replace(microsecond=0)
        while True:
            page = self._ordered(since(position), key, position)
            yield from page.rows
            if page.complete:
                return
            last = page.rows[-1][1]
            if last is None:
                raise Unavailable(SYSTEM, LIST.name, f"{key} of a row cannot be read, so the next page is not known")
            if last.replace(microsecond=0) > position:
                position = last.replace(microsecond=0)
                continue
            within = qualifier.before(since(position), key, position + SECOND)
            for each in self.by_number(within):
                yield each, position
            position += SECOND

    def by_number(self, text: str) -> Iterator[Held]:
        """All rows that ``text`` describes by their number, which never changes."""
        number = -1
        while True:
            answer = first_page(self._gateway, LIST, qualifier.above(text, number), ROW_NUMBER)
            rows = [held(LIST.name, bytes(raw)) for raw in answer.items]
            yield from rows
            if answer.total_elements == len(rows):
                return
            numbers = [row.row.number for row in rows if row.row.number is not None]
            if len(numbers) != len(rows) or numbers != sorted(numbers) or max(numbers) <= number:
                raise Unavailable(SYSTEM, LIST.name, f"rows do not come by {ROW_NUMBER}, so the next page is not known")
            number = max(numbers)

    def proved(self, text: str) -> dict[str, Held]:
        """All rows that ``text`` describes, by ``_id``: as many as the server counts, or more that came meanwhile.

        Raises:
            Unavailable: it counts more than it lists, three times.
        """
        rows: dict[str, Held] = {}
        counted = 0
        for _ in range(ATTEMPTS):
            rows |= {row.row.id: row for row in self.by_number(text)}
            counted = self.count(text)
            if len(rows) >= counted:
                return rows
        raise Unavailable(SYSTEM, LIST.name, f"{counted} appointments are counted, {len(rows)} listed")

    def _ordered(self, text: str, key: DateKey, begin: datetime) -> Page:
        for _ in range(ATTEMPTS):
            answer = first_page(self._gateway, LIST, text, key)
            rows = self._dated([held(LIST.name, bytes(raw)) for raw in answer.items], key, begin)
            dates = [at for _, at in rows if at is not None]
            if dates == sorted(dates):
                return Page(rows, answer.total_elements == len(rows))
        raise Unavailable(SYSTEM, LIST.name, f"rows do not come in the order of {key}")

    def _dated(self, rows: list[Held], key: DateKey, begin: datetime) -> tuple[Dated, ...]:
        found: list[Dated] = []
        previous = begin
        for each in rows:
            at = dated(each, key, self._zone, previous)
            previous = at or previous
            found.append((each, at))
        return tuple(found)
