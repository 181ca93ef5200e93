import zlib
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import encode
from schemas.errors import ContractError, NewerSchema, SealBroken, TooLarge, Undecodable
from schemas.records import ChangeContent, Content, Document, OutcomeContent, RawContent
from schemas.registry import RELEASE
from schemas.sealing import MAX_CONTENT, digest, seal, unseal
from tests.unit.schemas.values import contents

KEY = bytes(range(32))
TOPIC = "cx.raw.exchange"
EVENT = UUID(int=7)
CONTENT = RawContent(documents=(Document(role="single", native_id="1", body=b"<CalendarItem/>" * 20),))
SEALED = seal(KEY, TOPIC, EVENT, CONTENT, context=b"clear", nonce=bytes(12))


def sealed_by_hand(compressed: bytes) -> bytes:
    """A seal around any bytes, as only who has the key can make it."""
    bound = b"\x01" + len(TOPIC).to_bytes(2, "big") + TOPIC.encode() + EVENT.bytes
    return b"\x01" + bytes(12) + AESGCM(KEY).encrypt(bytes(12), compressed, bound)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(contents, st.uuids(), st.binary(min_size=32, max_size=32), st.text(max_size=20), st.binary(max_size=20))
def test_content_comes_back_as_it_went(content: Content, event: UUID, key: bytes, topic: str, context: bytes) -> None:
    sealed = seal(key, topic, event, content, context=context)
    assert unseal(type(content), key, topic, event, sealed, context=context) == content


def test_every_single_flipped_bit_is_noticed() -> None:
    for place in range(len(SEALED)):
        for bit in range(8):
            damaged = bytearray(SEALED)
            damaged[place] ^= 1 << bit
            with pytest.raises(SealBroken):
                unseal(RawContent, KEY, TOPIC, EVENT, bytes(damaged), context=b"clear")


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_cut_seal_is_noticed(length: int) -> None:
    with pytest.raises(SealBroken):
        unseal(RawContent, KEY, TOPIC, EVENT, SEALED[:length], context=b"clear")


@pytest.mark.parametrize(
    ("key", "topic", "event", "context"),
    [
        (bytes(32), TOPIC, EVENT, b"clear"),
        (KEY, "cx.raw.google", EVENT, b"clear"),
        (KEY, TOPIC, UUID(int=8), b"clear"),
        (KEY, TOPIC, EVENT, b"other"),
        (KEY, TOPIC, EVENT, b""),
    ],
    ids=["key", "topic", "event id", "context", "no context"],
)
def test_a_seal_fits_only_where_it_was_made(key: bytes, topic: str, event: UUID, context: bytes) -> None:
    with pytest.raises(SealBroken, match="another record"):
        unseal(RawContent, key, topic, event, SEALED, context=context)


def test_topic_and_context_cannot_be_shifted_into_each_other() -> None:
    sealed = seal(KEY, "cx.a", EVENT, CONTENT, context=b"b")
    with pytest.raises(SealBroken):
        unseal(RawContent, KEY, "cx.", EVENT, sealed, context=b"ab")


def test_content_of_another_kind_is_undecodable() -> None:
    sealed = seal(KEY, TOPIC, EVENT, OutcomeContent(subject="s"))
    with pytest.raises(Undecodable, match="expected ChangeContent, found OutcomeContent"):
        unseal(ChangeContent, KEY, TOPIC, EVENT, sealed)


def test_equal_content_is_sealed_differently_each_time() -> None:
    assert seal(KEY, TOPIC, EVENT, CONTENT) != seal(KEY, TOPIC, EVENT, CONTENT)


def test_nothing_of_the_content_shows() -> None:
    sealed = seal(KEY, TOPIC, EVENT, OutcomeContent(subject="Sollicitatiegesprek"))
    assert b"Solli" not in sealed


def test_a_seal_of_a_later_release_stops_the_worker() -> None:
    with pytest.raises(NewerSchema):
        unseal(RawContent, KEY, TOPIC, EVENT, b"\x02" + SEALED[1:], context=b"clear", schema_version=RELEASE + 1)


def test_a_compressed_bomb_is_not_unpacked() -> None:
    with pytest.raises(SealBroken, match="holds more than"):
        unseal(RawContent, KEY, TOPIC, EVENT, sealed_by_hand(zlib.compress(bytes(MAX_CONTENT + 1), 1)))


@pytest.mark.parametrize(
    ("compressed", "why"),
    [
        (b"no zlib", "damaged"),
        (zlib.compress(encode(CONTENT))[:-5], "cut or has a tail"),
        (zlib.compress(encode(CONTENT)) + b"tail", "cut or has a tail"),
    ],
)
def test_a_well_sealed_compressed_part_that_is_wrong_is_refused(compressed: bytes, why: str) -> None:
    with pytest.raises(SealBroken, match=why):
        unseal(RawContent, KEY, TOPIC, EVENT, sealed_by_hand(compressed))


def test_well_sealed_bytes_that_are_no_content_are_undecodable() -> None:
    with pytest.raises(ContractError) as caught:
        unseal(RawContent, KEY, TOPIC, EVENT, sealed_by_hand(zlib.compress(b"anything")))
    assert isinstance(caught.value, Undecodable)


def test_content_too_large_to_be_read_back_is_not_sealed() -> None:
    document = Document(role="single", native_id="1", body=bytes(MAX_CONTENT))
    with pytest.raises(TooLarge) as caught:
        seal(KEY, TOPIC, EVENT, RawContent(documents=(document,)))
    assert caught.value.limit == MAX_CONTENT


def test_a_digest_depends_on_the_key_and_the_data() -> None:
    assert digest(KEY, b"a") == digest(KEY, b"a")
    assert len({digest(KEY, b"a"), digest(KEY, b"b"), digest(bytes(32), b"a")}) == 3
