import json
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastavro import schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins
from msgspec.structs import replace

from schemas.appointment import Appointment, Moment
from schemas.codec import HEADER_SIZE, MARKER, decode, decode_as, encode
from schemas.errors import ContractError, NewerSchema, Undecodable, Unencodable
from schemas.records import Change, ChangeContent, Content, Outcome, RawContent, Record
from schemas.registry import NEWEST, RELEASE, avro_fingerprint, read
from tests.unit.schemas.values import contents, records

OUTCOME = Outcome(
    event_id=UUID(int=1),
    connection_id=UUID(int=2),
    target="google",
    result="kept-history",
    at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    written=("subject", "time"),
)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(records)
def test_every_record_comes_back_as_it_went(record: Record) -> None:
    assert decode(encode(record), RELEASE) == record


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(contents)
def test_every_content_comes_back_as_it_went(content: Content) -> None:
    assert decode_as(type(content), encode(content), RELEASE) == content


@settings(deadline=None, max_examples=200)
@given(records, st.data())
def test_damaged_bytes_are_a_typed_error_or_a_valid_record(record: Record, data: st.DataObject) -> None:
    value = bytearray(encode(record))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= data.draw(st.integers(1, 255))
    try:
        decode(bytes(value), RELEASE)
    except ContractError as error:
        assert isinstance(error, Undecodable)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200), st.sampled_from(sorted(NEWEST)), st.integers(1, RELEASE))
def test_garbage_behind_a_known_fingerprint_never_gets_through(body: bytes, record: str, version: int) -> None:
    value = MARKER + NEWEST[record].fingerprint + body
    try:
        found = decode(value, version)
    except Undecodable:
        return
    encode(found)


@pytest.mark.parametrize("cut", [0, 1, 2, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 1, -1])
def test_a_cut_record_is_undecodable(cut: int) -> None:
    with pytest.raises(Undecodable):
        decode(encode(OUTCOME)[:cut], RELEASE)


def test_trailing_bytes_are_undecodable() -> None:
    with pytest.raises(Undecodable, match="3 bytes too many"):
        decode(encode(OUTCOME) + b"abc", RELEASE)


def test_bytes_of_another_format_are_undecodable() -> None:
    with pytest.raises(Undecodable, match="single-object"):
        decode(b'{"event_id": "x", "padding": true}', RELEASE)


def test_an_unknown_fingerprint_of_a_later_release_stops_the_worker() -> None:
    value = MARKER + bytes(8) + b"body"
    with pytest.raises(NewerSchema, match="upgrade consumers first") as caught:
        decode(value, RELEASE + 1)
    assert (caught.value.version, caught.value.known) == (RELEASE + 1, RELEASE)


@pytest.mark.parametrize("version", [RELEASE, None])
def test_an_unknown_fingerprint_without_a_later_release_is_garbage(version: int | None) -> None:
    with pytest.raises(Undecodable, match="0000000000000000"):
        decode(MARKER + bytes(8) + b"body", version)


def test_a_record_of_a_later_release_whose_schema_is_known_is_read() -> None:
    assert decode(encode(OUTCOME), RELEASE + 1) == OUTCOME


def test_another_record_than_expected_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="expected Change, found Outcome"):
        decode_as(Change, encode(OUTCOME), RELEASE)
    with pytest.raises(Undecodable, match="expected a record, found RawContent"):
        decode(encode(RawContent()), RELEASE)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"at": datetime(2026, 3, 29, 1, 30)}, r"timezone component - at `\$\.at`"),  # noqa: DTZ001 - refused
        ({"attempts": 2**63}, "OverflowError"),
        ({"code": "half a pair \ud800"}, "UnicodeEncodeError"),
        ({"result": "done"}, r"\$\.result"),
        ({"written": ("subject", "colour")}, r"\$\.written\[1\]"),
        ({"link_id": "1"}, r"\$\.link_id"),
    ],
)
def test_what_could_not_be_read_back_is_never_written(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(Unencodable, match=where) as caught:
        encode(replace(OUTCOME, **fields))
    assert "half a pair" not in str(caught.value)


def test_a_naive_time_deep_inside_is_refused_by_its_path() -> None:
    wall = "2026-03-29T09:30:00"
    naive = datetime(2026, 3, 29, 9, 30)  # noqa: DTZ001 - this is what is refused
    appointment = Appointment(subject="s", start=Moment(wall=wall, instant=naive), end=Moment(wall=wall))
    with pytest.raises(Unencodable, match=r"\$\.appointment\.start\.instant"):
        encode(ChangeContent(appointment=appointment))


def test_a_malformed_wall_clock_is_refused() -> None:
    moment = Moment(wall="29-03-2026 09:30")
    with pytest.raises(Unencodable, match=r"\$\.appointment\.start\.wall"):
        encode(ChangeContent(appointment=Appointment(subject="s", start=moment, end=moment)))


def test_an_older_version_is_read_as_the_newest_struct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = deepcopy(NEWEST["Outcome"].schema)
    schema["fields"] = [field for field in schema["fields"] if field["name"] not in {"attempts", "lost", "code"}]
    path = tmp_path / "Outcome.v1.avsc"
    path.write_text(json.dumps(schema), "utf-8")
    older = read(path)
    values = to_builtins(OUTCOME, builtin_types=(datetime, UUID))
    body = BytesIO()
    schemaless_writer(body, older.parsed, values)
    value = MARKER + older.fingerprint + body.getvalue()

    with pytest.raises(Undecodable):
        decode(value, RELEASE)
    monkeypatch.setattr("schemas.codec.BY_FINGERPRINT", {older.fingerprint: older})
    assert decode(value, RELEASE) == OUTCOME


def test_fingerprints_are_those_of_the_specification() -> None:
    # The byte order of a single-object header; the value is the same in Apache's and in fastavro's implementation.
    assert avro_fingerprint("int").hex() == "8f5c393f1ad57572"
    change = NEWEST["Change"].schema
    assert avro_fingerprint(change).hex() == fingerprint(to_parsing_canonical_form(change), "CRC-64-AVRO")


def test_words_with_a_dash_stand_in_the_schema_with_an_underscore() -> None:
    result = next(field for field in NEWEST["Outcome"].schema["fields"] if field["name"] == "result")
    assert result["type"]["symbols"].index("kept_history") == encode(OUTCOME)[HEADER_SIZE + 2 * 37 + 1] // 2
