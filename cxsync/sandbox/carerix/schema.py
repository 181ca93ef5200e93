"""The executable schema: ``schema.graphql`` with a resolver for every field."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from graphql import GraphQLError, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLScalarType, GraphQLSchema

from cxsync.sandbox.carerix.call import Call
from cxsync.sandbox.carerix.dates import printed
from cxsync.sandbox.carerix.entities import ENTITIES, Attribute, Entity, Kind, load_schema, scopes_of
from cxsync.sandbox.carerix.listing import Order, Wanted
from cxsync.sandbox.carerix.refusals import BrokenRule
from cxsync.sandbox.carerix.request_fields import fields_of
from cxsync.sandbox.carerix.rows import Row
from cxsync.sandbox.carerix.weekdays import outward

Resolver: TypeAlias = Callable[..., object]
Info: TypeAlias = GraphQLResolveInfo[Any]


def executable_schema() -> GraphQLSchema:
    """The schema that answers; a resolver's context is a :class:`Call`."""
    schema = load_schema()
    for name, entity in ENTITIES.items():
        for key, field in _object(schema, name).fields.items():
            field.resolve = _field_resolver(entity, key)
    for key, field in _object(schema, "Query").fields.items():
        entity_name = "CR" + key.removeprefix("cr").removesuffix("Page")
        resolver = _page(entity_name) if key.endswith("Page") else _single(entity_name)
        field.resolve = _guarded(field, resolver)
    for key, field in _object(schema, "Mutation").fields.items():
        field.resolve = _guarded(field, _MUTATIONS[key])
    for scalar, parse in _SCALARS.items():
        _scalar(schema, scalar, parse)
    return schema


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = schema.type_map[name]
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"schema.graphql: {name} has to be an object type")
    return found


def _guarded(field: GraphQLField, resolver: Resolver) -> Resolver:
    names = scopes_of(field)

    def resolve(source: object, info: Info, **arguments: Any) -> object:
        info.context.need(names)
        return resolver(source, info, **arguments)

    return resolve


# Attributes


def _field_resolver(entity: Entity, name: str) -> Resolver:
    match name:
        case "_id":
            return lambda row, info: row.id
        case "_kind":
            return lambda row, info: row.entity
    if name == "recurrenceDay":
        return lambda row, info: _weekday(row.values.get(name), info.context)
    attribute = entity.attributes.get(name)
    if attribute is None:
        derived = _DERIVED[name]
        return lambda row, info: derived(row, info.context)
    return _attribute_resolver(attribute)


def _attribute_resolver(attribute: Attribute) -> Resolver:
    name = attribute.name
    match attribute.kind:
        case Kind.NUMBER:
            return lambda row, info: row.number
        case Kind.FLAG:
            return lambda row, info: _flag(row.values.get(name), info.context)
        case Kind.DATE:
            return lambda row, info: _date(row, name, info.context)
        case Kind.ONE:
            return lambda row, info: info.context.tenant.database.follow(row.one(name))
        case Kind.MANY:
            return lambda row, info: _many(row, name, info.context)
        case Kind.DAYS:
            return lambda row, info: _days(row, info.context)
        case _:
            return lambda row, info: row.values.get(name)


def _flag(value: object, call: Call) -> object:
    return bool(value) if value is not None and call.options.flags == "boolean" else value


def _date(row: Row, name: str, call: Call) -> str | None:
    moment = row.date(name)
    return None if moment is None else printed(moment, call.tenant.settings.wire, call.options)


def _many(row: Row, name: str, call: Call) -> dict[str, object]:
    found = (call.tenant.database.follow(ref) for ref in row.many(name))
    return {"items": [each for each in found if each is not None]}


def _weekday(value: object, call: Call) -> int | None:
    return outward(value, call.options) if isinstance(value, int) else None


def _days(row: Row, call: Call) -> list[int] | None:
    days = row.values.get("recurrenceDays")
    return [outward(day, call.options) for day in days if isinstance(day, int)] if isinstance(days, tuple) else None


def _day_list(row: Row, call: Call) -> str | None:
    days = _days(row, call)
    return None if days is None else ",".join(str(day) for day in days)


