"""Contracts: whole messages a second, beside bare fastavro of the same values in the same run.

``pack`` is validate, encode, compress, seal and headers; ``unpack`` the way back. The bare loop writes and reads the
same two Avro bodies (record and content) and nothing else: what no implementation on this library can beat.
"""

import json
import statistics
import time
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

import fastavro
from msgspec import to_builtins

from schemas.appointment import Appointment, Day, Moment, Recurrence, Rule
from schemas.codec import encode
from schemas.envelope import Headers
from schemas.keys import new_key
from schemas.message import pack, unpack
from schemas.records import (
    Change,
    ChangeContent,
    Content,
    Document,
    Policy,
    Position,
    RawChange,
    RawContent,
    Record,
)
from schemas.registry import NEWEST, RELEASE

RUNS, SECONDS = 7, 0.3
TOPIC = "cx.topic"
AT = datetime(2026, 3, 30, 7, 30, tzinfo=UTC)
EVENT, CONNECTION = UUID(int=2**127 + 1), UUID(int=2**126 + 2)

GOOGLE_EVENT = {
    "kind": "calendar#event",
    "etag": '"3543210987654000"',
    "id": "5o2h1b3k4j5l6m7n8p9q",
    "status": "confirmed",
    "htmlLink": "https://calendar.example/event?eid=NW8yaDFiM2s0ajVsNm03bjhwOXE",
    "created": "2026-02-11T09:12:43.000Z",
    "updated": "2026-03-02T14:55:12.345Z",
    "summary": "Intake kandidaat senior verpleegkundige",
    "description": "Bespreken: beschikbaarheid, salariswens, reistijd. Neem het cv en de vacaturetekst mee.",
    "location": "Vestiging Utrecht, kamer 2.14",
    "creator": {"email": "recruiter@example.com", "self": True},
    "organizer": {"email": "recruiter@example.com", "self": True},
    "start": {"dateTime": "2026-03-30T09:30:00+02:00", "timeZone": "Europe/Amsterdam"},
    "end": {"dateTime": "2026-03-30T10:30:00+02:00", "timeZone": "Europe/Amsterdam"},
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T225959Z"],
    "iCalUID": "5o2h1b3k4j5l6m7n8p9q@calendar.example",
    "sequence": 2,
    "attendees": [{"email": f"guest{number}@example.com", "responseStatus": "accepted"} for number in range(5)],
    "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 15}]},
    "eventType": "default",
}
START = Moment(wall="2026-03-30T09:30:00", zone="Europe/Amsterdam", instant=AT)

MESSAGES: tuple[tuple[Record, Content], ...] = (
    (
        RawChange(
            event_id=EVENT,
            connection_id=CONNECTION,
            system="google",
            target="carerix",
            origin="poll",
            observed_at=AT,
            native_id="5o2h1b3k4j5l6m7n8p9q",
            native_version='"3543210987654000"',
            policy=Policy(),
        ),
        RawContent(
            documents=(Document(role="single", native_id="5o2h1b3k4j5l", body=json.dumps(GOOGLE_EVENT).encode()),)
        ),
    ),
    (
        Change(
            event_id=EVENT,
            connection_id=CONNECTION,
            origin="processor",
            source_side="external",
            source_system="google",
            target="carerix",
            kind="upsert",
            native_id="5o2h1b3k4j5l6m7n8p9q",
            uid="5o2h1b3k4j5l6m7n8p9q@calendar.example",
            source_version='"3543210987654000"',
            observed_at=AT,
            raw=Position(topic="cx.raw.google", partition=3, offset=123456),
            fingerprint=bytes(16),
        ),
        ChangeContent(
            appointment=Appointment(
                subject="Intake kandidaat senior verpleegkundige",
                start=START,
                end=START,
                location="Vestiging Utrecht, kamer 2.14",
                notes="Bespreken: beschikbaarheid, salariswens, reistijd. Neem het cv en de vacaturetekst mee.",
                reminder_minutes=15,
                attendees=", ".join(f"guest{number}@example.com" for number in range(5)),
                recurrence=Recurrence(
                    rules=(
                        Rule(
                            frequency="weekly",
                            days=(Day(weekday="monday"), Day(weekday="wednesday")),
                            until=date(2026, 12, 31),
                        ),
                    )
                ),
            )
        ),
    ),
)


def rate(work: Callable[[], object]) -> float:
    """Calls a second."""
    calls, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < SECONDS:
        work()
        calls += 1
    return calls / spent


def beside(work: Callable[[], object], bare: Callable[[], object]) -> tuple[float, float, float]:
    """Medians of both and of their ratio, run by run in turns, so that other load on the machine hits both."""
    runs = [(rate(work), rate(bare)) for _ in range(RUNS)]
    return (
        statistics.median(ours for ours, _ in runs),
        statistics.median(theirs for _, theirs in runs),
        statistics.median(ours / theirs for ours, theirs in runs),
    )


def measure(record: Record, content: Content) -> None:
    """Prints both directions for one kind of message."""
    key = new_key()
    headers = Headers(
        event_id=EVENT,
        schema_version=RELEASE,
        program_version="0.1.0",
        connection=CONNECTION,
        system="google",
        observed_at=AT,
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )
    message = pack(TOPIC, record, content, headers, key)
    bodies: list[tuple[dict[str, Any], dict[str, Any], bytes]] = []
    for value in (unpack(TOPIC, message.value, message.headers, lambda _: key).record, content):
        plain = to_builtins(value, builtin_types=(datetime, date, UUID, bytes))
        bodies.append((NEWEST[type(value).__name__].parsed, plain, encode(value)[10:]))

    def bare_write() -> None:
        for schema, plain, _ in bodies:
            fastavro.schemaless_writer(BytesIO(), schema, plain)

    def bare_read() -> None:
        for schema, _, body in bodies:
            fastavro.schemaless_reader(BytesIO(body), schema, None)

    size = len(encode(content))
    print(f"{type(record).__name__}: content {size} bytes, message {len(message.value)} bytes")
    for name, work, bare in (
        ("pack", lambda: pack(TOPIC, record, content, headers, key), bare_write),
        ("unpack", lambda: unpack(TOPIC, message.value, message.headers, lambda _: key), bare_read),
    ):
        ours, theirs, ratio = beside(work, bare)
        print(f"  {name:7} {ours:8,.0f}/s   bare fastavro {theirs:8,.0f}/s   ratio {ratio:.2f}")


def measure_levels(content: Content) -> None:
    """Why schemas.sealing compresses at the level it does."""
    encoded = encode(content)
    for level in (1, 3, 6, 9):
        per_second = statistics.median(rate(partial(zlib.compress, encoded, level)) for _ in range(3))
        print(f"  zlib level {level}: {len(zlib.compress(encoded, level)):6} bytes, {per_second:8,.0f}/s")


def main() -> None:
    """Runs all."""
    for record, content in MESSAGES:
        measure(record, content)
    print("RawContent of a series with 30 exceptions, compressed")
    documents = [
        Document(
            role="exception",
            native_id=str(number),
            body=json.dumps({**GOOGLE_EVENT, "id": f"{number:020}", "etag": str(number * 7919**3)}).encode(),
        )
        for number in range(31)
    ]
    measure_levels(RawContent(documents=tuple(documents)))
    print("RawContent of one event, compressed")
    measure_levels(MESSAGES[0][1])


if __name__ == "__main__":
    main()
