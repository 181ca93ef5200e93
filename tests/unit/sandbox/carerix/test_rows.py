"""Tables: what an index answers is what reading every row would."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cxsync.sandbox.carerix.entities import ENTITIES, TODO
from cxsync.sandbox.carerix.rows import Ref, Row, Table, Value

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
moments = st.none() | st.integers(0, 4).map(lambda hours: BEGIN + timedelta(hours=hours))
owners = st.none() | st.integers(101, 103).map(lambda number: Ref("CRUser", number))
writes = st.tuples(st.integers(1, 6), st.booleans(), moments, owners, st.sampled_from([None, "a", "b"]))


@given(st.lists(writes, max_size=30), moments, moments)
def test_indexes_follow_every_write(
    history: list[tuple[int, bool, Value, Value, Value]], low: Value, high: Value
) -> None:
    table = Table(TODO)
    for number, remove, changed, owner, key in history:
        if remove:
            table.remove(number)
        else:
            values = {"modificationDate": changed, "owner": owner, "externalIdentifier": key}
            table.put(Row("CRToDo", number, values))
    rows = table.rows.values()
    for owner in {row.values["owner"] for row in rows}:
        assert table.holding("owner", owner) == {row.number for row in rows if row.values["owner"] == owner}
    lowest = low if isinstance(low, datetime) else None
    highest = high if isinstance(high, datetime) else None
    expected = [
        (changed, row.number)
        for row in rows
        if (changed := row.date("modificationDate")) is not None
        and (lowest is None or changed >= lowest)
        and (highest is None or changed <= highest)
    ]
    assert list(table.between("modificationDate", lowest, highest)) == [number for _, number in sorted(expected)]
    assert table.count_between("modificationDate", lowest, highest) == len(expected)


def test_numbers_are_never_used_twice() -> None:
    table = Table(TODO)
    table.put(Row("CRToDo", table.next_number(), {}))
    table.remove(1)
    assert table.next_number() == 2


@given(st.integers(1, 10**12), st.sampled_from(sorted(ENTITIES)))
def test_ids_name_one_row_of_one_entity(number: int, name: str) -> None:
    text = ENTITIES[name].id_of(number)
    assert {each.name for each in ENTITIES.values() if each.number_of(text) is not None} == {name}
    assert ENTITIES[name].number_of(text) == number
    for wrong in (text + " ", " " + text, text + ".0", text.replace(".", ".0"), text.replace(".", ".+"), str(number)):
        assert ENTITIES[name].number_of(wrong) is None
