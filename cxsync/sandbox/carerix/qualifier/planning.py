"""Which rows a qualifier can concern at all, as far as an index knows."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from cxsync.sandbox.carerix.entities import Kind
from cxsync.sandbox.carerix.qualifier.matching import path_of
from cxsync.sandbox.carerix.qualifier.syntax import And, Comparison, Node, Not, Or
from cxsync.sandbox.carerix.rows import Ref, Table


class Plan(NamedTuple):
    """Numbers of rows, in parts that may overlap, that contain every match; ``size`` bounds how many there are."""

    size: int
    parts: tuple[Iterable[int], ...]

    def numbers(self) -> Iterable[int]:
        """Each number once; to be called once."""
        return self.parts[0] if len(self.parts) == 1 else set().union(*self.parts)


def plan(node: Node, table: Table) -> Plan | None:
    """The smallest set that the indexes of ``table`` can offer for ``node``; None: every row has to be read."""
    match node:
        case And(parts):
            found = [each for each in (plan(part, table) for part in parts) if each is not None]
            return min(found, key=lambda each: each.size, default=None)
        case Or(parts):
            united = [plan(part, table) for part in parts]
            known = [each for each in united if each is not None]
            if len(known) < len(united):
                return None
            return Plan(sum(each.size for each in known), tuple(part for each in known for part in each.parts))
        case Not():
            return None
        case Comparison():
            return _comparison(node, table)


def _comparison(comparison: Comparison, table: Table) -> Plan | None:
    path = path_of(table.entity, comparison.path)
    constant = comparison.constant
    if isinstance(constant, datetime) and len(path) == 1 and table.has_date_index(path[0].name):
        return _range(comparison, constant, table)
    if comparison.operator != "=":
        return None
    if len(path) == 1 and path[0].kind is Kind.NUMBER and isinstance(constant, int):
        return Plan(1, ((constant,),))
    if len(path) == 1 and isinstance(constant, str) and table.has_value_index(path[0].name):
        return _holding(table, path[0].name, constant)
    if len(path) == 2 and path[1].kind is Kind.NUMBER and table.has_value_index(path[0].name):
        target = path[0].target
        if target is not None and isinstance(constant, int):
            return _holding(table, path[0].name, Ref(target, constant))
    return None


def _holding(table: Table, name: str, value: str | Ref) -> Plan:
    numbers = table.holding(name, value)
    return Plan(len(numbers), (numbers,))


def _range(comparison: Comparison, constant: datetime, table: Table) -> Plan | None:
    low = constant if comparison.operator in (">", ">=", "=") else None
    high = constant if comparison.operator in ("<", "<=", "=") else None
    if low is None and high is None:
        return None
    size = table.count_between(comparison.path, low, high)
    return Plan(size, (table.between(comparison.path, low, high),))
