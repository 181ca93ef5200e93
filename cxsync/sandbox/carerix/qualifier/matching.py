"""Syntax tree to predicate: whether a row fulfils a qualifier.

Comparisons with null are neither true nor false, as in the SQL that such a qualifier becomes; only ``= nil`` and
``!= nil`` ask for null itself. Through a to-many relation a comparison holds if it holds for one of the rows.
"""

import operator
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeAlias

from cxsync.sandbox.carerix.entities import ENTITIES, Attribute, Entity, Kind
from cxsync.sandbox.carerix.qualifier.syntax import And, Comparison, Constant, Node, Not, Or
from cxsync.sandbox.carerix.refusals import InvalidQuery
from cxsync.sandbox.carerix.rows import Database, Row, Value

Verdict: TypeAlias = bool | None
Predicate: TypeAlias = Callable[[Row], Verdict]
Path: TypeAlias = tuple[Attribute, ...]

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LITERAL_OF: Final = {
    Kind.NUMBER: (int, "an integer"),
    Kind.INT: (int, "an integer"),
    Kind.FLAG: (int, "0 or 1"),
    Kind.TEXT: (str, "a quoted text"),
    Kind.DATE: (datetime, "(NSCalendarDate)'…'"),
}


def path_of(entity: Entity, text: str) -> Path:
    """The attributes that a key path names, from ``entity`` on; raises InvalidQuery."""
    found: list[Attribute] = []
    here: Entity | None = entity
    for name in text.split("."):
        attribute = None if here is None else here.attributes.get(name)
        if attribute is None:
            known = entity.name if here is None else here.name
            raise InvalidQuery(f"qualifier: {text!r} is no key path, {known} has no attribute {name!r}")
        found.append(attribute)
        here = ENTITIES[attribute.target] if attribute.target is not None else None
    return tuple(found)


def compiled(node: Node, entity: Entity, database: Database) -> Predicate:
    """The predicate of a tree over rows of ``entity``; raises InvalidQuery for unknown keys and unfit constants."""
    match node:
        case And(parts):
            return _all(tuple(compiled(part, entity, database) for part in parts))
        case Or(parts):
            return _any(tuple(compiled(part, entity, database) for part in parts))
        case Not(part):
            return _not(compiled(part, entity, database))
        case Comparison():
            return _comparison(node, path_of(entity, node.path), database)


def _all(parts: tuple[Predicate, ...]) -> Predicate:
    def verdict(row: Row) -> Verdict:
        unknown = False
        for part in parts:
            found = part(row)
            if found is False:
                return False
            unknown = unknown or found is None
        return None if unknown else True

    return verdict


def _any(parts: tuple[Predicate, ...]) -> Predicate:
    def verdict(row: Row) -> Verdict:
        unknown = False
        for part in parts:
            found = part(row)
            if found is True:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return verdict


def _not(part: Predicate) -> Predicate:
    def verdict(row: Row) -> Verdict:
        found = part(row)
        return None if found is None else not found

    return verdict


def _comparison(comparison: Comparison, path: Path, database: Database) -> Predicate:
    test = _test(comparison, path[-1])
    name = path[-1].name
    if len(path) == 1:
        if path[0].kind is Kind.NUMBER:
            return lambda row: test(row.number)
        return lambda row: test(row.values.get(name))
    if all(step.kind is Kind.ONE for step in path[:-1]):
        return lambda row: test(next(values_at(row, path, database), None))
    return lambda row: any(test(value) for value in values_at(row, path, database))


def values_at(row: Row, path: Path, database: Database) -> Iterator[Value]:
    """What stands at the end of a key path; nothing where a relation on the way is null."""
    attribute, rest = path[0], path[1:]
    if not rest:
        yield row.number if attribute.kind is Kind.NUMBER else row.values.get(attribute.name)
        return
    refs = row.many(attribute.name) if attribute.kind is Kind.MANY else (row.one(attribute.name),)
    for ref in refs:
        target = database.follow(ref)
        if target is not None:
            yield from values_at(target, rest, database)


def _test(comparison: Comparison, attribute: Attribute) -> Callable[[Value], Verdict]:
    constant = comparison.constant
    if constant is None:
        return _nil_test(comparison)
    kind, expected = _LITERAL_OF.get(attribute.kind, (None, "nil"))
    if kind is None or not isinstance(constant, kind):
        raise InvalidQuery(f"qualifier: {comparison.path} is compared with {constant!r}, {expected} would be right")
    if comparison.operator in ("LIKE", "CASEINSENSITIVELIKE"):
        return _like_test(comparison.operator, comparison.path, constant)
    compare = _COMPARE[comparison.operator]
    return lambda value: None if value is None else compare(value, constant)


def _nil_test(comparison: Comparison) -> Callable[[Value], Verdict]:
    match comparison.operator:
        case "=":
            return lambda value: value is None or value == ()
        case "!=":
            return lambda value: value is not None and value != ()
        case _:
            raise InvalidQuery(f"qualifier: {comparison.path} {comparison.operator} nil; nil knows = and != only")


def _like_test(operator_name: str, path: str, constant: Constant) -> Callable[[Value], Verdict]:
    if not isinstance(constant, str):
        raise InvalidQuery(f"qualifier: {path} {operator_name} needs a quoted text")
    flags = re.DOTALL | (re.IGNORECASE if operator_name == "CASEINSENSITIVELIKE" else 0)
    wild = {"*": ".*", "?": "."}
    pattern = re.compile("".join(wild.get(each, re.escape(each)) for each in constant), flags)
    return lambda value: pattern.fullmatch(value) is not None if isinstance(value, str) else None
