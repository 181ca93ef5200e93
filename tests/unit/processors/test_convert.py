"""One raw record in, one message out: the same on any machine, any day; never an exception of a judge's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync import trace
from cxsync.broker.delivered import Delivered
from cxsync.store.errors import DatabaseUnavailable
from processors.convert import Converter
from processors.judge import Judge, Judged
from schemas.codec import MARKER, decode
from schemas.errors import Erased, NewerSchema, UnknownMasterKey
from schemas.message import Message, pack, unpack
from schemas.records import Change, DeadLetter, Document, Policy, Position, RawChange, RawContent
from schemas.registry import RELEASE
from schemas.words import System
from tests.audit.payload import Edit, judge

OWNER = UUID("0e8b6d5c-0000-4000-8000-000000000001")
KEY = bytes(range(32))
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRIVATE = "Salary of Mrs Jansen"


def key_of(_connection: UUID) -> bytes:
    return KEY


def message(body: bytes | None = None) -> Message:
    raw = RawChange(
        event_id=trace.derived("raw"),
        connection_id=OWNER,
        system="exchange",
        target="carerix",
        origin="poll",
        observed_at=AT,
        native_id="a",
        policy=Policy(),
    )
    edit = msgspec.json.encode(Edit(1, "a", 1)) if body is None else body
    content = RawContent(documents=(Document(role="single", native_id="a", body=edit),))
    return pack("cx.raw.exchange", raw, content, trace.headers(raw.event_id, OWNER, "exchange", AT), KEY)


def delivered(record: Message) -> Delivered:
    place = Position(topic=record.topic, partition=3, offset=7)
    return Delivered(place, record.key, record.value, tuple(record.headers), AT)


def converter(judges: Mapping[System, Judge] | None = None) -> Converter:
    return Converter("cx.", {"exchange": judge} if judges is None else judges, key_of)


def clear(made: Message | None) -> tuple[str, bytes, object, object]:
    """Everything of a message that is not sealed, and what the seal holds: a seal itself has a nonce."""
    assert made is not None
    opened = unpack(made.topic, made.value, made.headers, key_of)
    sealed = opened.record.sealed
    assert sealed is not None
    return made.topic, made.value.removesuffix(sealed), made.headers, (made.key, opened.content)


def test_the_same_record_gives_the_same_change_again() -> None:
    record = delivered(message())
    assert clear(converter()(record)) == clear(converter()(record))


def test_a_dead_letter_too_is_the_same_again() -> None:
    record = delivered(message(PRIVATE.encode()))
    assert clear(converter()(record)) == clear(converter()(record))


def test_a_change_carries_the_trace_of_its_raw_record_and_its_place() -> None:
    raw = message()
    made = converter()(delivered(raw))
    assert made is not None
    opened = unpack(made.topic, made.value, made.headers, key_of)
    assert isinstance(opened.record, Change)
    assert opened.record.raw == Position(topic=raw.topic, partition=3, offset=7)
    assert opened.headers.trace_id == trace.derived("raw").hex


@settings(deadline=None, max_examples=200)
@given(value=st.binary(max_size=200), key=st.none() | st.binary(max_size=40), known=st.booleans())
def test_whatever_comes_is_a_dead_letter_that_holds_it(value: bytes, key: bytes | None, known: bool) -> None:
    headers = tuple(message().headers) if known else ()
    record = Delivered(Position(topic="cx.raw.exchange", partition=0, offset=1), key, value, headers, AT)
    made = converter()(record)
    assert made is not None
    assert made.topic == "cx.dead-letters"
    letter = decode(made.value, RELEASE)
    assert isinstance(letter, DeadLetter)
    assert (letter.raw_key, letter.raw_value) == (key, value)


def test_damage_to_any_byte_of_a_sealed_record_is_noticed() -> None:
    raw = message()
    for place in range(len(raw.value)):
        damaged = raw.value[:place] + bytes([raw.value[place] ^ 0x55]) + raw.value[place + 1 :]
        made = converter()(delivered(Message(raw.topic, raw.key, damaged, raw.headers)))
        assert made is not None
        assert made.topic == "cx.dead-letters", place


class Quotes(Exception):  # an exception of somebody else's
    pass


def test_what_a_judge_raises_is_told_by_kind_and_place_and_never_quoted() -> None:
    def raises(raw: RawChange, content: RawContent, position: Position) -> Judged:
        raise Quotes(PRIVATE)

    made = converter({"exchange": raises})(delivered(message()))
    assert made is not None
    letter = decode(made.value, RELEASE)
    assert isinstance(letter, DeadLetter)
    assert letter.code == "judge-failed"
    assert letter.cause.startswith("Quotes in raises, line ")
    assert PRIVATE.encode() not in made.value


def test_a_tombstone_is_a_dead_letter() -> None:
    made = converter()(Delivered(Position(topic="t", partition=0, offset=0), None, None, (), AT))
    assert made is not None
    letter = decode(made.value, RELEASE)
    assert isinstance(letter, DeadLetter)
    assert letter.code == "undecodable"


@pytest.mark.parametrize(
    "error", [UnknownMasterKey("aabbccdd", "SETTING", ()), DatabaseUnavailable("db", "away")], ids=["key", "database"]
)
def test_what_a_person_or_time_mends_is_no_dead_letter(error: Exception) -> None:
    def refuses(_connection: UUID) -> bytes:
        raise error

    with pytest.raises(type(error)):
        Converter("cx.", {"exchange": judge}, refuses)(delivered(message()))
    with pytest.raises(type(error)):
        garbage = Message("cx.raw.exchange", str(OWNER).encode(), b"garbage", [])
        Converter("cx.", {"exchange": judge}, refuses)(delivered(garbage))


def test_a_newer_release_is_raised_and_an_erased_connection_gives_nothing() -> None:
    raw = message()
    newer = [(name, b"99" if name == "cx-schema-version" else value) for name, value in raw.headers]
    with pytest.raises(NewerSchema, match="upgrade consumers first"):
        converter()(delivered(Message(raw.topic, raw.key, MARKER + bytes(8) + b"x", newer)))

    def erased(connection: UUID) -> bytes:
        raise Erased(connection)

    assert Converter("cx.", {"exchange": judge}, erased)(delivered(raw)) is None
