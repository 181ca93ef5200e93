"""Rows as plain JSON values: for the journal, the state and its digest."""

from collections.abc import Mapping
from datetime import datetime

from cxsync.sandbox.carerix.rows import Ref, Row, Value


def plain(value: Value) -> object:
    """A value as JSON can hold it; dates in UTC with their offset, references as their ``_id``."""
    match value:
        case datetime():
            return value.isoformat()
        case Ref():
            return value.id
        case tuple():
            return [each.id if isinstance(each, Ref) else each for each in value]
        case Mapping():
            return dict(value)
        case _:
            return value


def plain_values(row: Row) -> dict[str, object]:
    """All attributes of a row that are not null, by name."""
    return {name: plain(value) for name, value in sorted(row.values.items()) if value is not None}
