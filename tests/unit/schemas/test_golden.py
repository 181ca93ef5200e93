"""Released encodings never change: every file of ``schemas/released`` has its bytes in ``golden``.

``python -m tests.unit.schemas.test_golden`` writes those that are missing, never one that is there.
"""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.codec import decode_as, encode
from schemas.envelope import Headers
from schemas.message import pack, unpack
from schemas.records import CONTENT_OF, Content, Record
from schemas.registry import NEWEST, RELEASE, RELEASED, Released
from tests.unit.schemas.examples import AT, CONNECTION, CONTENTS, EVENT, RECORDS

GOLDEN = Path(__file__).parent / "golden"
KEY = bytes(range(32))
TOPIC = "cx.topic"

EXAMPLES: dict[str, Record | Content] = {type(example).__name__: example for example in (*RECORDS, *CONTENTS)}


def bytes_of(released: Released) -> Path:
    return GOLDEN / released.file.replace(".avsc", ".hex")


def message_of(record: Record) -> Path:
    return GOLDEN / f"{type(record).__name__}.message.json"


@pytest.mark.parametrize("released", RELEASED, ids=lambda released: str(released.file))
def test_released_bytes_are_read_as_the_newest_struct(released: Released) -> None:
    example = EXAMPLES[released.record]
    found = decode_as(type(example), bytes.fromhex(bytes_of(released).read_text()), released.release)
    for field in released.schema["fields"]:
        name = "assert_" if field["name"] == "assert" else field["name"]
        assert getattr(found, name) == getattr(example, name)


@pytest.mark.parametrize("released", NEWEST.values(), ids=lambda released: str(released.file))
def test_the_newest_release_writes_its_bytes(released: Released) -> None:
    assert encode(EXAMPLES[released.record]).hex() == bytes_of(released).read_text().strip()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_messages_written_with_the_first_release_open(record: Record) -> None:
    # Only read: another build of zlib may compress the same content to other bytes.
    written = json.loads(message_of(record).read_text())
    headers = [(name, bytes.fromhex(value)) for name, value in written["headers"]]
    opened = unpack(written["topic"], bytes.fromhex(written["value"]), headers, lambda _: KEY)
    assert replace(opened.record, sealed=None) == replace(record, sealed=None)
    assert opened.content == EXAMPLES[CONTENT_OF[type(record)].__name__]


def test_every_field_of_an_example_is_filled() -> None:
    for example in EXAMPLES.values():
        empty = [name for name in example.__struct_fields__ if getattr(example, name) in (None, (), "", b"")]
        assert not empty, type(example).__name__


def write_missing() -> None:
    """Golden files of a new release; those that are there stay."""
    for released in NEWEST.values():
        if not bytes_of(released).exists():
            bytes_of(released).write_text(encode(EXAMPLES[released.record]).hex() + "\n")
    headers = Headers(
        event_id=EVENT,
        schema_version=RELEASE,
        program_version="0.1.0",
        connection=CONNECTION,
        system="exchange",
        observed_at=AT,
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )
    for record, content in zip(RECORDS, CONTENTS, strict=True):
        if not message_of(record).exists():
            message = pack(TOPIC, record, content, headers, KEY)
            pairs = [[name, value.hex()] for name, value in message.headers]
            message_of(record).write_text(
                json.dumps({"topic": TOPIC, "value": message.value.hex(), "headers": pairs}, indent=1) + "\n"
            )


if __name__ == "__main__":
    write_missing()
