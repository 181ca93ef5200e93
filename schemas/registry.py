"""The released schemas, read once from ``schemas/released``, found by fingerprint.

A file is called ``<Record>.v<release>.avsc``. The release counts releases of the contracts as a whole: a program that
knows release 3 knows every file up to ``.v3``, and says 3 in the header of all it writes, be the record of 1 or of 3.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form
from msgspec import Struct

from schemas.records import CONTENT_OF, Content, Record

FOLDER = Path(__file__).parent / "released"
TYPES: dict[str, type[Record] | type[Content]] = {
    cls.__name__: cls for cls in (*CONTENT_OF.keys(), *CONTENT_OF.values())
}

_FILE = re.compile(r"(?P<record>[A-Z][A-Za-z]+)\.v(?P<release>[1-9]\d*)\.avsc")

Schema = dict[str, Any]


class Released(Struct, frozen=True):
    """One file. ``parsed`` is for fastavro, with the words of ``schemas.words`` as the enums' symbols."""

    record: str
    release: int
    file: str
    schema: Schema
    parsed: Schema
    fingerprint: bytes


def avro_fingerprint(schema: Schema | str) -> bytes:
    """CRC-64-AVRO of the parsing canonical form, the eight bytes as they stand in a single-object header."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


def read(path: Path) -> Released:
    """One schema file. Raises ValueError if its name or its record is not of the form above."""
    match = _FILE.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path.name}: a schema file is called <Record>.v<release>.avsc")
    schema: Schema = json.loads(path.read_text("utf-8"))
    if schema.get("name") != match["record"]:
        raise ValueError(f"{path.name} defines {schema.get('name')!r}; the name of the file says {match['record']!r}")
    parsed = cast(Schema, parse_schema(schema))
    _say_words(parsed)
    return Released(match["record"], int(match["release"]), path.name, schema, parsed, avro_fingerprint(schema))


def load(folder: Path) -> tuple[Released, ...]:
    """All schema files of a folder, by record, then release."""
    return tuple(sorted(map(read, folder.glob("*.avsc")), key=lambda found: (found.record, found.release)))


def _say_words(parsed: Schema) -> None:
    """Puts ``-`` for ``_`` into the enums of a parsed schema and the defaults that are of their kind.

    On the wire an enum is the number of its symbol, so this changes no byte; it saves a translation of every value.
    """
    named: Mapping[str, Schema] = parsed["__named_schemas"]
    for definition in named.values():
        if definition["type"] == "enum":
            definition["symbols"] = [symbol.replace("_", "-") for symbol in definition["symbols"]]
        for field in definition.get("fields", ()):
            kind = field["type"] if isinstance(field["type"], dict) else named.get(str(field["type"]), {})
            if kind.get("type") == "enum" and "default" in field:
                field["default"] = field["default"].replace("_", "-")


RELEASED = load(FOLDER)
BY_FINGERPRINT: Mapping[bytes, Released] = {found.fingerprint: found for found in RELEASED}
NEWEST: Mapping[str, Released] = {found.record: found for found in RELEASED}
RELEASE = max(found.release for found in RELEASED)
