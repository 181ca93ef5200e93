"""Hypothesis strategies for every record and content, derived from the structs' own fields."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, TypeVar

from hypothesis import strategies as st
from msgspec import Struct, inspect

from schemas.records import CONTENT_OF, Content, Record

S = TypeVar("S", bound=Struct)

FIRST, LAST = datetime(1601, 1, 1), datetime(4500, 9, 1)  # noqa: DTZ001 - bounds of hypothesis are naive

zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))])
instants = st.datetimes(FIRST, LAST, timezones=zones)
walls = st.datetimes(FIRST, LAST).map(lambda at: at.isoformat(timespec="seconds")) | st.dates(
    date(1601, 1, 1), date(4500, 9, 1)
).map(date.isoformat)


def of(cls: type[S]) -> st.SearchStrategy[S]:
    """All values of a struct; ``sealed`` is left out."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    fields = {field.name: _field(field.type) for field in info.fields if field.encode_name != "sealed"}
    return st.builds(cls, **fields)


def _field(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.StructType(cls=cls):
            return st.deferred(lambda: of(cls))
        case inspect.UnionType(types=types):
            return st.one_of(*(_field(branch) for branch in types))
        case inspect.VarTupleType(item_type=item):
            return st.lists(_field(item), max_size=2).map(tuple)
        case inspect.LiteralType(values=words):
            return st.sampled_from(list(words))
        case inspect.StrType(pattern=str()):
            return walls
    return _PRIMITIVES[type(kind)]


_PRIMITIVES: dict[type[inspect.Type], st.SearchStrategy[Any]] = {
    inspect.NoneType: st.none(),
    inspect.StrType: st.text(max_size=20),
    inspect.BytesType: st.binary(max_size=20),
    inspect.BoolType: st.booleans(),
    inspect.IntType: st.integers(-(2**63), 2**63 - 1),
    inspect.UUIDType: st.uuids(),
    inspect.DateTimeType: instants,
    inspect.DateType: st.dates(date(1601, 1, 1), date(4500, 9, 1)),
}

record_types = st.sampled_from(list(CONTENT_OF))
records: st.SearchStrategy[Record] = record_types.flatmap(of)
contents: st.SearchStrategy[Content] = st.sampled_from(list(CONTENT_OF.values())).flatmap(of)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Record, Content]:
    """A record of a connection, with content of its kind."""
    cls = draw(record_types)
    record = draw(of(cls).filter(lambda found: found.connection_id is not None))
    return record, draw(of(CONTENT_OF[cls]))
