"""A GraphQL request object to the attributes it sets.

Its form (``_kind``, dates, flags) is the query's fault, HTTP 400; what it means (references, weekdays) is a rule,
HTTP 200 with errors (A18).
"""

from collections.abc import Mapping
from typing import Any

from cxsync.sandbox.carerix.call import Call
from cxsync.sandbox.carerix.dates import read_field
from cxsync.sandbox.carerix.entities import ENTITIES, TODO, Attribute, Entity, Kind
from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.refusals import BrokenRule, InvalidQuery
from cxsync.sandbox.carerix.rows import Ref, Value
from cxsync.sandbox.carerix.weekdays import inward
from cxsync.sandbox.carerix.writing import Fields, Participant


def fields_of(request: Mapping[str, Any], call: Call) -> Fields:
    """What a ``CRToDoRequest`` sets; raises InvalidQuery or BrokenRule."""
    _check_kind(request, "CRToDo")
    participants = None
    broken: BrokenRule | None = None
    values: dict[str, Value] = {}
    for name, given in request.items():
        try:
            if name == "toDoUsers":
                participants = tuple(_participant(item, call) for item in _items(given))
            elif name == "recurrenceDayList":
                values["recurrenceDays"] = days_of_list(given, call.options)
            elif name == "recurrenceDay" and isinstance(given, int):
                values[name] = inward(name, given, call.options)
            elif name != "_kind":
                values[name] = _value(TODO, TODO.attributes[name], given, call)
        except BrokenRule as error:
            broken = broken or error
    if broken is not None:  # after the loop: a malformed request is refused as such, whatever else is wrong with it
        raise broken
    return Fields(values, participants)


def days_of_list(text: str | None, options: Options) -> tuple[int, ...] | None:
    """The weekdays of a comma list (A10), ascending, each once; raises BrokenRule."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    for part in parts:
        if not (part.isascii() and part.isdigit()):
            raise BrokenRule("recurrenceDayList", f"weekdays are numbers, {part!r} is none")
    return tuple(sorted({inward("recurrenceDayList", int(part), options) for part in parts}))


def _check_kind(given: Mapping[str, Any], entity: str) -> None:
    if given["_kind"] != entity:
        raise InvalidQuery(f"_kind is {given['_kind']!r}, {entity!r} is needed here")


def _items(given: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return [] if given is None else list(given["items"])


def _value(entity: Entity, attribute: Attribute, given: Any, call: Call) -> Value:
    if given is None:
        return None
    match attribute.kind:
        case Kind.DATE:
            return read_field(given, call.tenant.settings.wire, call.options)
        case Kind.FLAG:
            return _flag(attribute.name, given, call)
        case Kind.ONE:
            return _reference(attribute, given, call)
        case Kind.MANY:
            return tuple(_reference(attribute, item, call) for item in _items(given))
        case Kind.INT if isinstance(given, int):
            return given
        case Kind.TEXT if isinstance(given, str):
            return given
        case Kind.DICTIONARY if isinstance(given, Mapping):
            return dict(given)
        case _:
            raise InvalidQuery(f"{entity.name}.{attribute.name} cannot be {given!r}")


def _flag(name: str, given: Any, call: Call) -> int:
    if isinstance(given, bool) != (call.options.flags == "boolean"):
        expected = "true or false" if call.options.flags == "boolean" else "0 or 1"
        raise InvalidQuery(f"{name} is {given!r}, {expected} is needed")
    return int(given)


def _reference(attribute: Attribute, given: Mapping[str, Any], call: Call) -> Ref:
    entity = ENTITIES[str(attribute.target)]
    _check_kind(given, entity.name)
    row = call.tenant.database.by_id(entity.name, given["_id"])
    if row is None or row.integer("deleted"):
        raise BrokenRule(attribute.name, f"there is no {entity.name} {given['_id']!r}")
    return row.ref


def _participant(given: Mapping[str, Any], call: Call) -> Participant:
    entity = ENTITIES["CRToDoUser"]
    _check_kind(given, entity.name)
    number = None
    if given.get("_id") is not None:
        number = entity.number_of(given["_id"])
        if number is None:
            raise BrokenRule("toDoUsers", f"there is no CRToDoUser {given['_id']!r}")
    values = {
        name: _value(entity, entity.attributes[name], value, call)
        for name, value in given.items()
        if name not in ("_kind", "_id")
    }
    if number is None and values.get("toUser") is None:
        raise BrokenRule("toDoUsers", "a participant needs toUser")
    return Participant(number, values)
