"""The qualifier language: carerix.md section 6, wire contract A16 and A17."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsync.sandbox.carerix.entities import TODO
from cxsync.sandbox.carerix.qualifier.matching import compiled
from cxsync.sandbox.carerix.qualifier.planning import plan
from cxsync.sandbox.carerix.qualifier.syntax import And, Comparison, Node, Not, Or, parse
from cxsync.sandbox.carerix.refusals import InvalidQuery
from cxsync.sandbox.carerix.rows import Database, Ref, Row, Value

HOME = ZoneInfo("Europe/Amsterdam")


def at(hour: int) -> datetime:
    return datetime(2026, 3, 2, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def database() -> Database:
    made = Database()
    for number in (101, 102):
        made.table("CRUser").put(Row("CRUser", number, {"userName": f"u{number}"}))
    made.table("CRToDoUser").put(Row("CRToDoUser", 1, {"toUser": Ref("CRUser", 102)}))
    base: dict[str, Value] = {"toDoTypeKey": 1, "deleted": 0, "owner": Ref("CRUser", 101), "creationDate": at(1)}
    for number, values in enumerate(
        (
            {"subject": "Intake"},
            {"subject": "intake 2", "modificationDate": at(5), "owner": Ref("CRUser", 102)},
            {"modificationDate": at(3), "deleted": 1, "externalIdentifier": "a-b", "location": 'it\'s "here"'},
            {"toDoTypeKey": 0, "creationDate": at(4), "owner": None, "subject": ""},
            {"modificationDate": at(3), "toDoUsers": (Ref("CRToDoUser", 1),), "status": 1},
        ),
        start=1,
    ):
        made.table("CRToDo").put(Row("CRToDo", number, {**base, **values}))  # type: ignore[dict-item]  # literals of Value
    return made


def found(text: str, database: Database) -> list[int]:
    node = parse(text, HOME)
    table = database.table("CRToDo")
    fulfils = compiled(node, TODO, database)
    whole = {row.number for row in table.rows.values() if fulfils(row)}
    planned = plan(node, table)
    if planned is not None:
        numbers = list(planned.numbers())
        assert len(numbers) <= planned.size
        assert whole <= set(numbers), text
    return sorted(whole)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("toDoTypeKey = 1", [1, 2, 3, 5]),
        ("toDoTypeKey=1 and deleted=0", [1, 2, 5]),
        ("toDoTypeKey = 1 AND owner.userID = 101", [1, 3, 5]),
        ("owner.userID = 101 OR owner.userID = 102", [1, 2, 3, 5]),
        ("owner.userName = 'u102'", [2]),
        ("owner = nil", [4]),
        ("owner != nil AND toDoID > 3", [5]),
        ("toDoID = 1 OR toDoID = 3 OR toDoID = 99", [1, 3]),
        ('externalIdentifier = "a-b"', [3]),
        ("externalIdentifier = 'a-c'", []),
        ("location = 'it\\'s \"here\"'", [3]),
        ("modificationDate >= (NSCalendarDate)'2026-03-02 03:00:00 Etc/GMT'", [2, 3, 5]),
        ("modificationDate > (NSCalendarDate)'2026-03-02 03:00:00 Etc/GMT'", [2]),
        ("modificationDate < (NSCalendarDate)'2026-03-02 04:00:00 +0000'", [3, 5]),
        ("modificationDate = (NSCalendarDate)'2026-03-02 04:00:00 +0100'", [3, 5]),
        ("modificationDate >= (NSCalendarDate) '2026-03-02 06:00:00'", [2]),  # no zone: Amsterdam
        ("modificationDate <= (NSCalendarDate)'2026-03-03'", [2, 3, 5]),
        ("modificationDate = nil", [1, 4]),
        ("modificationDate <> nil", [2, 3, 5]),
        (
            "(modificationDate >= (NSCalendarDate)'2026-03-02 04:00:00 Etc/GMT' OR (modificationDate = nil"
            " AND creationDate >= (NSCalendarDate)'2026-03-02 04:00:00 Etc/GMT'))",
            [2, 4],
        ),
        ("status != 0", [5]),  # null is neither equal nor unequal
        ("NOT status = 1", []),
        ("NOT (toDoTypeKey = 1 OR deleted = 1)", [4]),
        ("toDoTypeKey = 0 OR toDoTypeKey = 1 AND deleted = 1", [3, 4]),  # AND binds closer
        ("(toDoTypeKey = 0 OR toDoTypeKey = 1) AND deleted = 1", [3]),
        ("subject LIKE 'Int*'", [1]),
        ("subject caseInsensitiveLike 'int*'", [1, 2]),
        ("subject like '*take ?'", [2]),
        ("toDoUsers.toUser.userID = 102", [5]),
        ("subject == ''", [4]),
    ],
)
def test_qualifier_finds(text: str, expected: list[int], database: Database) -> None:
    assert found(text, database) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "toDoTypeKey",
        "toDoTypeKey =",
        "= 1",
        "toDoTypeKey = 1 AND",
        "AND toDoTypeKey = 1",
        "toDoTypeKey = 1 toDoID = 2",
        "(toDoTypeKey = 1",
        "toDoTypeKey = 1)",
        "toDoTypeKey ~ 1",
        "toDoTypeKey = 1.5",
        "toDoTypeKey = '1'",
        "toDoTypeKey = true",
        "toDoTypeKey > nil",
        "subject = 1",
        "subject = Intake",
        "subject = 'Intake",
        "_id = '31.1'",
        "unknownKey = 1",
        "owner.unknownKey = 1",
        "owner = 101",
        "toDoID.x = 1",
        "isMeeting = 1",
        "modificationDate >= '2026-03-02 03:00:00'",
        "modificationDate >= (NSDate)'2026-03-02 03:00:00'",
        "modificationDate >= (NSCalendarDate)2026",
        "modificationDate >= (NSCalendarDate)'2026-03-02T03:00:00'",
        "modificationDate >= (NSCalendarDate)'2026-13-02 03:00:00'",
        "modificationDate >= (NSCalendarDate)'2026-03-02 03:00:00 Mars/Base'",
        "toDoTypeKey LIKE 1",
        "(" * 100 + "toDoTypeKey = 1" + ")" * 100,
    ],
)
def test_qualifier_refuses(text: str, database: Database) -> None:
    with pytest.raises(InvalidQuery):
        found(text, database)


def test_error_names_the_place() -> None:
    with pytest.raises(InvalidQuery, match=r"a number.*'AND' at position 14"):
        parse("toDoTypeKey = AND", HOME)


_COMPARISONS = [
    "toDoID = 2",
    "toDoID = 5",
    "owner.userID = 101",
    "owner.userID = 102",
    "owner.userID != 101",
    "owner = nil",
    "externalIdentifier = 'a-b'",
    "modificationDate = nil",
    "modificationDate >= (NSCalendarDate)'2026-03-02 04:00:00 Etc/GMT'",
    "modificationDate < (NSCalendarDate)'2026-03-02 04:00:00 Etc/GMT'",
    "creationDate <= (NSCalendarDate)'2026-03-02 02:00:00 Etc/GMT'",
    "status = 1",
    "deleted = 1",
    "subject LIKE '*2'",
]


def texts() -> st.SearchStrategy[str]:
    def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        parts = st.lists(inner, min_size=2, max_size=4)
        return st.tuples(parts, st.sampled_from([" AND ", " or "])).map(
            lambda each: f"({each[1].join(each[0])})"
        ) | inner.map(lambda text: f"NOT {text}")

    return st.recursive(st.sampled_from(_COMPARISONS), joined, max_leaves=8)


def truth(node: Node, row: Row, database: Database) -> Any:
    """The same by Kleene's tables: 1 true, 0 false, 0.5 neither."""
    match node:
        case And(parts):
            return min(truth(part, row, database) for part in parts)
        case Or(parts):
            return max(truth(part, row, database) for part in parts)
        case Not(part):
            return 1 - truth(part, row, database)
        case Comparison():
            verdict = compiled(node, TODO, database)(row)
            return 0.5 if verdict is None else int(verdict)


@given(texts())
def test_indexes_never_lose_a_row_and_logic_is_three_valued(database: Database, text: str) -> None:
    node = parse(text, HOME)
    rows = database.table("CRToDo").rows.values()
    assert found(text, database) == sorted(row.number for row in rows if truth(node, row, database) == 1)


_PIECES = [
    "toDoID",
    "owner.userID",
    "=",
    ">=",
    "AND",
    "or",
    "NOT",
    "(",
    ")",
    "nil",
    "1",
    "-2",
    "'a'",
    '"',
    "'",
    "\\",
    ".",
]
_PIECES += ["(NSCalendarDate)", "'2026-03-02 03:00:00 Etc/GMT'", "LIKE", "<>", " ", "é", "\n", "0x1"]


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=12).map(" ".join))
def test_any_text_is_a_qualifier_or_refused_as_none(database: Database, text: str) -> None:
    try:
        node = parse(text, HOME)
        compiled(node, TODO, database)
    except InvalidQuery:
        return
    assert found(text, database) is not None