def _owner_display(row: Row, call: Call) -> str | None:
    owner = call.tenant.database.follow(row.one("owner"))
    return None if owner is None else f"{owner.text('firstName')} {owner.text('lastName')}".strip()


def _status_display(row: Row, call: Call) -> str:
    texts = {"nl": ("Definitief", "Voorlopig"), "en": ("Definitive", "Preliminary")}
    return texts[call.tenant.settings.language][row.integer("status") == 1]


def _is_type(*keys: int) -> Callable[[Row, Call], object]:
    return lambda row, call: _flag(int(row.values.get("toDoTypeKey") in keys), call)


_DERIVED: Final[dict[str, Callable[[Row, Call], object]]] = {
    "recurrenceDayList": _day_list,
    "isTask": _is_type(0),
    "isMeeting": _is_type(1),
    "isEmail": _is_type(3),
    "isNote": _is_type(4),
    "label": lambda row, call: row.values.get("subject"),
    "title": lambda row, call: row.values.get("subject"),
    "ownerDisplay": _owner_display,
    "statusDisplay": _status_display,
}

# Queries


def _single(entity: str) -> Resolver:
    def resolve(source: object, info: Info, _id: str) -> Row | None:
        call: Call = info.context
        row = call.tenant.database.by_id(entity, _id)
        if row is not None and (call.options.get_deleted or not row.integer("deleted")):
            return row
        _note_unknown(entity, _id, call)
        return None

    return resolve


def _note_unknown(entity: str, given: str, call: Call) -> None:
    if call.options.unknown_id == "error":
        raise BrokenRule("_id", f"there is no {entity} {given!r}")


def _page(entity: str) -> Resolver:
    def resolve(
        source: object,
        info: Info,
        qualifier: str | None = None,
        pageable: Mapping[str, Any] | None = None,
        norestrict: bool | None = False,
    ) -> dict[str, Any]:
        call: Call = info.context
        cut = pageable or {}
        sort = cut.get("sort")
        order = None if sort is None else Order(sort["property"], sort.get("direction") == "DESC")
        wanted = Wanted(entity, qualifier, order, bool(norestrict))
        return call.lists.page(wanted, cut, call.options).answer()

    return resolve


# Mutations


def _create(source: object, info: Info, request: Mapping[str, Any]) -> Row:
    call: Call = info.context
    return call.writer.create(fields_of(request, call), call.author)


def _update(source: object, info: Info, _id: str, request: Mapping[str, Any]) -> Row | None:
    call: Call = info.context
    fields = fields_of(request, call)
    row = call.tenant.database.by_id("CRToDo", _id)
    if row is None:
        _note_unknown("CRToDo", _id, call)
        return None
    return call.writer.update(row, fields, call.author)


def _delete(source: object, info: Info, _id: str) -> dict[str, bool] | None:
    call: Call = info.context
    row = call.tenant.database.by_id("CRToDo", _id)
    if row is None:
        _note_unknown("CRToDo", _id, call)
        return None
    call.writer.delete(row, call.author)
    return {"deleted": True}


_MUTATIONS: Final[dict[str, Resolver]] = {
    "crToDoCreate": _create,
    "crToDoUpdate": _update,
    "crToDoDelete": _delete,
}

# Scalars


def _read_flag(value: object) -> int:
    if isinstance(value, int):
        return value
    raise GraphQLError(f"Flag cannot represent {value!r}")


def _read_timestamp(value: object) -> str:
    if isinstance(value, str):
        return value
    raise GraphQLError(f"Timestamp cannot represent {value!r}")


def _read_dictionary(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise GraphQLError(f"Dictionary cannot represent {value!r}")


_SCALARS: Final[dict[str, Callable[[object], object]]] = {
    "Flag": _read_flag,
    "Timestamp": _read_timestamp,
    "Dictionary": _read_dictionary,
}


def _scalar(schema: GraphQLSchema, name: str, parse: Callable[[object], object]) -> None:
    scalar = schema.type_map[name]
    if not isinstance(scalar, GraphQLScalarType):
        raise TypeError(f"schema.graphql: {name} has to be a scalar")
    scalar.coerce_input_value = parse
    scalar.parse_value = parse  # type: ignore[assignment]  # what literals in the query are read with
