"""The gate that a new version of a schema has to pass; a test runs it, and ``python -m schemas.evolution`` does.

Every version must read and be read by every other one of its record (FULL_TRANSITIVE). Apache's checker decides on
structure. It does not look at logical types, and calls aliases compatible that its own reader ignores, so both are
checked here, and data of each version go through fastavro to each other. ``release`` enters new files into the lock;
what is in the lock can neither change nor vanish.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import fastavro
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse as apache_parse
from fastavro.utils import generate_many

from schemas.registry import FOLDER, TYPES, Released, Schema, load
from schemas.shape import differences

LOCK = FOLDER.with_suffix(".lock")
SAMPLES = range(4, 200)
"""Generated records of a version that go through every other: at least, and at most ..."""
SAMPLED = 64 * 1024
"""... unless they have this many bytes together."""

Lock = Mapping[str, Mapping[str, str]]


def problems(folder: Path = FOLDER, lock: Path = LOCK) -> list[str]:
    """All that is wrong, one line each; empty: the gate is open."""
    versions = load(folder)
    found = [*_locked(folder, versions, json.loads(lock.read_text("utf-8")))]
    for released in versions:
        found += _documented(released.file, released.schema)
    for record in sorted({released.record for released in versions} | set(TYPES)):
        own = [released for released in versions if released.record == record]
        found += _compatible(own)
        found += _fits_struct(record, own)
    return found


def release(folder: Path = FOLDER, lock: Path = LOCK) -> list[str]:
    """Enters files that are new into the lock, if nothing else is wrong. Returns what is."""
    entries: dict[str, Mapping[str, str]] = json.loads(lock.read_text("utf-8")) if lock.exists() else {}
    for released in load(folder):
        entries.setdefault(released.file, _entry(folder, released))
    before = lock.read_text("utf-8") if lock.exists() else "{}\n"
    lock.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", "utf-8")
    found = problems(folder, lock)
    if found:
        lock.write_text(before, "utf-8")
    return found


def _entry(folder: Path, released: Released) -> Mapping[str, str]:
    digest = sha256((folder / released.file).read_bytes()).hexdigest()
    return {"sha256": digest, "fingerprint": released.fingerprint.hex()}


def _locked(folder: Path, versions: Sequence[Released], lock: Lock) -> Iterator[str]:
    """Released files are as they were, and no two share a fingerprint."""
    present = {released.file: released for released in versions}
    for name in sorted(set(lock) - set(present)):
        yield f"{name}: is in the lock but not there; a released schema stays for ever"
    for name, released in present.items():
        if name not in lock:
            yield f"{name}: is not in the lock; run python -m schemas.evolution release"
        elif lock[name] != _entry(folder, released):
            yield f"{name}: differs from the lock; a released schema never changes, make a new version"
    by_print: dict[bytes, str] = {}
    for released in versions:
        other = by_print.setdefault(released.fingerprint, released.file)
        if other != released.file:
            # Defaults, logical types and documentation do not count in a fingerprint.
            yield f"{released.file}: has the fingerprint of {other}; readers could not tell them apart"


def _documented(where: str, node: Any) -> Iterator[str]:
    """Every record, enum and field says what it is; every enum has a default; nothing has another name."""
    if isinstance(node, list):
        for item in node:
            yield from _documented(where, item)
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    where = f"{where}: {node['name']}" if "name" in node else where
    if "name" in node and not str(node.get("doc", "")).strip():
        yield f"{where}: has no documentation"
    if "aliases" in node:
        yield f"{where}: has aliases, which Apache's reader ignores"
    if kind == "enum" and node.get("default") != "unknown":
        yield f"{where}: the default of an enum is unknown"
    for field in node.get("fields", ()):
        yield from _documented(where, field)
    if kind == "array":
        yield from _documented(where, node["items"])
    elif isinstance(kind, (dict, list)):
        yield from _documented(where, kind)


def _compatible(versions: Sequence[Released]) -> Iterator[str]:
    for older, newer in combinations(versions, 2):
        for path in sorted(_differing(_logical_types(older.schema), _logical_types(newer.schema))):
            yield f"{newer.file}: {path} has another logical type than in {older.file}"
    for reader, writer in permutations(versions, 2):
        checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # its __init__ has no hints
        verdict = checker.get_compatibility(_apache(reader), _apache(writer))
        if verdict.compatibility is not SchemaCompatibilityType.compatible:
            yield f"{reader.file}: cannot read {writer.file}: {'; '.join(sorted(verdict.messages))}"
        else:
            yield from _round_trip(reader, writer)


def _apache(released: Released) -> Any:
    return apache_parse(json.dumps(released.schema))


def _round_trip(reader: Released, writer: Released) -> Iterator[str]:
    body = BytesIO()
    for number, values in enumerate(generate_many(writer.parsed, SAMPLES.stop), start=1):
        start = body.tell()
        fastavro.schemaless_writer(body, writer.parsed, values)
        body.seek(start)
        try:
            fastavro.schemaless_reader(body, writer.parsed, reader.parsed)
        except Exception as error:  # any failure of the library is the finding
            yield f"{reader.file}: generated data of {writer.file} do not go through: {type(error).__name__} {error}"
            return
        if number >= SAMPLES.start and body.tell() > SAMPLED:
            return


def _logical_types(schema: Schema) -> dict[str, str | None]:
    """Path of every primitive, through records, arrays and unions, to its logical type."""
    named: dict[str, Schema] = {}

    def walk(path: str, node: Any, inside: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
        if isinstance(node, str):
            if node in named and node not in inside:
                yield from walk(path, named[node], inside)
            else:
                yield f"{path}:{node}", None
        elif isinstance(node, list):
            for branch in node:
                yield from walk(path, branch, inside)
        elif node["type"] == "record":
            named[node["name"]] = node
            for field in node["fields"]:
                yield from walk(f"{path}.{field['name']}", field["type"], (*inside, node["name"]))
        elif node["type"] == "array":
            yield from walk(f"{path}[]", node["items"], inside)
        elif node["type"] == "enum":
            named[node["name"]] = node
        else:
            yield f"{path}:{node['type']}", node.get("logicalType")

    return dict(walk("$", schema, ()))


def _differing(older: Mapping[str, str | None], newer: Mapping[str, str | None]) -> Iterator[str]:
    for path in older.keys() & newer.keys():
        if older[path] != newer[path]:
            yield path


def _fits_struct(record: str, versions: Sequence[Released]) -> Iterator[str]:
    """The newest version has exactly the struct's fields, nested ones too, and ``sealed`` stays last in all."""
    if record not in TYPES:
        yield f"{record}: no struct of schemas.records has this name"
        return
    if not versions:
        yield f"{record}: has no released schema"
        return
    for released in versions:
        names = [field["name"] for field in released.schema["fields"]]
        if "sealed" in names and (names[-1] != "sealed" or released.schema["fields"][-1]["type"] != ["null", "bytes"]):
            yield f"{released.file}: sealed, null or bytes, is the last field: the seal is bound to what stands before"
    yield from differences(TYPES[record], versions[-1])


def main(arguments: Sequence[str]) -> int:
    """Without argument: the check. ``release``: enter new files into the lock."""
    if list(arguments) not in ([], ["release"]):
        sys.stderr.write("usage: python -m schemas.evolution [release]\n")
        return 2
    found = release() if arguments else problems()
    for line in found:
        sys.stderr.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
