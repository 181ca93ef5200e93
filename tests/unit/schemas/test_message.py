import os
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.codec import MARKER, encode
from schemas.envelope import Headers
from schemas.errors import BadHeader, ContractError, Erased, NewerSchema, SealBroken, TooLarge, Undecodable, Unencodable
from schemas.message import MAX_DEAD_LETTER, MAX_RECORD, Message, Opened, pack, unpack
from schemas.records import (
    Content,
    DeadLetter,
    DeadLetterContent,
    Document,
    Notification,
    NotificationContent,
    Outcome,
    OutcomeContent,
    Parameter,
    Policy,
    Position,
    RawChange,
    RawContent,
    Record,
)
from schemas.registry import RELEASE
from tests.unit.schemas.values import pairs

KEY = bytes(range(32))
TOPIC = "cx.raw.google"
AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
RAW = RawChange(
    event_id=UUID(int=1),
    connection_id=UUID(int=2),
    system="google",
    target="carerix",
    origin="poll",
    observed_at=AT,
    native_id="abc",
    policy=Policy(),
)
CONTENT = RawContent(documents=(Document(role="single", native_id="abc", body=b'{"summary": "Intake"}'),))


def dead_letter(raw_value: bytes | None) -> DeadLetter:
    return DeadLetter(
        event_id=UUID(int=1),
        connection_id=UUID(int=2),
        position=Position(topic=TOPIC, partition=3, offset=17),
        code="undecodable",
        cause="the record cannot be read",
        program_version="0.1.0",
        at=AT,
        raw_value=raw_value,
    )


def headers_of(record: Record) -> Headers:
    return Headers(
        event_id=record.event_id,
        schema_version=RELEASE,
        program_version="0.1.0",
        connection=record.connection_id,
        observed_at=AT,
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )


def key_of(_: UUID) -> bytes:
    return KEY


def destroyed(connection_id: UUID) -> bytes:
    raise Erased(connection_id)


def packed(record: Record = RAW, content: Content | None = CONTENT, key: bytes | None = KEY) -> Message:
    return pack(TOPIC, record, content, headers_of(record), key)


def opened(message: Message, topic: str = TOPIC) -> Opened:
    return unpack(topic, message.value, message.headers, key_of)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pairs())
def test_everything_comes_back_as_it_went(pair: tuple[Record, Content]) -> None:
    record, content = pair
    found = opened(packed(record, content))
    assert (replace(found.record, sealed=None), found.content, found.headers) == (record, content, headers_of(record))
    assert not found.erased


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pairs(), st.data())
def test_flipping_any_byte_never_yields_a_wrong_record(pair: tuple[Record, Content], data: st.DataObject) -> None:
    message = packed(*pair)
    value = bytearray(message.value)
    value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Undecodable, SealBroken, BadHeader)):
        unpack(TOPIC, bytes(value), message.headers, key_of)


def test_every_single_flipped_bit_of_a_record_is_noticed() -> None:
    message = packed()
    for place in range(len(message.value)):
        for bit in range(8):
            value = bytearray(message.value)
            value[place] ^= 1 << bit
            with pytest.raises(ContractError):
                unpack(TOPIC, bytes(value), message.headers, key_of)


def test_a_record_is_keyed_by_its_connection() -> None:
    assert packed().key == b"00000000-0000-0000-0000-000000000002"


def test_a_record_moved_to_another_topic_is_refused() -> None:
    with pytest.raises(SealBroken):
        opened(packed(), topic="cx.raw.exchange")


def test_a_seal_moved_to_another_record_is_refused() -> None:
    sealed = opened(packed()).record.sealed
    other = replace(RAW, event_id=UUID(int=9), sealed=sealed)
    with pytest.raises(SealBroken):
        unpack(TOPIC, encode(other), headers_of(other).to_kafka(), key_of)


def test_a_changed_clear_field_breaks_the_seal() -> None:
    forged = replace(opened(packed()).record, native_id="xyz")
    with pytest.raises(SealBroken):
        unpack(TOPIC, encode(forged), headers_of(forged).to_kafka(), key_of)


def test_a_removed_seal_is_noticed() -> None:
    with pytest.raises(SealBroken, match="missing"):
        unpack(TOPIC, encode(RAW), headers_of(RAW).to_kafka(), key_of)


def test_another_connections_key_does_not_open_it() -> None:
    message = packed()
    with pytest.raises(SealBroken):
        unpack(TOPIC, message.value, message.headers, lambda _: bytes(32))


def test_a_destroyed_key_makes_a_record_erased_and_its_clear_part_stays() -> None:
    message = packed()
    found = unpack(TOPIC, message.value, message.headers, destroyed)
    assert (found.content, found.erased) == (None, True)
    assert replace(found.record, sealed=None) == RAW


