from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.envelope import NAMES, Headers, schema_version
from schemas.errors import BadHeader
from tests.unit.schemas.values import instants

HEADERS = Headers(
    event_id=UUID(int=1),
    schema_version=1,
    program_version="0.1.0",
    connection=UUID(int=2),
    system="exchange",
    observed_at=datetime(2026, 3, 29, 1, 30, 0, 5, UTC),
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
)

trace_ids = st.integers(1, 2**128 - 1).map(lambda number: f"{number:032x}")
headers = st.builds(
    Headers,
    event_id=st.uuids(),
    schema_version=st.integers(1, 999),
    program_version=st.text(max_size=20),
    connection=st.none() | st.uuids(),
    system=st.sampled_from(["carerix", "exchange", "google", None]),
    observed_at=instants,
    trace_id=trace_ids,
)


@settings(deadline=None)
@given(headers)
def test_headers_come_back_as_they_went(given: Headers) -> None:
    assert Headers.from_kafka(given.to_kafka()) == given


def test_headers_are_text_that_people_can_read() -> None:
    assert dict(HEADERS.to_kafka()) == {
        "cx-event-id": b"00000000-0000-0000-0000-000000000001",
        "cx-schema-version": b"1",
        "cx-program-version": b"0.1.0",
        "cx-connection": b"00000000-0000-0000-0000-000000000002",
        "cx-system": b"exchange",
        "cx-observed-at": b"2026-03-29T01:30:00.000005+00:00",
        "cx-trace-id": b"4bf92f3577b34da6a3ce929d0e0e4736",
    }


def test_times_of_another_zone_are_written_in_utc() -> None:
    amsterdam = timezone(timedelta(hours=2))
    written = dict(replace(HEADERS, observed_at=datetime(2026, 7, 1, 10, 0, tzinfo=amsterdam)).to_kafka())
    assert written["cx-observed-at"] == b"2026-07-01T08:00:00.000000+00:00"


def test_headers_of_others_are_ignored() -> None:
    others: list[tuple[str, bytes | None]] = [
        ("traceparent", b"00-x"),
        ("x", None),
        ("x", b"\xff"),
        *HEADERS.to_kafka(),
    ]
    assert Headers.from_kafka(others) == HEADERS


@pytest.mark.parametrize("name", sorted(NAMES - {"cx-connection", "cx-system"}))
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(BadHeader, match=f"{name} is missing") as caught:
        Headers.from_kafka([pair for pair in HEADERS.to_kafka() if pair[0] != name])
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cx-event-id", b"17"),
        ("cx-schema-version", b"0"),
        ("cx-schema-version", b"1.0"),
        ("cx-schema-version", b"-1"),
        ("cx-schema-version", "²".encode()),
        ("cx-program-version", b"\xff"),
        ("cx-program-version", None),
        ("cx-connection", b""),
        ("cx-system", b"outlook"),
        ("cx-observed-at", b"yesterday"),
        ("cx-observed-at", b"2026-03-29T01:30:00"),
        ("cx-trace-id", b"0" * 32),
        ("cx-trace-id", b"4BF92F3577B34DA6A3CE929D0E0E4736"),
        ("cx-trace-id", b"4bf9"),
    ],
)
def test_a_malformed_header_is_named(name: str, value: bytes | None) -> None:
    changed = [pair for pair in HEADERS.to_kafka() if pair[0] != name]
    with pytest.raises(BadHeader, match=name):
        Headers.from_kafka([*changed, (name, value)])


def test_a_doubled_header_is_refused() -> None:
    with pytest.raises(BadHeader, match="cx-system is there twice"):
        Headers.from_kafka([*HEADERS.to_kafka(), ("cx-system", b"google")])


def test_headers_that_could_not_be_read_back_are_not_written() -> None:
    with pytest.raises(BadHeader, match="without zone"):
        replace(HEADERS, observed_at=datetime(2026, 3, 29)).to_kafka()  # noqa: DTZ001 - this is what is refused
    with pytest.raises(BadHeader, match="trace id"):
        replace(HEADERS, trace_id="1").to_kafka()
    with pytest.raises(BadHeader, match="cx-schema-version"):
        replace(HEADERS, schema_version=0).to_kafka()


@pytest.mark.parametrize(("value", "version"), [(b"7", 7), (b"x", None), (b"\xff", None), (None, None)])
def test_the_release_is_found_whatever_the_other_headers_are(value: bytes | None, version: int | None) -> None:
    assert schema_version([("cx-trace-id", b"broken"), ("cx-schema-version", value)]) == version


def test_no_release_without_its_header() -> None:
    assert schema_version([]) is None
