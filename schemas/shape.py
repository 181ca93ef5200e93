"""Compares a struct with its schema: the same fields, nested ones too, of the same types."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, inspect

from schemas.registry import Released

# A dict of fields, a list of one, a set of words, the name of a primitive, or ("null", a shape).
Shape = Any

_PRIMITIVES: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.BytesType: "bytes",
    inspect.BoolType: "boolean",
    inspect.IntType: "long",
    inspect.UUIDType: "string uuid",
    inspect.DateTimeType: "long timestamp-micros",
    inspect.DateType: "int date",
}


def differences(cls: type[Struct], released: Released) -> Iterator[str]:
    """The first difference, if there is one, as a line that names the field."""
    expected, actual = _struct_shape(inspect.type_info(cls)), _schema_shape(released.schema, {})
    if expected != actual:
        yield f"{released.file}: {_first_difference(expected, actual, released.record)}"


def _struct_shape(kind: inspect.Type) -> Shape:
    if isinstance(kind, inspect.StructType):
        return {
            field.encode_name: ("required" if field.required else "optional", _struct_shape(field.type))
            for field in kind.fields
        }
    if isinstance(kind, inspect.UnionType):
        return ("null", *(_struct_shape(branch) for branch in kind.types if not isinstance(branch, inspect.NoneType)))
    if isinstance(kind, inspect.VarTupleType):
        return [_struct_shape(kind.item_type)]
    if isinstance(kind, inspect.LiteralType):
        return {"unknown", *(str(word).replace("-", "_") for word in kind.values)}
    return _PRIMITIVES[type(kind)]


def _schema_shape(node: Any, named: dict[str, Shape]) -> Shape:
    if isinstance(node, str):
        return named.get(node, node)
    if isinstance(node, list):
        return tuple(_schema_shape(branch, named) for branch in node)
    if node["type"] == "record":
        shape = {
            field["name"]: ("optional" if "default" in field else "required", _schema_shape(field["type"], named))
            for field in node["fields"]
        }
        named[node["name"]] = shape
        return shape
    if node["type"] == "array":
        return [_schema_shape(node["items"], named)]
    if node["type"] == "enum":
        named[node["name"]] = set(node["symbols"])
        return named[node["name"]]
    return f"{node['type']} {node['logicalType']}" if "logicalType" in node else node["type"]


def _first_difference(expected: Shape, actual: Shape, path: str) -> str:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in [*expected, *actual]:
            if name not in actual or name not in expected:
                return f"{path}.{name} is only in the {'struct' if name in expected else 'schema'}"
            if expected[name] != actual[name]:
                return _first_difference(expected[name], actual[name], f"{path}.{name}")
    if isinstance(expected, (tuple, list)) and isinstance(actual, (tuple, list)) and len(expected) == len(actual):
        for left, right in zip(expected, actual, strict=True):
            if left != right:
                return _first_difference(left, right, path)
    return f"{path} is {expected} in the struct, {actual} in the schema"