def test_no_content_is_sealed_as_an_empty_one() -> None:
    assert opened(packed(content=None)).content == RawContent()


def test_content_of_another_record_is_refused() -> None:
    with pytest.raises(Unencodable, match="its content is RawContent, not OutcomeContent"):
        packed(content=OutcomeContent())


def test_a_raw_change_that_is_too_large_goes_without_content_and_says_so() -> None:
    document = Document(role="single", native_id="abc", body=os.urandom(MAX_RECORD))
    found = opened(packed(content=RawContent(documents=(document,))))
    assert replace(found.record, sealed=None) == replace(RAW, truncated=True)
    assert found.content == RawContent()


def test_a_raw_change_just_small_enough_is_not_truncated() -> None:
    overhead = 4096  # the clear part, and what deflate adds to what cannot be compressed
    content = RawContent(documents=(Document(role="single", native_id="abc", body=os.urandom(MAX_RECORD - overhead)),))
    message = packed(content=content)
    assert MAX_RECORD - overhead < len(message.value) <= MAX_RECORD
    assert opened(message).content == content


def test_any_other_record_that_is_too_large_is_refused() -> None:
    record = Notification(event_id=UUID(int=1), connection_id=UUID(int=2), reason="conflict", cause="c", at=AT)
    text = os.urandom(MAX_RECORD).hex()
    with pytest.raises(TooLarge, match="Notification has"):
        packed(record, NotificationContent(parameters=(Parameter(name="n", value=text),)))


def test_a_clear_part_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge, match="RawChange has"):
        packed(replace(RAW, native_id="x" * MAX_RECORD))


def test_a_dead_letter_without_connection_keeps_the_record_as_it_came() -> None:
    letter = replace(dead_letter(b"garbage"), connection_id=None)
    message = packed(letter, None, None)
    assert message.key == b"00000000-0000-0000-0000-000000000001"
    assert opened(message) == Opened(letter, None, headers_of(letter))


@pytest.mark.parametrize("key", [KEY, None], ids=["sealed", "as it came"])
def test_the_largest_record_fits_into_its_dead_letter(key: bytes | None) -> None:
    value = os.urandom(MAX_RECORD)
    letter = dead_letter(None if key else value)
    found = opened(packed(letter, DeadLetterContent(value=value) if key else None, key))
    assert replace(found.record, sealed=None) == letter
    assert isinstance(found.record, DeadLetter)
    assert value in (found.record.raw_value, getattr(found.content, "value", None))


@pytest.mark.parametrize("key", [KEY, None], ids=["sealed", "as it came"])
def test_a_dead_letter_that_is_too_large_keeps_the_position(key: bytes | None) -> None:
    value = os.urandom(MAX_DEAD_LETTER)
    letter = dead_letter(None if key else value)
    found = opened(packed(letter, DeadLetterContent(value=value) if key else None, key))
    assert replace(found.record, sealed=None) == replace(letter, raw_value=None, truncated=True)
    assert found.content == (DeadLetterContent() if key else None)


def test_the_outcome_of_an_erasure_needs_no_key() -> None:
    outcome = Outcome(event_id=UUID(int=1), connection_id=UUID(int=2), target="google", result="erased", at=AT)
    assert opened(packed(outcome, None, None)).record == outcome


def test_nothing_else_goes_without_a_key() -> None:
    with pytest.raises(Unencodable, match="no key"):
        packed(RAW, None, None)
    letter = Outcome(event_id=UUID(int=1), connection_id=UUID(int=2), target="google", result="erased", at=AT)
    with pytest.raises(Unencodable, match="no key"):
        packed(letter, OutcomeContent(subject="s"), None)


@pytest.mark.parametrize("field", ["event_id", "connection"])
def test_headers_that_contradict_the_record_are_refused(field: str) -> None:
    wrong = replace(headers_of(RAW), **{field: UUID(int=99)})
    with pytest.raises(BadHeader, match="is not the record's"):
        pack(TOPIC, RAW, CONTENT, wrong, KEY)
    with pytest.raises(BadHeader, match="is not the record's"):
        unpack(TOPIC, packed().value, wrong.to_kafka(), key_of)


def test_a_message_claims_the_release_it_is_written_with() -> None:
    with pytest.raises(BadHeader, match="writes release"):
        pack(TOPIC, RAW, CONTENT, replace(headers_of(RAW), schema_version=RELEASE + 1), KEY)


def test_a_record_of_a_later_release_stops_the_worker_even_if_its_headers_changed() -> None:
    with pytest.raises(NewerSchema):
        unpack(TOPIC, MARKER + bytes(8), [("cx-schema-version", b"%d" % (RELEASE + 1))], key_of)


def test_garbage_is_undecodable_even_without_headers() -> None:
    with pytest.raises(Undecodable):
        unpack(TOPIC, b"garbage", [], key_of)
