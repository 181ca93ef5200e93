"""Servers that do not sort as they are asked: the sandbox sorts, so answers are scripted here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from cxsync.calendars.carerix import qualifier
from cxsync.calendars.carerix.access import Access, TenantSettings
from cxsync.calendars.carerix.documents import COUNT, Operation
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.carerix.listing import ATTEMPTS, Reader
from cxsync.calendars.errors import Unavailable
from tests.unit.calendars.carerix.rows import values

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


class Scripted(Gateway):
    """Gives one page after another, the last one for ever."""

    def __init__(self, pages: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(Access(graphql_url="", token_url="", client_id="", client_secret=""))
        self.pages = list(pages)
        self.asked: list[str] = []

    def ask(self, operation: Operation, variables: Mapping[str, Any]) -> bytes | None:
        self.asked.append(variables["qualifier"])
        return msgspec.json.encode(self.pages.pop(0) if len(self.pages) > 1 else self.pages[0])


def stamped(number: int, modified: str) -> dict[str, Any]:
    return values(_id=f"31.{number}", toDoID=number, modificationDate=modified)


def page(*rows: tuple[int, str], total: int | None = None, said: int | None = None) -> dict[str, Any]:
    items = [
        values(_id=f"31.{number}", toDoID=number, modificationDate=f"2026-03-02T{clock}") for number, clock in rows
    ]
    return {
        "totalElements": len(items) if total is None else total,
        "numberOfElements": len(items) if said is None else said,
        "items": items,
    }


def ids(pages: Sequence[Mapping[str, Any]], zone: str = "UTC") -> list[str]:
    reader = Reader(Scripted(pages), TenantSettings(api_zone=zone))
    return [row.row.id for row, _ in reader.by_date("modificationDate", qualifier.modified_since, BEGIN)]


def test_a_page_whose_order_broke_is_asked_for_again() -> None:
    broken, sound = page((1, "09:00:00"), (2, "08:00:00")), page((2, "08:00:00"), (1, "09:00:00"))
    assert ids([broken, sound]) == ["31.2", "31.1"]


def test_a_server_that_never_sorts_is_given_up() -> None:
    gateway = Scripted([page((1, "09:00:00"), (2, "08:00:00"))])
    with pytest.raises(Unavailable, match="order of modificationDate"):
        list(Reader(gateway, TenantSettings()).by_date("modificationDate", qualifier.modified_since, BEGIN))
    assert len(gateway.asked) == ATTEMPTS


def test_the_next_page_begins_with_the_second_in_which_the_last_one_ended() -> None:
    gateway = Scripted(
        [page((1, "08:00:00"), (2, "09:00:00.750"), total=5), page((2, "09:00:00.750"), (3, "10:00:00"))]
    )
    reader = Reader(gateway, TenantSettings())
    list(reader.by_date("modificationDate", qualifier.modified_since, BEGIN))
    assert gateway.asked[1] == qualifier.modified_since(datetime(2026, 3, 2, 9, tzinfo=UTC))


def test_rows_that_do_not_come_by_number_are_given_up() -> None:
    for rows in (((5, "08:00:00"), (3, "08:00:00")), ((-1, "08:00:00"),)):
        gateway = Scripted([page(*rows, total=9)])
        with pytest.raises(Unavailable, match="toDoID"):
            list(Reader(gateway, TenantSettings()).by_number(qualifier.APPOINTMENTS))


def test_a_date_that_nobody_can_read_at_the_edge_of_a_page_is_given_up_and_not_skipped() -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        ids([page((1, "08:00:00"), (2, "kwart"), total=9)])
    assert ids([page((1, "08:00:00"), (2, "kwart"))]) == ["31.1", "31.2"]


@pytest.mark.parametrize(
    "given",
    [
        page((1, "08:00:00"), said=2),
        page((1, "08:00:00"), total=0),
        page(total=3),
        {"totalElements": 1, "numberOfElements": 1, "items": [{"subject": "x"}]},
        {"totalElements": "many"},
        {},
    ],
    ids=["fewer than said", "more than all", "nothing of three", "a row without _id", "no number", "no page"],
)
def test_a_page_in_pieces_is_unavailable(given: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        ids([given])


def test_a_list_that_stays_shorter_than_its_count_is_no_list() -> None:
    class Liar(Scripted):
        def ask(self, operation: Operation, variables: Mapping[str, Any]) -> bytes | None:
            if operation is COUNT:
                return b'{"totalElements":3}'
            return super().ask(operation, variables)

    gateway = Liar([page((1, "08:00:00"))])
    with pytest.raises(Unavailable, match="3 appointments are counted, 1 listed"):
        Reader(gateway, TenantSettings()).proved(qualifier.APPOINTMENTS)
    assert len(gateway.asked) == ATTEMPTS


def test_the_hour_that_comes_twice_breaks_no_order() -> None:
    rows = [
        (1, "2026-10-25T02:30:00"),
        (2, "2026-10-25T02:50:00"),
        (3, "2026-10-25T02:10:00"),
        (4, "2026-10-25T03:05:00"),
    ]
    items = [values(_id=f"31.{number}", toDoID=number, modificationDate=text) for number, text in rows]
    given = {"totalElements": 4, "numberOfElements": 4, "items": items}
    assert ids([given], "Europe/Amsterdam") == ["31.1", "31.2", "31.3", "31.4"]
    with pytest.raises(Unavailable):
        ids([given], "UTC")
