"""Qualifiers hold nothing but integers, dates and UUIDs of our own making."""

import re
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.calendars.carerix import qualifier

DATE = r"\(NSCalendarDate\)'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Etc/GMT'"
WORD = r"[A-Za-z.]+"
VALUE = rf'(?:\d+|nil|{DATE}|"[0-9a-f-]{{36}}")'
TERM = rf"{WORD} (?:=|>=|>|<) {VALUE}"
SHAPE = re.compile(rf"\(*{TERM}\)*(?: (?:AND|OR) \(*{TERM}\)*)*")
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)

moments = st.datetimes(*(datetime.fromisoformat(day) for day in ("1970-01-01", "9998-01-01")), timezones=st.just(UTC))


@given(moments, moments, st.integers(-1, 2**31), st.uuids())
@settings(deadline=None)
def test_every_qualifier_has_the_shape_of_the_language(at: datetime, other: datetime, number: int, key: UUID) -> None:
    made = [
        qualifier.changed_since(at, other),
        qualifier.modified_since(at),
        qualifier.created_since(at),
        qualifier.before(qualifier.modified_since(at), "modificationDate", other),
        qualifier.marked(key),
        qualifier.agenda(abs(number), at),
        qualifier.user(abs(number)),
    ]
    for text in made:
        assert SHAPE.fullmatch(text), text
        assert text.count("(") == text.count(")")


def test_the_poll_is_the_one_of_the_contract() -> None:
    date = "(NSCalendarDate)'2026-03-02 08:00:00 Etc/GMT'"
    assert qualifier.changed_since(AT, AT) == (
        f"toDoTypeKey = 1 AND (modificationDate >= {date} OR (modificationDate = nil AND creationDate >= {date}))"
    )


def test_rows_above_a_number() -> None:
    assert qualifier.above("toDoTypeKey = 1", -1) == "toDoTypeKey = 1 AND toDoID > -1"
    assert qualifier.users_above(7) == "userID > 7"
