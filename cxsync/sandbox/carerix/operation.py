"""A request body to the operation it asks for: parsed, validated, its root fields known."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from cxsync.sandbox.carerix.refusals import InvalidQuery

REMEMBERED: Final = 256


class Body(msgspec.Struct, frozen=True):
    """The JSON of a request, as ``POST`` carries it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")


class Document(msgspec.Struct, frozen=True):
    """A query text after parsing: ``errors`` of syntax or validation, root fields by operation name."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...]

    def root_fields(self, operation_name: str | None) -> str:
        """The root fields of an operation joined with ``+``; ``graphql`` where none can be told."""
        operation = None if self.node is None else get_operation_ast(self.node, operation_name)
        if self.node is None or not isinstance(operation, OperationDefinitionNode):
            return "graphql"
        fragments = {
            each.name.value: each for each in self.node.definitions if isinstance(each, FragmentDefinitionNode)
        }
        names = dict.fromkeys(_names(operation.selection_set, fragments, frozenset()))
        return "+".join(names) or "graphql"


def _names(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], within: frozenset[str]
) -> Iterator[str]:
    for each in selections.selections:
        match each:
            case FieldNode():
                yield each.name.value
            case InlineFragmentNode():
                yield from _names(each.selection_set, fragments, within)
            case FragmentSpreadNode() if each.name.value in fragments and each.name.value not in within:
                inner = fragments[each.name.value].selection_set
                yield from _names(inner, fragments, within | {each.name.value})
            case _:
                pass


class Documents:
    """Parsed and validated documents by their text; clients send few different ones."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[tuple[str, bool], Document] = OrderedDict()

    def read(self, query: str, *, introspection: bool) -> Document:
        """The document that ``query`` spells; without ``introspection`` asking for the schema is an error."""
        key = (query, introspection)
        found = self._kept.get(key)
        if found is None:
            found = self._fresh(query, introspection=introspection)
            self._kept[key] = found
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found

    def _fresh(self, query: str, *, introspection: bool) -> Document:
        try:
            node = parse(query)
        except GraphQLError as error:
            return Document(None, (error,))
        rules = specified_rules if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        return Document(node, tuple(validate(self._schema, node, rules)))


def read_body(data: bytes) -> Body:
    """The request that ``data`` holds; raises InvalidQuery."""
    try:
        return msgspec.json.decode(data, type=Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidQuery(f"the body is no GraphQL request: {error}") from None
