"""The data model, read from ``schema.graphql`` so that no attribute is written down twice."""

from enum import Enum
from importlib import resources
from typing import Final

import msgspec
from graphql import (
    FieldDefinitionNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    StringValueNode,
    build_schema,
    get_named_type,
)

CODES: Final = {
    "CRToDo": 31,
    "CRUser": 4,
    "CRToDoUser": 32,
    "CRResource": 40,
    "CRCompany": 7,
    "CRVacancy": 9,
    "CREmployee": 5,
    "CRMatch": 14,
    "CRDataNode": 2,
}
"""Entity by the number that opens its ``_id``: ids are opaque to clients, and look like 14.9021 as real ones do."""


class Kind(Enum):
    """What an attribute holds."""

    NUMBER = "number"
    INT = "int"
    FLAG = "flag"
    TEXT = "text"
    DATE = "date"
    DAYS = "days"
    DICTIONARY = "dictionary"
    ONE = "one"
    MANY = "many"


_BY_TYPE: Final = {
    "Int": Kind.INT,
    "Flag": Kind.FLAG,
    "String": Kind.TEXT,
    "Timestamp": Kind.DATE,
    "Dictionary": Kind.DICTIONARY,
}


class Attribute(msgspec.Struct, frozen=True):
    """One column or relation of an entity; ``target`` is the entity that a relation leads to."""

    name: str
    kind: Kind
    width: int | None = None
    target: str | None = None
    indexed: bool = False


class Entity(msgspec.Struct, frozen=True):
    """A table; ``attributes`` by name, among them ``number``, the integer key."""

    name: str
    code: int
    number: str
    attributes: dict[str, Attribute]

    def id_of(self, number: int) -> str:
        """The ``_id`` of the row with this number."""
        return f"{self.code}.{number}"

    def number_of(self, text: str) -> int | None:
        """The number behind an ``_id``, None if no row of this entity can have it."""
        code, dot, number = text.partition(".")
        if not dot or code != str(self.code) or not number.isascii() or not number.isdigit():
            return None
        return int(number) if str(int(number)) == number else None


def _directive(field: GraphQLField, name: str) -> dict[str, object] | None:
    node = field.ast_node
    if not isinstance(node, FieldDefinitionNode):
        return None
    for directive in node.directives or ():
        if directive.name.value == name:
            return {argument.name.value: argument.value for argument in directive.arguments or ()}
    return None


def scopes_of(field: GraphQLField) -> tuple[str, ...]:
    """The scopes of which a token needs one to ask for this root field."""
    given = _directive(field, "anyScope")
    names = given["names"] if given else None
    if not isinstance(names, ListValueNode):
        return ()
    return tuple(value.value for value in names.values if isinstance(value, StringValueNode))


def _attribute(name: str, field: GraphQLField) -> Attribute:
    named = get_named_type(field.type)
    bare = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    indexed = _directive(field, "indexed") is not None
    if _directive(field, "number") is not None:
        return Attribute(name, Kind.NUMBER)
    if isinstance(bare, GraphQLList):
        return Attribute(name, Kind.DAYS)
    if named.name in CODES:
        return Attribute(name, Kind.ONE, target=named.name, indexed=indexed)
    if isinstance(named, GraphQLObjectType):
        return Attribute(name, Kind.MANY, target=get_named_type(named.fields["items"].type).name)
    given = _directive(field, "width")
    limit = given["max"] if given else None
    width = int(limit.value) if isinstance(limit, IntValueNode) else None
    return Attribute(name, _BY_TYPE[named.name], width=width, indexed=indexed)


def _entity(schema: GraphQLSchema, name: str, code: int) -> Entity:
    described = schema.type_map[name]
    if not isinstance(described, GraphQLObjectType):
        raise TypeError(f"schema.graphql: {name} has to be an object type")
    attributes = {
        key: _attribute(key, field)
        for key, field in described.fields.items()
        if not key.startswith("_") and _directive(field, "derived") is None
    }
    number = next(attribute.name for attribute in attributes.values() if attribute.kind is Kind.NUMBER)
    return Entity(name, code, number, attributes)


def load_schema() -> GraphQLSchema:
    """The schema as written in ``schema.graphql``, without resolvers."""
    return build_schema(resources.files(__package__).joinpath("schema.graphql").read_text("utf-8"))


def _entities() -> dict[str, Entity]:
    schema = load_schema()
    return {name: _entity(schema, name, code) for name, code in CODES.items()}


ENTITIES: Final = _entities()
TODO: Final = ENTITIES["CRToDo"]
USER: Final = ENTITIES["CRUser"]
